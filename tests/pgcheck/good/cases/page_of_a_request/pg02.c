// SPDX-License-Identifier: GPL-2.0
/* The first page of a request. */

static blk_status_t queue(struct hctx *h, struct request *rq)
{
	if (blk_rq_nr_phys_segments(rq) == 1 && is_pci_p2pdma_page(bio_page(rq->bio)))
		return queue_peer(h, rq);
	return queue_host(h, rq);
}
