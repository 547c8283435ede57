// SPDX-License-Identifier: GPL-2.0
/* The call stands in a condition. */

static int single(struct ctx *c, unsigned long addr, struct page **page)
{
	if (get_user_pages_fast(addr, 1, 0, page) != 1)
		return -EFAULT;
	if (!c->on) {
		put_page(*page);
		return -ENODEV;
	}
	c->page = *page;
	return 0;
}
