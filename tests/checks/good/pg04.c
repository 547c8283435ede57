// SPDX-License-Identifier: GPL-2.0
/* The loop asks for room, or fills a new bio each time, or counts like the table. */

static void asks(struct bio *bio, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n && !bio_full(bio, PAGE_SIZE); i++)
		__bio_add_page(bio, pages[i], PAGE_SIZE, 0);
}

static void counts_vecs(struct bio *bio, struct page **pages)
{
	while (bio->bi_vcnt < bio->bi_max_vecs)
		__bio_add_page(bio, *pages++, PAGE_SIZE, 0);
}

static void one_each(struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		struct bio *bio = bio_alloc(bdev, 1, REQ_OP_WRITE, GFP_NOIO);

		__bio_add_page(bio, pages[i], PAGE_SIZE, 0);
		submit_bio(bio);
	}
}

static void same_count(struct page **pages, unsigned int n)
{
	struct bio *bio = bio_alloc(bdev, n, REQ_OP_WRITE, GFP_NOIO);
	unsigned int i;

	for (i = 0; i < n; i++)
		__bio_add_page(bio, pages[i], PAGE_SIZE, 0);
	submit_bio(bio);
}

static void no_loop(struct bio *bio, struct page *page)
{
	__bio_add_page(bio, page, PAGE_SIZE, 0);
}
