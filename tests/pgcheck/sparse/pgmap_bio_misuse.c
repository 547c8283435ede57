// SPDX-License-Identifier: GPL-2.0
/* Planted misuse of pgmap_bio.h: sparse has to report each marked line. */
#include <linux/module.h>
#include <linux/pgmap_pages.h>

int pgmap_bio_misuse(struct bio *bio, struct scatterlist *sg, struct bio_vec *bv);
int pgmap_pages_misuse(struct device *dev, struct sg_table *table);

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

int pgmap_pages_misuse(struct device *dev, struct sg_table *table)
{
	struct page __pgmap *pages[8];
	struct page *plain[8];
	int got;

	got = pin_user_pages_fast(0, 8, 0, pages);		/* expect: sparse */
	got += pgmap_pin_user_pages_fast(0, 8, 0, plain);	/* expect: sparse */
	unpin_user_pages(pages, 8);				/* expect: sparse */
	put_page(pages[0]);					/* expect: sparse */
	kunmap_local(kmap_local_page(pages[0]));		/* expect: sparse */
	got += dma_map_page(dev, pages[0], 0, 1, DMA_TO_DEVICE) != 0;	/* expect: sparse */
	got += sg_alloc_table_from_pages(table, pages, 8, 0, 1, 0);	/* expect: sparse */
	return got;
}

MODULE_DESCRIPTION("Wrong use of pgmap_bio.h");
MODULE_LICENSE("GPL");
