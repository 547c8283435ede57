// SPDX-License-Identifier: GPL-2.0
/* The state is asked after the pages were taken. */

static ssize_t send_some(struct ch *c, struct iov_iter *from)
{
	struct page *pages[16], **p = pages;
	size_t off;
	ssize_t n;

	if (c->closed)
		return -EPIPE;
	n = iov_iter_extract_pages(from, &p, SZ_64K, 16, 0, &off);
	if (n <= 0)
		return n;
	return queue_pages(c, pages, n, off);
}
