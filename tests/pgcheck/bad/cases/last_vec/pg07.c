// SPDX-License-Identifier: GPL-2.0
/* The last vec of a bio that a target gets. */

static int flakey_map(struct dm_target *ti, struct bio *bio)
{
	struct bio_vec *last = &bio->bi_io_vec[bio->bi_vcnt - 1];	/* expect: PG07 */

	corrupt(last->bv_page, last->bv_offset + last->bv_len - 1);
	return DM_MAPIO_REMAPPED;
}
