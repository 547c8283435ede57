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
	if (k < n)
		iov_iter_revert(it, n - max(k, 0));
	unpin_user_pages(v, DIV_ROUND_UP(o + n, PAGE_SIZE));
	return k;
}
