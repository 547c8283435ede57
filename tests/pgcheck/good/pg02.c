// SPDX-License-Identifier: GPL-2.0
/* Each page is asked, or there is only one. */

static void each_entry(struct sg_table *table, struct ctx *ctx)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(table, sg, i)
		if (is_pci_p2pdma_page(sg_page(sg)))
			ctx->peers++;
}

static void each_vec(struct bio *bio, struct ctx *ctx)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_bvec(bv, bio, iter)
		if (is_pci_p2pdma_page(bv.bv_page))
			ctx->peers++;
}

static int single(struct request *rq, struct ctx *ctx)
{
	struct bio_vec bv = req_bvec(rq);

	if (is_pci_p2pdma_page(bv.bv_page))
		return -EAGAIN;
	return map_one(ctx, &bv);
}

/* The function above is only called for one segment. */
static int map(struct request *rq, struct ctx *ctx)
{
	if (blk_rq_nr_phys_segments(rq) == 1)
		return single(rq, ctx);
	return map_many(rq, ctx);
}

static bool asked(struct page *page)
{
	return is_pci_p2pdma_page(page);
}

static bool only_one(struct bio *bio)
{
	return bio->bi_vcnt == 1 && is_pci_p2pdma_page(bio_first_page_all(bio));
}

static bool a_pointer_that_walks(struct page **pages, int n)
{
	while (n--) {
		if (is_zone_device_page(*pages))
			return true;
		pages++;
	}
	return false;
}

static bool a_bvec_that_walks(struct bio_vec *bvec, int n)
{
	for (; n; n--, ++bvec)
		if (is_pci_p2pdma_page(bvec->bv_page))
			return true;
	return false;
}
