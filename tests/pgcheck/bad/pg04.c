// SPDX-License-Identifier: GPL-2.0
/* More pages than the table of the bio may have room for. */

static void for_loop(struct bio *bio, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++)
		__bio_add_page(bio, pages[i], PAGE_SIZE, 0);	/* expect: PG04 */
}

static void while_loop(struct bio *bio, struct ctx *ctx)
{
	while (!list_empty(&ctx->folios)) {
		struct folio *folio = next_folio(ctx);

		bio_add_folio_nofail(bio, folio, folio_size(folio), 0);	/* expect: PG04 */
	}
}

static void do_loop(struct bio *bio, struct ctx *ctx)
{
	do {
		bio_add_virt_nofail(bio, ctx->buf, ctx->len);	/* expect: PG04 */
		ctx = ctx->next;
	} while (ctx);
}

static void macro_loop(struct bio *bio, struct list_head *list)
{
	struct part *part;

	guard(mutex)(&lock);
	list_for_each_entry(part, list, node) {
		scoped_guard(spinlock, &part->lock)
			__bio_add_page(bio, part->page, part->len, 0);	/* expect: PG04 */
	}
}

static void goto_loop(struct bio *bio, struct ctx *ctx)
{
again:
	__bio_add_page(bio, ctx->page, PAGE_SIZE, 0);	/* expect: PG04 */
	ctx = ctx->next;
	if (ctx)
		goto again;
}

/* The caller calls it in a loop. */
static void part(struct ctx *ctx, struct folio *folio)
{
	bio_add_folio_nofail(ctx->bio, folio, folio_size(folio), 0);	/* expect: PG04 */
}

static void whole(struct ctx *ctx)
{
	struct folio *folio;

	while ((folio = next_folio(ctx)))
		part(ctx, folio);
}

/* The table was cut to a limit, the loop was not. */
static void clamped(struct scatterlist *sgl, int n)
{
	struct bio *bio = bio_alloc(bdev, bio_max_segs(n), REQ_OP_WRITE, GFP_NOIO);
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, n, i)
		__bio_add_page(bio, sg_page(sg), sg->length, sg->offset);	/* expect: PG04 */
	submit_bio(bio);
}

/* The limit is on the table alone. */
static void limited(struct page **pages, unsigned int nr)
{
	unsigned int n = min_t(unsigned int, nr, BIO_MAX_VECS), i;
	struct bio *bio = bio_alloc(bdev, n, REQ_OP_READ, GFP_NOIO);

	for (i = 0; i < nr; i++)
		__bio_add_page(bio, pages[i],	/* expect: PG04 */
			       PAGE_SIZE, 0);
}

/* The list was taken with another count. */
static void other_list(struct bio *bio, unsigned int left)
{
	unsigned int most = min_t(unsigned int, left, bio->bi_max_vecs);
	struct folio *folio;
	LIST_HEAD(list);

	take(left, &list);
	list_for_each_entry(folio, &list, lru)
		bio_add_folio_nofail(bio, folio, folio_size(folio), 0);	/* expect: PG04 */
	note(most);
}
