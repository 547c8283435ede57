// SPDX-License-Identifier: GPL-2.0
/* The pages are taken one by one. */

static int collect(struct job *j, unsigned long ua, int n)
{
	int i, rc = 0;

	for (i = 0; i < n; i++, ua += PAGE_SIZE) {
		rc = get_user_pages_fast(ua, 1, FOLL_WRITE, &j->page[i]);
		if (rc != 1) {
			rc = -EFAULT;	/* expect: PG06 */
			goto out;
		}
	}
	rc = job_run(j, n);
	for (i = 0; i < n; i++)
		put_page(j->page[i]);
out:
	return rc;
}
