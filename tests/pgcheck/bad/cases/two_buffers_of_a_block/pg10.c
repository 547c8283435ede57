// SPDX-License-Identifier: GPL-2.0
/* The page of one buffer, the offset of another. */

static void wr(struct bio *bio, struct blk *b)
{
	void *data = b->data;

	bio_add_page(bio, virt_to_page(b->head), b->len, offset_in_page(data));	/* expect: PG10 */
}
