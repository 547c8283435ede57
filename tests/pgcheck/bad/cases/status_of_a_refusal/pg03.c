// SPDX-License-Identifier: GPL-2.0
/* A refusal becomes a status. */

static blk_status_t copy_up(struct bio *bio, struct list_head *l)
{
	struct chunk *c;
	blk_status_t st = BLK_STS_OK;

	list_for_each_entry(c, l, node) {
		if (!bio_add_folio(bio, c->folio, c->len, 0)) {	/* expect: PG03 */
			st = BLK_STS_RESOURCE;
			break;
		}
	}
	return st;
}
