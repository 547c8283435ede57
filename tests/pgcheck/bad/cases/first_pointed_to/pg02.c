// SPDX-License-Identifier: GPL-2.0
/* The first page of a table, by its pointer. */

static inline bool lives_on_card(struct page *pg)
{
	return is_pci_p2pdma_page(pg);
}

static int post(struct conn *c, struct page **vector, unsigned int howmany)
{
	bool card = lives_on_card(*vector);	/* expect: PG02 */
	unsigned int x;

	for (x = 0; x != howmany; x++)
		c->wr[x] = card ? peer_addr(vector[x]) : ram_addr(c, vector[x]);
	return 0;
}
