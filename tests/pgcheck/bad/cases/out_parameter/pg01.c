// SPDX-License-Identifier: GPL-2.0
/* A helper makes the length longer that it gets a pointer to. */

struct seg { u64 start; u32 span; };
static void take_more(u32 *span) { *span += PAGE_SIZE; }
static int build(struct page **pages, int n, struct seg *out)
{
	struct seg *s = out;
	int i;
	s->start = page_to_phys(pages[0]);
	s->span = PAGE_SIZE;
	for (i = 1; i < n; i++) {
		if (page_to_phys(pages[i]) == s->start + s->span) {
			take_more(&s->span);	/* expect: PG01 */
			continue;
		}
		s++;
		s->start = page_to_phys(pages[i]);
		s->span = PAGE_SIZE;
	}
	return s - out + 1;
}
