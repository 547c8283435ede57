// SPDX-License-Identifier: GPL-2.0
/*
 * Every function of pgmap_bio.h and pgmap_pages.h as it is meant to be used: sparse
 * says nothing.
 */
#include <linux/module.h>
#include <linux/pgmap_pages.h>

int pgmap_bio_use(struct bio *bio, struct scatterlist *sg,
		  const struct dev_pagemap *pgmap, struct folio *folio);
int pgmap_pages_use(struct device *dev, struct sg_table *table,
		    struct bio_vec *bv, struct iov_iter *iter);

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

static int pin(unsigned long start, struct page __pgmap **pages)
{
	int got = pgmap_pin_user_pages_fast(start, 8, FOLL_WRITE, pages);

	if (got <= 0)
		return -EFAULT;
	if (got < 4)
		pgmap_unpin_user_pages(pages, got);
	else
		pgmap_unpin_user_pages_dirty_lock(pages, got, true);
	if (pgmap_pin_user_pages(start, 1, 0, pages) == 1)
		pgmap_unpin_user_page(pages[0]);
	got = pgmap_get_user_pages_fast(start, 8, 0, pages);
	if (got <= 0)
		return -EFAULT;
	pgmap_get_pages(pages, got);
	pgmap_put_pages(pages, got);
	pgmap_put_pages(pages, got);
	return 0;
}

int pgmap_pages_use(struct device *dev, struct sg_table *table,
		    struct bio_vec *bv, struct iov_iter *iter)
{
	struct page *own[2] = { ZERO_PAGE(0), ZERO_PAGE(0) };
	struct page __pgmap *pages[8];
	struct page __pgmap **more = pages;
	dma_addr_t addr;
	size_t off;
	int err = pin(0, pages);

	if (err)
		return err;
	if (pgmap_extract_pages(iter, &more, SZ_4K, 8, 0, &off) <= 0)
		return -EFAULT;
	kunmap_local(pgmap_kmap_local(pages[0]));
	pgmap_memzero_page(pages[0], 0, 8);
	pgmap_memcpy_from_page((char *)&off, pages[0], 0, sizeof(off));
	pgmap_memcpy_to_page(pages[1], 0, (char *)&off, sizeof(off));
	addr = pgmap_dma_map_page(dev, pages[0], 0, PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, addr))
		return -EIO;
	if (!pgmap_bvec_set(NULL, &bv[0], pages[0], PAGE_SIZE, 0) ||
	    !pgmap_bvec_set(&bv[0], &bv[1], pages[1], PAGE_SIZE, 0))
		return -EAGAIN;
	if (pgmap_pages_one_list(pgmap_mark_pages(own), 2) < 2)
		return -EREMOTEIO;
	return sg_alloc_table_from_pages(table, pgmap_plain_pages(pages), 8, 0,
					 8 * PAGE_SIZE, GFP_KERNEL);
}

MODULE_DESCRIPTION("Right use of pgmap_bio.h");
MODULE_LICENSE("GPL");
