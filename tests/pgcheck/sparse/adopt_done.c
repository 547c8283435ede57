// SPDX-License-Identifier: GPL-2.0
/*
 * adopt_begin.c after the work that Documentation/checks/adopt.rst describes: sparse
 * says nothing.
 */
#include <linux/module.h>
#include <linux/pgmap_pages.h>

int adopt_done_pinned(unsigned long start, struct bio *bio);
int adopt_done_lists(struct bio *bio, struct scatterlist *sg, struct bio_vec *bv);

int adopt_done_pinned(unsigned long start, struct bio *bio)
{
	struct page __pgmap *pages[8];
	int got = pgmap_pin_user_pages_fast(start, 8, FOLL_WRITE, pages);
	int n;

	for (n = 0; n < got; n++) {
		kunmap_local(pgmap_kmap_local(pages[n]));
		if (pgmap_bio_add_page(bio, pages[n], PAGE_SIZE, 0) < PAGE_SIZE)
			break;
	}
	if (got > 0)
		pgmap_unpin_user_pages(pages, got);
	return n;
}

int adopt_done_lists(struct bio *bio, struct scatterlist *sg, struct bio_vec *bv)
{
	struct page *own = alloc_page(GFP_KERNEL);
	struct bio_vec vec = *bv;

	if (!own)
		return -ENOMEM;
	if (pgmap_is_p2pdma(pgmap_sg_page(sg)))
		bio->bi_opf |= REQ_NOMERGE;
	pgmap_memzero_page(pgmap_bvec_page(&vec), vec.bv_offset, 8);
	pgmap_memcpy_from_page(page_address(own), pgmap_bvec_page(bv), 0, 8);
	bv->bv_page = own;
	return pgmap_bio_add_page(bio, pgmap_sg_page(sg), sg->length, sg->offset);
}

MODULE_DESCRIPTION("With pgmap_bio.h");
MODULE_LICENSE("GPL");
