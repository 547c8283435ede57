// SPDX-License-Identifier: GPL-2.0
/* The vecs of a bio that a target gets. */

static void encrypt(struct dm_target *ti, struct bio *bio)
{
	struct bio_vec *bv = bio->bi_io_vec;	/* expect: PG07 */
	unsigned int i;

	for (i = 0; i < bio->bi_vcnt; i++, bv++)
		do_block(ti, bv->bv_page, bv->bv_len);
}

static int map_fn(struct dm_target *ti, struct bio *bio)
{
	encrypt(ti, bio);
	return DM_MAPIO_REMAPPED;
}
