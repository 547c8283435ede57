// SPDX-License-Identifier: GPL-2.0
/* The page of the buffer, the offset of the cursor. */

static int seal(struct bio *b, struct sb *s)
{
	struct page *pg = virt_to_page(s->base);
	unsigned int at = offset_in_page(s->cursor);

	return bio_add_page(b, pg, s->n, at) == s->n ? 0 : -EAGAIN;	/* expect: PG10 */
}
