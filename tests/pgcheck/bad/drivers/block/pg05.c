// SPDX-License-Identifier: GPL-2.0
/* In a directory of this name, but no core. */

static void driver(struct bio *bio, struct bio_vec *vecs, int n)
{
	bio->bi_io_vec = vecs;	/* expect: PG05 */
	bio->bi_vcnt = n;
}
