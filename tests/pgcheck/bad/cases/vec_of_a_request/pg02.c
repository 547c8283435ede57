// SPDX-License-Identifier: GPL-2.0
/* The first vec of a request. */

static bool rq_is_peer(struct request *rq)
{
	struct bio_vec bv = req_bvec(rq);

	return folio_is_zone_device(page_folio(bv.bv_page));	/* expect: PG02 */
}
