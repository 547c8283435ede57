// SPDX-License-Identifier: GPL-2.0
/* The first page of a request. */

static blk_status_t queue(struct hctx *h, struct request *rq)
{
	bool peer = is_pci_p2pdma_page(bio_page(rq->bio));	/* expect: PG02 */

	return peer ? queue_peer(h, rq) : queue_host(h, rq);
}
