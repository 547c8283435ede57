// SPDX-License-Identifier: GPL-2.0
/* What is in a directory of this name is the block layer's own. */

static void core(struct bio *bio, struct bio_vec *vecs, int n)
{
	bio->bi_io_vec = vecs;
	bio->bi_vcnt = n;
}
