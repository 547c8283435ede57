// SPDX-License-Identifier: GPL-2.0
/* The step of a loop adds. */

static void spray(struct bio *b, struct page **pp, size_t sz)
{
	size_t todo;

	for (todo = sz; todo; bio_add_page(b, *pp++, min(todo, PAGE_SIZE), 0), todo -= min(todo, PAGE_SIZE))	/* expect: PG03 */
		;
	submit_bio(b);
}
