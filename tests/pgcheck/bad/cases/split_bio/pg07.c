// SPDX-License-Identifier: GPL-2.0
/* A bio that was split, and one that was built. */

static int submit_part(struct dev *d, struct bio *orig, int sectors)
{
	struct bio *part = bio_split(orig, sectors, GFP_NOIO, &d->bs);
	struct bio_vec *bv;
	struct bvec_iter_all it;
	u32 crc = 0;

	bio_for_each_segment_all(bv, part, it)	/* expect: PG07 */
		crc = crc32c(crc, page_address(bv->bv_page), bv->bv_len);
	return crc;
}
