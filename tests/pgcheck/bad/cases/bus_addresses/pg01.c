// SPDX-License-Identifier: GPL-2.0
/* The addresses are in fields that another function has filled. */

struct slot { struct page *pg; u64 bus; };
static void slot_init(struct slot *s, struct page *pg)
{
	s->pg = pg;
	s->bus = page_to_phys(pg);
}

static u32 burst(const struct slot *s, u32 n)
{
	u32 got = 1;

	while (got < n && s[got].bus == s[got - 1].bus + PAGE_SIZE)
		++got;	/* expect: PG01 */
	return got;
}

static void dma_all(struct eng *e, const struct slot *s, u32 n)
{
	u32 b;

	for (; n; s += b, n -= b) {
		b = burst(s, n);
		eng_push(e, s->bus, b * PAGE_SIZE);
	}
}
