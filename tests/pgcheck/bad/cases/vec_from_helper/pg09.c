// SPDX-License-Identifier: GPL-2.0
/* A helper gives the first vec. */

static inline struct bio_vec *meta_vec(struct request *rq)
{
	return rq->bio->bi_integrity->bip_vec;
}

static u64 meta_dma(struct dev *d, struct request *rq)
{
	struct bio_vec *v = meta_vec(rq);	/* expect: PG09 */

	return dma_map_page(d->dev, v->bv_page, v->bv_offset, blk_rq_integrity_bytes(rq), DMA_TO_DEVICE);
}
