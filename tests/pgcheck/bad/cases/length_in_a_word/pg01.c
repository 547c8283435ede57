// SPDX-License-Identifier: GPL-2.0
/* The length is a part of a control word. */

static void set_len(struct desc *d, u32 v)
{
	d->ctl = FIELD_PREP(DESC_LEN, v);
}

static u32 get_len(const struct desc *d)
{
	return FIELD_GET(DESC_LEN, d->ctl);
}

static void lay(struct desc *d, struct bio *io)
{
	struct desc *last = NULL;
	struct bvec_iter i;
	struct bio_vec v;

	bio_for_each_bvec(v, io, i) {
		u64 where = bvec_phys(&v);

		if (last && last->addr + get_len(last) == where) {
			set_len(last, get_len(last) + v.bv_len);	/* expect: PG01 */
			continue;
		}
		last = d++;
		last->addr = where;
		set_len(last, v.bv_len);
	}
}
