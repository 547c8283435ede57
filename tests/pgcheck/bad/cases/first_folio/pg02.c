// SPDX-License-Identifier: GPL-2.0
/* The folio of the first page of an array. */

static int umem_kind(struct umem *u)
{
	return folio_is_device_private(page_folio(u->pages[0])) ? KIND_PRIVATE : KIND_RAM;	/* expect: PG02 */
}
