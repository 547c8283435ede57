// SPDX-License-Identifier: GPL-2.0
/* Refused pages go into the next bio, or there is only one page. */

static void next_bio(struct bio *bio, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		while (bio_add_page(bio, pages[i], PAGE_SIZE, 0) < PAGE_SIZE) {
			submit_bio(bio);
			bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_WRITE, GFP_NOIO);
		}
	}
}

static void next_by_jump(struct bio *bio, struct folio *folio)
{
retry:
	if (!bio_add_folio(bio, folio, folio_size(folio), 0)) {
		submit_bio(bio);
		bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_WRITE, GFP_NOIO);
		goto retry;
	}
}

static int one_page(struct bio *bio, struct page *page)
{
	if (bio_add_page(bio, page, PAGE_SIZE, 0) != PAGE_SIZE)
		return -EIO;
	return 0;
}

static int answered(struct bio *bio, struct page *page)
{
	return bio_add_page(bio, page, PAGE_SIZE, 0);
}

static int warned_and_handled(struct bio *bio, struct page *page)
{
	if (WARN_ON_ONCE(!bio_add_page(bio, page, PAGE_SIZE, 0)))
		return -EIO;
	return 0;
}

/* Back to where a new bio begins, past a check that can fail as well. */
static int starts_again(struct list_head *list, struct page **pages, int n)
{
	struct bio *bio;
	int i = 0;

next_bio:
	if (list_empty(list))
		return -EINVAL;
	bio = bio_alloc(bdev, n, REQ_OP_WRITE, GFP_NOIO);
	while (i < n) {
		if (!bio_add_page(bio, pages[i], PAGE_SIZE, 0))
			goto next_bio;
		i++;
	}
	submit_bio(bio);
	return 0;
}

static int fresh_pages(struct bio *bio, int n)
{
	while (n--) {
		struct page *page = alloc_page(GFP_NOIO);

		if (!page)
			return -ENOMEM;
		if (!bio_add_page(bio, page, PAGE_SIZE, 0))
			return -EIO;
	}
	return 0;
}

static int returned(struct bio *bio, struct page *page)
{
	int ret;

	ret = bio_add_page(bio, page, PAGE_SIZE, 0);
	return ret;
}

static int declared_and_handled(struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0);

	WARN_ON(ret != PAGE_SIZE);
	if (ret != PAGE_SIZE)
		return -EIO;
	return 0;
}

/* Read in the next round only. */
static void read_later(struct bio *bio, struct page **pages, int n)
{
	int i, ret = PAGE_SIZE;

	for (i = 0; i < n; i++) {
		if (ret < PAGE_SIZE)
			break;
		ret = bio_add_page(bio, pages[i], PAGE_SIZE, 0);
	}
	submit_bio(bio);
}

static int read_on_one_way(struct bio *bio, struct page *page, bool wait)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0);

	(void)ret;
	if (!wait)
		return 0;
	return ret == PAGE_SIZE ? submit_bio_wait(bio) : -EIO;
}

static bool read_by_a_part(struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0), left;

	left = PAGE_SIZE;
	left -= ret;
	return !left;
}

static void read_by_address(struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0);

	note_result(&ret);
}

#define ADD_PAGE(bio, page) bio_add_page(bio, page, PAGE_SIZE, 0)

static int by_macro(struct bio *bio, struct page *page)
{
	return ADD_PAGE(bio, page) == PAGE_SIZE ? submit_bio_wait(bio) : -EIO;
}
