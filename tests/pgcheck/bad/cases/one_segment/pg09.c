// SPDX-License-Identifier: GPL-2.0
/* One segment of metadata can be several vecs. */

static blk_status_t map_meta(struct q *q, struct request *req, struct cmd *cmd)
{
	struct bio_vec bv = rq_integrity_vec(req);	/* expect: PG09 */

	if (blk_rq_nr_integrity_segments(req) != 1)
		return BLK_STS_IOERR;
	cmd->meta = dma_map_bvec(q->dev, &bv, rq_dma_dir(req), 0);
	return BLK_STS_OK;
}
