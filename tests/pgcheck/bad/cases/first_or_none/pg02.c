// SPDX-License-Identifier: GPL-2.0
/* The first page, if there is one. */

struct pgvec { struct page **v; unsigned int n; };
static int kind_of(struct pgvec pv)
{
	struct page *head = pv.n ? pv.v[0] : NULL;

	return head && is_zone_device_page(head) ? 1 : 0;	/* expect: PG02 */
}
