// SPDX-License-Identifier: GPL-2.0
/* The end of the entry comes from a helper. */

static dma_addr_t tail_of(struct io_chunk *c)
{
	return page_to_phys(c->page) + c->off + c->bytes;
}

static bool chunk_add(struct io_chunk *c, struct page *page, unsigned int off, unsigned int bytes)
{
	if (tail_of(c) != page_to_phys(page) + off)
		return false;
	c->bytes += bytes;	/* expect: PG01 */
	return true;
}
