// SPDX-License-Identifier: GPL-2.0
/* Fewer pages than wanted are an error. */

static int pin_buf(struct ubuf *b, unsigned long addr, unsigned int n)
{
	int got = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, b->pages);

	if (got < 0)
		return got;
	if (got < n) {
		unpin_user_pages(b->pages, got);
		return -ENOMEM;
	}
	b->n = n;
	return 0;
}
