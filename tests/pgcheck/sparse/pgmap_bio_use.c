// SPDX-License-Identifier: GPL-2.0
/* Every function of pgmap_bio.h as it is meant to be used: sparse says nothing. */
#include <linux/module.h>
#include <linux/pgmap_bio.h>

int pgmap_bio_use(struct bio *bio, struct scatterlist *sg,
		  const struct dev_pagemap *pgmap, struct folio *folio);

int pgmap_bio_use(struct bio *bio, struct scatterlist *sg,
		  const struct dev_pagemap *pgmap, struct folio *folio)
{
	struct page __pgmap *page = pgmap_first_page(pgmap, 0);
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned long pfn;
	int pages = 0;

	if (!pgmap_bio_add_page(bio, page, PAGE_SIZE, 0))
		return -EAGAIN;
	if (!pgmap_sg_set(NULL, sg, page, PAGE_SIZE, 0))
		return -EAGAIN;
	pgmap_for_each_pfn(page, pfn, 0, 8)
		if (!pgmap_sg_extend(sg, page, PAGE_SIZE, 0))
			break;
	pgmap_bio_for_each_page(page, bv, bio, iter)
		pages += pgmap_bvec_try_extend(&bv, page, PAGE_SIZE, 0);
	if (pages)
		pgmap_bio_for_each_bvec(page, bv, bio, iter)
			pages++;
	else
		pages = -1;
	if (pgmap_pages_compatible(pgmap_folio_page(folio, 0), pgmap_sg_page(sg)))
		pages++;
	get_page(pgmap_plain_page(page));
	return pages;
}

MODULE_DESCRIPTION("Right use of pgmap_bio.h");
MODULE_LICENSE("GPL");
