// SPDX-License-Identifier: GPL-2.0
/* A vec can have more pages than its first. */

static void drop(struct bio *bio)
{
	struct bio_vec *bv;
	struct bvec_iter_all it;

	bio_for_each_bvec_all(bv, bio, it)
		unpin_user_page(bv->bv_page);	/* expect: PG06 */
}
