// SPDX-License-Identifier: GPL-2.0
/* An entry can have more pages than its first. */

static void finish(struct buf *b, bool dirty)
{
	unpin_user_pages_dirty_lock(b->pages, b->n, dirty);
	sg_free_table(&b->t);
}
