// SPDX-License-Identifier: GPL-2.0
/* The first of a list of another name. */

static enum kind classify(struct gup *g)
{
	struct page **list = g->pages;
	struct page *p = list[0];

	return page_pgmap(p) ? KIND_DEV : KIND_RAM;	/* expect: PG02 */
}
