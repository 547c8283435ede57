// SPDX-License-Identifier: GPL-2.0
/* A loop of adds. */

void use(struct bdx *x, struct page **p, int n)
{
	struct bio *b = bio_alloc(x->bdev, 4, REQ_OP_WRITE, GFP_NOIO);

	while (n--)
		io_add(b, *p++);
	submit_bio(b);
}
