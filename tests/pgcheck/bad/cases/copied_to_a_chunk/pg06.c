// SPDX-License-Identifier: GPL-2.0
/* The pages are copied into a list. */

static int batches(struct store *st, unsigned long ua, unsigned long left)
{
	struct page *batch[32];

	while (left) {
		int got = pin_user_pages_fast(ua, min(left, 32UL), FOLL_LONGTERM, batch);
		struct chunk *c;

		if (got <= 0)
			return -EFAULT;
		c = kmalloc(sizeof(*c), GFP_KERNEL);
		if (!c)
			return -ENOMEM;	/* expect: PG06 */
		memcpy(c->pg, batch, got * sizeof(*batch));
		list_add_tail(&c->node, &st->chunks);
		left -= got;
		ua += got * PAGE_SIZE;
	}
	return 0;
}
