// SPDX-License-Identifier: GPL-2.0
/* Pins all pages. */

int mem_pin(struct mem *m, unsigned long ua)
{
	int n = pin_user_pages_fast(ua, m->n, FOLL_WRITE, m->pages);

	if (n == m->n)
		return 0;
	if (n > 0)
		unpin_user_pages(m->pages, n);
	return -EFAULT;
}
