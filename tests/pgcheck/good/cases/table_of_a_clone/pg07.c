// SPDX-License-Identifier: GPL-2.0
/* The vecs of a bio that a target gets. */

static void encrypt(struct dm_target *ti, struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter)
		do_block(ti, bv.bv_page, bv.bv_len);
}
