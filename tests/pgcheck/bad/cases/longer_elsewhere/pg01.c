// SPDX-License-Identifier: GPL-2.0
/* Another file makes the segment longer. */

void use(struct seg *s, struct bio_vec *v, int n)
{
	while (n--) {
		if (s->addr + s->length == bvec_phys(v))
			seg_more(s, v->bv_len); /* expect: PG01 */
		else
			seg_new(s++, v);
		v++;
	}
}
