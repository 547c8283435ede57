// SPDX-License-Identifier: GPL-2.0
/* Planted misuse of pgmap_bio.h: sparse has to report each marked line. */
#include <linux/module.h>
#include <linux/pgmap_bio.h>

int pgmap_bio_misuse(struct bio *bio, struct scatterlist *sg, struct bio_vec *bv);

int pgmap_bio_misuse(struct bio *bio, struct scatterlist *sg, struct bio_vec *bv)
{
	struct page __pgmap *page = pgmap_pfn_to_page(1);
	struct page *plain;
	int added;

	added = bio_add_page(bio, page, PAGE_SIZE, 0);		/* expect: sparse */
	__bio_add_page(bio, page, PAGE_SIZE, 0);		/* expect: sparse */
	bvec_set_page(bv, page, PAGE_SIZE, 0);			/* expect: sparse */
	sg_set_page(sg, page, PAGE_SIZE, 0);			/* expect: sparse */
	bv->bv_page = page;					/* expect: sparse */
	plain = page;						/* expect: sparse */
	added += pgmap_bio_add_page(bio, plain, PAGE_SIZE, 0);	/* expect: sparse */
	added += (int)page->flags.f;				/* expect: sparse */
	return added;
}

MODULE_DESCRIPTION("Wrong use of pgmap_bio.h");
MODULE_LICENSE("GPL");
