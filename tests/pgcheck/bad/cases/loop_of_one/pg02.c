// SPDX-License-Identifier: GPL-2.0
/* A loop that ends in its first round. */

static int pick_map(struct hba *h, struct request *rq)
{
	struct req_iterator it;
	struct bio_vec v;
	bool p2p = false;

	rq_for_each_segment(v, rq, it) {
		p2p = is_pci_p2pdma_page(v.bv_page);	/* expect: PG02 */
		break;
	}
	return p2p ? map_p2p(h, rq) : map_ram(h, rq);
}
