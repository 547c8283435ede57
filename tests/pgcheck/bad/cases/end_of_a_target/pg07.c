// SPDX-License-Identifier: GPL-2.0
/* A target looks at its clone at the end. */

static int sum_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *st)
{
	struct bio_vec *v = bio->bi_io_vec;	/* expect: PG07 */
	unsigned int i;

	for (i = 0; i < bio->bi_vcnt; i++)
		sum_update(ti->private, v[i].bv_page, v[i].bv_len);
	return DM_ENDIO_DONE;
}
