// SPDX-License-Identifier: GPL-2.0
/* A list that is longer than the table. */

static void rd(struct dev *d, struct scatterlist *sgl, int nents)
{
	struct bio *bio = bio_alloc(d->bdev, min(nents, 8), REQ_OP_READ, GFP_KERNEL);
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		__bio_add_page(bio, sg_page(sg), sg->length, sg->offset);	/* expect: PG04 */
	submit_bio(bio);
}
