// SPDX-License-Identifier: GPL-2.0
/* The function that is asked gives nothing back, as the other way out shows. */

static int copy(struct mm_struct *mm, unsigned long at, void *to)
{
	struct page *page;

	if (get_user_pages_remote(mm, at, 1, 0, &page, NULL) != 1)
		return -EFAULT;
	if (bytes_of(page, to))
		return -EIO;	/* expect: PG06 */
	put_page(page);
	return 0;
}
