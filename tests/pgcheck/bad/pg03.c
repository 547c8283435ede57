// SPDX-License-Identifier: GPL-2.0
/* A bio may refuse a page; these do not want to know. */

static void ignored(struct bio *bio, struct page *page)
{
	bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
}

static void cast_away(struct bio *bio, struct folio *folio)
{
	(void)bio_add_folio(bio, folio, folio_size(folio), 0);	/* expect: PG03 */
}

static void asserted(struct bio *bio, struct page *page)
{
	BUG_ON(!bio_add_page(bio, page, PAGE_SIZE, 0));	/* expect: PG03 */
	WARN_ON(bio_add_vmalloc(bio, page, 8) != 8);	/* expect: PG03 */
}

static void asserted_later(struct bio *bio, struct page *page)
{
	int ret;

	ret = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
	ASSERT(ret == PAGE_SIZE);
}

static void integrity(struct bio *bio, struct page *page)
{
	scoped_guard(mutex, &lock)
		bio_integrity_add_page(bio, page, 8, 0);	/* expect: PG03 */
}

#define for_each_part(p, list) for (p = (list); p; p = p->next)

static void in_a_macro_loop(struct bio *bio, struct part *list)
{
	struct part *p;

	for_each_part(p, list)
		bio_add_page(bio, p->page, p->len, 0);	/* expect: PG03 */
}

/* With room for all of them in the next bio. */
static int refused_is_an_error(struct bio *bio, struct scatterlist *sgl, int n)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, n, i) {
		if (bio_add_page(bio, sg_page(sg), sg->length, sg->offset) != sg->length)	/* expect: PG03 */
			return -EIO;
	}
	return 0;
}

static int refused_goes_out(struct bio *bio, struct page **pages, int n)
{
	int ret = 0, i = 0;

	guard(mutex)(&lock);
	while (i < n) {
		if (!bio_add_page(bio, pages[i++], PAGE_SIZE, 0)) {	/* expect: PG03 */
			ret = -ENOMEM;
			goto out;
		}
	}
out:
	return ret;
}

static void logged(struct bio *bio, struct page *page)
{
	if (!bio_add_page(bio, page, PAGE_SIZE, 0))	/* expect: PG03 */
		pr_err("no room\n");
}

static void asserted_by_branch(struct bio *bio, struct page *page)
{
	if (bio_add_page(bio, page, PAGE_SIZE, 0) != PAGE_SIZE) {	/* expect: PG03 */
		BUG();
	}
}

/* The result goes through a variable, the error through a preset one. */
static int refused_by_variable(struct bio *bio, struct scatterlist *sgl, int n)
{
	struct scatterlist *sg;
	int ret = -EINVAL;
	int i, added;

	for_each_sg(sgl, sg, n, i) {
		added = bio_add_page(bio, sg_page(sg), sg->length, sg->offset);	/* expect: PG03 */
		if (added < sg->length)
			goto out;
	}
	ret = 0;
out:
	return ret;
}

static blk_status_t refused_is_a_status(struct bio *bio, struct page **pages)
{
	do {
		if (PAGE_SIZE != bio_add_page(bio, *pages, PAGE_SIZE, 0))	/* expect: PG03 */
			return BLK_STS_IOERR;
	} while (*++pages);
	return BLK_STS_OK;
}

static void declared_and_asserted(struct bio *bio, struct page *page)
{
	int len = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */

	WARN_ON(len != PAGE_SIZE);
	submit_bio(bio);
}

static int over_two_lines(struct bio *bio, struct scatterlist *sgl, int n)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, n, i)
		if (bio_add_page(bio, sg_page(sg), sg->length,	/* expect: PG03 */
				 sg->offset) != sg->length)
			return -EIO;
	return 0;
}

static void never_read(struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */

	submit_bio(bio);
}

static void marked_unused(struct bio *bio, struct page *page)
{
	int ret __maybe_unused = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */

	submit_bio(bio);
}

static void marked_unused_before(struct bio *bio, struct page *page)
{
	int __maybe_unused ret;

	ret = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
	submit_bio(bio);
}

static void declared_and_cast_away(struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */

	(void)ret;
	submit_bio(bio);
}

static void assigned_and_cast_away(struct bio *bio, struct page *page)
{
	int ret;

	ret = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
	(void)ret;
	submit_bio(bio);
}

static void cast_away_from_must_check(struct bio *bio, struct page *page)
{
	(void)!bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
}

static int overwritten(struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */

	ret = submit_bio_wait(bio);
	return ret;
}

static void assigned_each_round(struct bio *bio, struct page **pages, int n)
{
	int i, ret;

	for (i = 0; i < n; i++)
		ret = bio_add_page(bio, pages[i], PAGE_SIZE, 0);	/* expect: PG03 */
	submit_bio(bio);
}

static void asserted_by_a_test(struct kunit *test, struct bio *bio, struct page *page)
{
	KUNIT_ASSERT_EQ(test, bio_add_page(bio, page, 512, 0), 512);	/* expect: PG03 */
	KUNIT_ASSERT_EQ(test, 512, bio_add_page(bio, page, 512, 0));	/* expect: PG03 */
}

static void asserted_by_a_test_later(struct kunit *test, struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, 512, 0);	/* expect: PG03 */

	KUNIT_ASSERT_EQ(test, ret, 512);
}
