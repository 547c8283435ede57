// SPDX-License-Identifier: GPL-2.0
/* The bio refuses, and the rest of the pages goes. */

static int gather(struct bio *b, struct iov_iter *from)
{
	struct page *some[8], **pp = some;
	size_t off, got;
	unsigned int i;
	ssize_t all = iov_iter_extract_pages(from, &pp, SZ_32K, 8, 0, &off);

	if (all <= 0)
		return all;
	for (i = 0; all; i++, all -= got, off = 0) {
		got = min_t(size_t, all, PAGE_SIZE - off);
		if (bio_add_page(b, some[i], got, off) != got) {
			unpin_user_pages(some + i, DIV_ROUND_UP(all + off, PAGE_SIZE));
			iov_iter_revert(from, all);
			break;
		}
	}
	return 0;
}
