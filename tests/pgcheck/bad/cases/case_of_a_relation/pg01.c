// SPDX-License-Identifier: GPL-2.0
/* A function tells how two vecs lie to one another. */

enum rel { REL_AFTER, REL_BEFORE, REL_NONE };
static enum rel relate(const struct bio_vec *x, const struct bio_vec *y)
{
	phys_addr_t xs = bvec_phys(x), ys = bvec_phys(y);

	if (xs + x->bv_len == ys)
		return REL_AFTER;
	return ys + y->bv_len == xs ? REL_BEFORE : REL_NONE;
}

static unsigned int pack(struct hwseg *seg, struct bio_vec *v, unsigned int nv)
{
	unsigned int used = 0, i;

	for (i = 0; i < nv; ++i) {
		switch (used ? relate(&v[i - 1], &v[i]) : REL_NONE) {
		case REL_AFTER:
			seg[used - 1].bytes += v[i].bv_len;	/* expect: PG01 */
			break;
		default:
			seg[used].bus = bvec_phys(&v[i]);
			seg[used++].bytes = v[i].bv_len;
		}
	}
	return used;
}
