// SPDX-License-Identifier: GPL-2.0
/* Only the first vec of the metadata is mapped. Each marked line has to be reported. */

static blk_status_t meta_map(struct q *q, struct request *req, struct io *io)
{
	struct bio_vec bv = rq_integrity_vec(req);	/* expect: PG09 */

	if (req->nr_integrity_segments > 1)
		return meta_sgl(q, req, io);
	io->meta = dma_map_bvec(q->dev, &bv, rq_dma_dir(req), 0);
	if (dma_mapping_error(q->dev, io->meta))
		return BLK_STS_IOERR;
	return BLK_STS_OK;
}

static int pi_one(struct hba *h, struct request *rq, struct sge *out)
{
	struct bio_integrity_payload *bip = bio_integrity(rq->bio);

	if (blk_rq_count_integrity_sg(rq->q, rq->bio) == 1) {
		out->addr = dma_map_page(h->dev, bip->bip_vec->bv_page, bip->bip_vec->bv_offset,	/* expect: PG09 */
					 bip->bip_iter.bi_size, DMA_TO_DEVICE);
		out->len = bip->bip_iter.bi_size;
		return 1;
	}
	return pi_many(h, rq, out);
}

static int hba_prot(struct hba *h, struct request *rq, struct cmd *c)
{
	struct bio_vec iv = rq_integrity_vec(rq);	/* expect: PG09 */
	dma_addr_t a;

	a = dma_map_page(h->dev, iv.bv_page, iv.bv_offset, iv.bv_len, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(h->dev, a))
		return -ENOMEM;
	c->prot = cpu_to_le64(a);
	return 0;
}
