// SPDX-License-Identifier: GPL-2.0
/* Only the first vec of the metadata is mapped. Nothing here may be reported. */

static blk_status_t meta_ok(struct q *q, struct request *req, struct io *io)
{
	struct bio_vec bv = rq_integrity_vec(req);

	if (bio_integrity(req->bio)->bip_vcnt != 1)
		return meta_sgl(q, req, io);
	io->meta = dma_map_bvec(q->dev, &bv, rq_dma_dir(req), 0);
	return dma_mapping_error(q->dev, io->meta) ? BLK_STS_IOERR : BLK_STS_OK;
}

static int good_prot(struct hba *h, struct request *rq, struct cmd *c)
{
	int n = blk_rq_map_integrity_sg(rq, c->prot_sg);

	return dma_map_sg(h->dev, c->prot_sg, n, DMA_BIDIRECTIONAL) ? 0 : -ENOMEM;
}
