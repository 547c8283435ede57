// SPDX-License-Identifier: GPL-2.0
/* The function behind an assertion does not return. */

#define INSIST(x) do { if (unlikely(!(x))) insist_failed(#x, __LINE__); } while (0)
static void __noreturn insist_failed(const char *what, int line)
{
	panic("%s:%d", what, line);
}

static void jot(struct journal *j, struct bio *io, struct page *pg)
{
	INSIST(bio_add_page(io, pg, j->bs, 0) == j->bs);	/* expect: PG03 */
	submit_bio(io);
}
