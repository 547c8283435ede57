// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that knows nothing of pgmaps. With the marks of adopt.cocci sparse has
 * to report each marked line and no other; adopt_done.c is the same, adopted.
 */
#include <linux/module.h>
#include <linux/pgmap_pages.h>

int adopt_begin_pinned(unsigned long start, struct bio *bio);
int adopt_begin_lists(struct bio *bio, struct scatterlist *sg, struct bio_vec *bv);

int adopt_begin_pinned(unsigned long start, struct bio *bio)
{
	struct page *pages[8];
	int got = pin_user_pages_fast(start, 8, FOLL_WRITE, pages);
	int n;

	for (n = 0; n < got; n++) {
		kunmap_local(kmap_local_page(pages[n]));	/* expect: sparse */
		if (bio_add_page(bio, pages[n], PAGE_SIZE, 0) < PAGE_SIZE)	/* expect: sparse */
			break;
	}
	if (got > 0)
		unpin_user_pages(pages, got);	/* expect: sparse */
	return n;
}

int adopt_begin_lists(struct bio *bio, struct scatterlist *sg, struct bio_vec *bv)
{
	struct page *own = alloc_page(GFP_KERNEL);
	struct bio_vec vec = *bv;

	if (!own)
		return -ENOMEM;
	if (is_pci_p2pdma_page(sg_page(sg)))	/* expect: sparse */
		bio->bi_opf |= REQ_NOMERGE;
	memzero_page(vec.bv_page, vec.bv_offset, 8);	/* expect: sparse */
	memcpy_page(own, 0, bv->bv_page, 0, 8);	/* expect: sparse */
	bv->bv_page = own;
	return bio_add_page(bio, sg_page(sg), sg->length, sg->offset);	/* expect: sparse */
}

MODULE_DESCRIPTION("Before pgmap_bio.h");
MODULE_LICENSE("GPL");
