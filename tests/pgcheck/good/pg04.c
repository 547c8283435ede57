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

static void same_count_of_entries(struct scatterlist *sgl, int n)
{
	struct bio *bio = bio_alloc(bdev, n, REQ_OP_WRITE, GFP_NOIO);
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, n, i)
		__bio_add_page(bio, sg_page(sg), sg->length, sg->offset);
	submit_bio(bio);
}

static void same_limit(u64 len)
{
	struct bio *bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_WRITE, GFP_NOFS);
	unsigned int n;

	for (n = 0; n < BIO_MAX_VECS && len; n++, len -= PAGE_SIZE)
		__bio_add_page(bio, ZERO_PAGE(0), PAGE_SIZE, 0);
	submit_bio(bio);
}

static void by_own_allocator(struct request *rq, unsigned int len)
{
	unsigned int nr_pages = DIV_ROUND_UP(len, PAGE_SIZE);
	struct bio *bio = map_bio_alloc(rq, nr_pages, GFP_KERNEL);

	while (len) {
		__bio_add_page(bio, alloc_page(GFP_KERNEL), PAGE_SIZE, 0);
		len -= PAGE_SIZE;
	}
}

static void limited_to_the_table(struct bio *bio, struct page **pages, unsigned int n)
{
	unsigned int most = min_t(unsigned int, n, bio->bi_max_vecs), i;

	for (i = 0; i < most; i++)
		__bio_add_page(bio, pages[i], PAGE_SIZE, 0);
}

static void taken_for_the_table(struct bio *bio, unsigned int left)
{
	unsigned int most = min_t(unsigned int, left, bio->bi_max_vecs);
	struct folio *folio;
	LIST_HEAD(list);

	if (!take(most, &list))
		return;
	list_for_each_entry(folio, &list, lru)
		bio_add_folio_nofail(bio, folio, folio_size(folio), 0);
}
