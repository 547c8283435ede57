// SPDX-License-Identifier: GPL-2.0
/* The page of one buffer, the offset of another. */

static bool wr(struct bio *bio, struct blk *b)
{
	void *data = b->data;

	return bio_add_page(bio, virt_to_page(data), b->len, offset_in_page(data)) == b->len;
}
