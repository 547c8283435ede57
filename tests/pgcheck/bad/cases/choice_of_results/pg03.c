// SPDX-License-Identifier: GPL-2.0
/* A function chooses between 0 and an error. */

static int stuff(struct bio *b, struct buf *u)
{
	unsigned int did = bio_add_page(b, u->pg, u->len, u->off);

	return did == u->len ? 0 : -ENOBUFS;
}

static inline void stuff_all(struct bio *b, struct buf *u, int n)
{
	for (; n > 0; n--, u++)
		(void)stuff(b, u);	/* expect: PG03 */
}
