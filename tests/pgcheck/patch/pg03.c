// SPDX-License-Identifier: GPL-2.0
/* The first add to a bio with room cannot be refused; a later one can. */

static void initialised(struct bio *bio, struct page *page)
{
	bio_init(bio, bdev, bvecs, 1, REQ_OP_READ);
	bio->bi_iter.bi_sector = 3;
	bio_add_page(bio, page, PAGE_SIZE, 0);	/* fixed: PG03 */
	submit_bio(bio);
}

static int allocated(struct page *page)
{
	struct bio *bio;

	bio = bio_alloc(bdev, 4, REQ_OP_READ, GFP_NOIO);
	(void)bio_add_page(bio, page, PAGE_SIZE, 0);	/* fixed: PG03 */
	bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
	return submit_bio_wait(bio);
}

static int declared(struct page *page)
{
	struct bio *bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_READ, GFP_NOIO);

	bio_add_page(bio, page, PAGE_SIZE, 0);	/* fixed: PG03 */
	return submit_bio_wait(bio);
}

static void looped(struct bio *bio, struct page **page, int n)
{
	bio_init(bio, bdev, bvecs, 1, REQ_OP_READ);
	while (n--)
		bio_add_page(bio, *page++, PAGE_SIZE, 0);	/* expect: PG03 */
	submit_bio(bio);
}

static void without_table(struct bio *bio, struct page *page)
{
	bio_init(bio, bdev, NULL, 0, REQ_OP_READ);
	bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
	submit_bio(bio);
}
