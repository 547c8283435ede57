// SPDX-License-Identifier: GPL-2.0
/* The answer to a comparison of the result is kept. */

static int get_one(struct ctx *c, unsigned long addr)
{
	struct page *page;
	bool got;

	got = pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) == 1;
	if (!got)
		return -EFAULT;
	if (c->dead)
		return -ENODEV;	/* expect: PG06 */
	c->page = page;
	return 0;
}
