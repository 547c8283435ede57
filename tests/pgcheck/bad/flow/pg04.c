// SPDX-License-Identifier: GPL-2.0
/* More than the table takes. Each marked line has to be reported. */

static void zero_range(struct block_device *bdev, sector_t s, unsigned int len)
{
	struct bio *bio = bio_alloc(bdev, 16, REQ_OP_WRITE, GFP_NOFS);

	bio->bi_iter.bi_sector = s;
	while (len) {
		unsigned int this = min_t(unsigned int, len, PAGE_SIZE);

		__bio_add_page(bio, ZERO_PAGE(0), this, 0);	/* expect: PG04 */
		len -= this;
	}
	submit_bio(bio);
}

static int read_blocks(struct super_block *sb, u64 index, int length, struct page **pages)
{
	struct bio *bio = bio_alloc(sb->s_bdev, BIO_MAX_VECS, REQ_OP_READ, GFP_NOIO);
	int offset = 0, left = length;

	while (left > 0) {
		int len = min_t(int, PAGE_SIZE - offset, left);

		__bio_add_page(bio, *pages++, len, offset);	/* expect: PG04 */
		left -= len;
		offset = 0;
	}
	return submit_bio_wait(bio);
}

static void flush_list(struct list_head *dirty, struct bio *bio)
{
	struct buf *b;

	list_for_each_entry(b, dirty, list)
		bio_add_folio_nofail(bio, b->folio, b->len, b->off);	/* expect: PG04 */
	submit_bio(bio);
}
