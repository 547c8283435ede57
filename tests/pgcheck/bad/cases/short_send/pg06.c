// SPDX-License-Identifier: GPL-2.0
/* The iterator stays behind what was sent. */

static ssize_t push(struct q *q, struct iov_iter *from)
{
	struct page *pages[8];
	size_t off;
	ssize_t n = iov_iter_get_pages2(from, pages, SZ_32K, 8, &off);
	ssize_t sent;

	if (n <= 0)
		return n;
	sent = q_send(q, pages, n, off);
	put_all(pages, n);
	if (sent < 0)	/* expect: PG06 */
		return sent;
	return sent;
}
