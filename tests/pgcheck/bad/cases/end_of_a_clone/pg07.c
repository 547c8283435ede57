// SPDX-License-Identifier: GPL-2.0
/* A clone ends. */

static void cl_done(struct bio *c)
{
	struct bio_vec *v;
	struct bvec_iter_all all;

	bio_for_each_segment_all(v, c, all)	/* expect: PG07 */
		free_temp(v->bv_page);
	bio_put(c);
}

static int cl_map(struct dm_target *ti, struct bio *src)
{
	struct bio *c = bio_alloc_clone(src->bi_bdev, src, GFP_NOIO, &pool);

	c->bi_end_io = cl_done;
	submit_bio_noacct(c);
	return DM_MAPIO_SUBMITTED;
}
