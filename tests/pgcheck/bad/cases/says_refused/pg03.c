// SPDX-License-Identifier: GPL-2.0
/* A function says whether the bio refused. */

static bool refused(struct bio *b, struct pgref r)
{
	return !bio_add_page(b, r.pg, r.len, r.off);
}

static void two(struct bio *b, struct pgref x, struct pgref y)
{
	WARN_ON(refused(b, x));	/* expect: PG03 */
	BUG_ON(refused(b, y));	/* expect: PG03 */
	submit_bio(b);
}
