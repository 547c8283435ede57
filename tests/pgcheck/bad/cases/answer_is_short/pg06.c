// SPDX-License-Identifier: GPL-2.0
/* Less was sent than the iterator has moved. */

static ssize_t feed(struct conn *c, struct iov_iter *it)
{
	struct page *v[8], **p = v;
	size_t o;
	ssize_t n = iov_iter_extract_pages(it, &p, SZ_32K, 8, 0, &o), k;

	if (n <= 0)
		return n;
	k = conn_write(c, v, o, n);
	if (k < n) {	/* expect: PG06 */
		unpin_user_pages(v + (max(k, 0) + o) / PAGE_SIZE, 1);
		return k;
	}
	return n;
}
