// SPDX-License-Identifier: GPL-2.0
/* Pages of a range. */

int pin_range(unsigned long ua, int n, struct page **out)
{
	return pin_user_pages_fast(ua, n, FOLL_WRITE, out);
}

void unpin_range(struct page **p, int n)
{
	unpin_user_pages(p, n);
}
