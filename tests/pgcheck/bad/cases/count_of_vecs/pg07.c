// SPDX-License-Identifier: GPL-2.0
/* A helper gives the number of vecs. */

static unsigned int nvecs(struct bio *bio)
{
	return bio->bi_vcnt;	/* expect: PG07 */
}

static int my_map(struct dm_target *ti, struct bio *bio)
{
	if (nvecs(bio) > 1)
		dm_accept_partial_bio(bio, 8);
	return DM_MAPIO_REMAPPED;
}
