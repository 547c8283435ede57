// SPDX-License-Identifier: GPL-2.0
/* The way out is one label too far. */

static int setup(struct job *j, unsigned long ua, int n)
{
	struct page **pages = kvmalloc_array(n, sizeof(*pages), GFP_KERNEL);
	int got, rc;

	if (!pages)
		return -ENOMEM;
	got = pin_user_pages_fast(ua, n, FOLL_WRITE, pages);
	if (got != n) {
		rc = got < 0 ? got : -EFAULT;
		goto unpin;
	}
	rc = sg_alloc_table_from_pages(&j->sgt, pages, n, 0, (size_t)n << PAGE_SHIFT, GFP_KERNEL);
	if (rc)	/* expect: PG06 */
		goto free;
	j->pages = pages;
	return 0;
unpin:
	if (got > 0)
		unpin_user_pages(pages, got);
free:
	kvfree(pages);
	return rc;
}
