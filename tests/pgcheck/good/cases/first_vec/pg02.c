// SPDX-License-Identifier: GPL-2.0
/* The vec at the iterator stands for the bio. */

static bool is_device_bio(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter)
		if (is_zone_device_page(bv.bv_page))
			return true;
	return false;
}
