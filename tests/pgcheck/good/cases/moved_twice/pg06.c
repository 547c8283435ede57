// SPDX-License-Identifier: GPL-2.0
/* The call has moved the iterator. */

static ssize_t rx(struct ctx *c, struct iov_iter *i, size_t len)
{
	struct page *pages[4];
	size_t off;
	ssize_t n = iov_iter_get_pages(i, pages, len, 4, &off);

	if (n < 0)
		return n;
	start_dma(c, pages, n, off);
	iov_iter_advance(i, n);
	return n;
}
