// SPDX-License-Identifier: GPL-2.0
/* A folio has its own offset. */

static int logbuf(struct bio *b, char *p, size_t n)
{
	struct folio *f = virt_to_folio(p);
	size_t o = offset_in_folio(f, p);

	if (!bio_add_folio(b, f, n, o))
		return -EAGAIN;
	return 0;
}
