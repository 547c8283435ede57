// SPDX-License-Identifier: GPL-2.0
/* The answer to a comparison of the result is kept. */

static bool get_fast(struct ctx *c, unsigned long addr)
{
	struct page *page;
	bool got;

	if (c->pin)
		got = pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) == 1;
	else
		got = get_user_page_fast_only(addr, FOLL_WRITE, &page);
	if (got) {
		c->page = page;
		return true;
	}
	return false;
}
