// SPDX-License-Identifier: GPL-2.0
/* Each round adds the same bytes. */

static void wr(struct bio *bio, struct page *page, size_t len)
{
	while (len) {
		size_t now = min(len, PAGE_SIZE);

		if (!bio_add_page(bio, page, now, 0))	/* expect: PG10 */
			return;
		len -= now;
	}
}
