// SPDX-License-Identifier: GPL-2.0
/* One page is asked, all of them are meant. */

static void flags_of_a_list(struct target_req *req, struct bio *bio)
{
	if (is_pci_p2pdma_page(sg_page(req->sg)))	/* expect: PG02 */
		bio->bi_opf |= REQ_NOMERGE;
}

static int map_list(struct sg_table *table)
{
	guard(mutex)(&map_lock);

	if (unlikely(is_pci_p2pdma_page(sg_page(table->sgl))))	/* expect: PG02 */
		return map_bus(table);
	return map_dma(table);
}

static bool bio_is_peer(struct bio *bio)
{
	return is_pci_p2pdma_page(bio->bi_io_vec->bv_page);	/* expect: PG02 */
}

static int request_provider(struct request *rq)
{
	struct bio_vec bv = req_bvec(rq);

	if (is_zone_device_page(bv.bv_page))	/* expect: PG02 */
		return -EREMOTEIO;
	return map_all(rq);
}

static void array(struct page **pages, int n, struct ctx *ctx)
{
	scoped_guard(spinlock, &ctx->lock)
		ctx->pgmap = page_pgmap(pages[0]);	/* expect: PG02 */
}

static void through_a_variable(struct sg_table *table, struct ctx *ctx)
{
	struct scatterlist *sg = table->sgl;

	ctx->peer = is_pci_p2pdma_page(sg_page(sg));	/* expect: PG02 */
}

static void of_an_iterator(struct iov_iter *iter, struct bio *bio)
{
	if (is_pci_p2pdma_page(iter->bvec->bv_page))	/* expect: PG02 */
		bio->bi_opf |= REQ_NOMERGE;
}

static int integrity(struct bio_integrity_payload *bip)
{
	return is_pci_p2pdma_page(bip->bip_vec->bv_page);	/* expect: PG02 */
}

static int by_pointer(struct page **pages, int n)
{
	if (n && is_zone_device_page(*pages))	/* expect: PG02 */
		return -EOPNOTSUPP;
	return 0;
}

static int over_two_lines(struct scatterlist *sglist, int nents)
{
	if (WARN_ON_ONCE(is_pci_p2pdma_page(	/* expect: PG02 */
				sg_page(sglist))))
		return -EREMOTEIO;
	return nents;
}
