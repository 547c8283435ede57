// SPDX-License-Identifier: GPL-2.0
/* The bio refuses a page in a loop by goto. */

static int more(struct bio *b, struct iov_iter *it, struct page **pp)
{
	size_t off;
	ssize_t n;
	int i = 0;

again:
	n = iov_iter_get_pages2(it, pp, PAGE_SIZE, 1, &off);
	if (n <= 0)
		return n;
	if (!bio_add_page(b, *pp, n, off)) {	/* expect: PG06 */
		put_page(*pp);
		return i;
	}
	i++;
	goto again;
}
