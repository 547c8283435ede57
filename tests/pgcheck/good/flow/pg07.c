// SPDX-License-Identifier: GPL-2.0
/* The table of a bio that others built. Nothing here may be reported. */

static void do_own(struct block_device *bdev, struct page **p, int n)
{
	struct bio *bio = bio_alloc(bdev, n, REQ_OP_WRITE, GFP_NOIO);
	int i;

	for (i = 0; i < n; i++)
		__bio_add_page(bio, p[i], PAGE_SIZE, 0);
	if (bio->bi_vcnt)
		submit_bio(bio);
	for (i = 0; i < bio->bi_vcnt; i++)
		put_page(bio->bi_io_vec[i].bv_page);
}

static void my_end_io(struct bio *bio)
{
	int i;

	for (i = 0; i < bio->bi_vcnt; i++)
		__free_page(bio->bi_io_vec[i].bv_page);
	bio_put(bio);
}
static void start(struct block_device *bdev, struct page *p)
{
	struct bio *bio = bio_alloc(bdev, 1, REQ_OP_READ, GFP_NOIO);

	__bio_add_page(bio, p, PAGE_SIZE, 0);
	bio->bi_end_io = my_end_io;
	submit_bio(bio);
}

static void xfer(struct bio *bio, struct dev *d)
{
	struct bio_vec bv;
	struct bvec_iter it;

	bio_for_each_segment(bv, bio, it)
		copy_seg(d, bv.bv_page, bv.bv_offset, bv.bv_len);
	bio_endio(bio);
}

static void read_end_io(struct bio *bio)
{
	struct page *page = bio_first_page_all(bio);

	if (bio->bi_status)
		SetPageError(page);
	unlock_page(page);
	bio_put(bio);
}
static void read_one(struct block_device *bdev, struct page *page)
{
	struct bio *bio = bio_alloc(bdev, 1, REQ_OP_READ, GFP_NOFS);

	__bio_add_page(bio, page, PAGE_SIZE, 0);
	bio->bi_end_io = read_end_io;
	submit_bio(bio);
}

static void queue_bio(struct dev *d, struct bio *bio)
{
	while (bio->bi_iter.bi_size) {
		struct bio_vec bv = bio_iter_iovec(bio, bio->bi_iter);

		d->xfer(d, bv.bv_page, bv.bv_offset, bv.bv_len);
		bio_advance_iter(bio, &bio->bi_iter, bv.bv_len);
	}
	bio_endio(bio);
}
