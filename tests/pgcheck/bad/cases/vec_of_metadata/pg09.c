// SPDX-License-Identifier: GPL-2.0
/* All metadata by its first vec. */

static int integ(struct hba *h, struct request *rq)
{
	struct bio_integrity_payload *bip = bio_integrity(rq->bio);

	return dma_map_page(h->dev, bip->bip_vec->bv_page, bip->bip_vec->bv_offset,	/* expect: PG09 */
			    blk_rq_sectors(rq) * 8, DMA_TO_DEVICE);
}
