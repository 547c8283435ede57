// SPDX-License-Identifier: GPL-2.0
/* An array that a pointer walks over. */

static void ctx_begin(struct ctx *c, struct folio **list, size_t k)
{
	c->direct = !folio_is_zone_device(*list);	/* expect: PG02 */
	while (k--)
		ctx_put(c, *list++);
}
