// SPDX-License-Identifier: GPL-2.0
/* The iterator has two names. */

static ssize_t eat(struct iov_iter *it, struct page **pp, size_t *off)
{
	struct iov_iter *alias = it;
	ssize_t n = iov_iter_get_pages_alloc2(it, &pp, SZ_64K, off);

	if (n > 0)
		iov_iter_advance(alias, n);	/* expect: PG06 */
	return n;
}
