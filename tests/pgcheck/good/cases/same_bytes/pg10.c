// SPDX-License-Identifier: GPL-2.0
/* Each round adds the same bytes. */

static void wr_zero(struct bio *bio, size_t len)
{
	while (len) {
		size_t now = min(len, PAGE_SIZE);

		if (!bio_add_page(bio, ZERO_PAGE(0), now, 0))
			return;
		len -= now;
	}
}
