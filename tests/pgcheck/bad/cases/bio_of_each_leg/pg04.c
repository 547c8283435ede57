// SPDX-License-Identifier: GPL-2.0
/* Each round adds to another bio, or to the same. */

static void mirror(struct mirr *m, struct page **page, int n, int which)
{
	int i;

	m->bio[which] = bio_alloc(m->bdev, 4, REQ_OP_WRITE, GFP_NOIO);
	for (i = 0; i < n; i++)
		__bio_add_page(m->bio[which], page[i], PAGE_SIZE, 0);	/* expect: PG04 */
}
