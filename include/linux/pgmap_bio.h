/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages that may be zone-device pages, as a type of their own.
 *
 * Such a page is declared "struct page __pgmap *". To the compiler this is a
 * page like any other. sparse sees an address space of its own, and reports an
 * error where the page is passed to bio_add_page(), bvec_set_page() or
 * sg_set_page(), which leave it to their caller which pages are mixed. The
 * functions below take such a page and compare. They keep two rules:
 *
 *  - pages of two pgmaps never share a segment (bvec or scatterlist entry);
 *  - P2PDMA pages share a bio or a list only with pages of the same provider,
 *    as one of them decides how all of them are mapped.
 *
 * Arrays of pages, pinning and mapping are in pgmap_pages.h. For a driver that
 * exists Documentation/checks/adopt.rst tells where to begin.
 *
 * Callers must serialise access to the pages and to the bio or list. Unless a
 * function says otherwise it takes no lock and no reference and does not sleep.
 * The file needs nothing but the headers of Linux 7.2 or later: copy it into
 * your driver.
 */
#ifndef _LINUX_PGMAP_BIO_H
#define _LINUX_PGMAP_BIO_H

#include <linux/bio.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <xen/xen.h>

#ifdef __CHECKER__
#define __pgmap __attribute__((noderef, address_space(__pgmap)))
#define __pgmap_force __attribute__((force))
#else
#define __pgmap
#define __pgmap_force
#endif

/**
 * pgmap_page() - mark a page as one that may be of a pgmap
 * @page: any page
 *
 * Context: any.
 * Return: the same page.
 */
static inline struct page __pgmap *pgmap_page(struct page *page)
{
	return (struct page __pgmap __pgmap_force *)page;
}

/**
 * pgmap_plain_page() - take the mark off a page
 * @page: a page whose pgmap the caller has compared
 *
 * This bypasses the checks of sparse. It has a name of its own so that a reviewer can
 * search for it. The other function that takes the mark off is pgmap_page_folio().
 *
 * Context: any.
 * Return: the same page.
 */
static inline struct page *pgmap_plain_page(struct page __pgmap *page)
{
	return (struct page __pgmap_force *)page;
}

/**
 * pgmap_pfn_to_page() - pfn_to_page() of what may be of a pgmap
 * @pfn: a pfn that has a struct page
 *
 * Context: any.
 * Return: its page.
 */
static inline struct page __pgmap *pgmap_pfn_to_page(unsigned long pfn)
{
	return pgmap_page(pfn_to_page(pfn));
}

/**
 * pgmap_folio_page() - folio_page() of what may be of a pgmap
 * @folio: a folio
 * @n: number of the page in it
 *
 * Context: any.
 * Return: that page.
 */
static inline struct page __pgmap *pgmap_folio_page(struct folio *folio,
						    size_t n)
{
	return pgmap_page(folio_page(folio, n));
}

/**
 * pgmap_first_page() - the first page of a pgmap
 * @pgmap: registered with memremap_pages()
 * @range: which of its ranges, the first one is 0
 *
 * Context: any.
 * Return: the first page of that range.
 */
static inline struct page __pgmap *
pgmap_first_page(const struct dev_pagemap *pgmap, int range)
{
	return pgmap_pfn_to_page(PHYS_PFN(pgmap->ranges[range].start));
}

/**
 * pgmap_bvec_page() - the page of a bvec that may hold one of a pgmap
 * @bv: a bvec that is not empty
 *
 * Context: any.
 * Return: its first page; all pages of one bvec have the same pgmap.
 */
static inline struct page __pgmap *pgmap_bvec_page(const struct bio_vec *bv)
{
	return pgmap_page(bv->bv_page);
}

/**
 * pgmap_sg_page() - the page of an entry that may hold one of a pgmap
 * @sg: an entry that is not empty
 *
 * Context: any.
 * Return: as pgmap_bvec_page().
 */
static inline struct page __pgmap *pgmap_sg_page(struct scatterlist *sg)
{
	return pgmap_page(sg_page(sg));
}

/**
 * pgmap_page_folio() - page_folio()
 * @page: a page
 *
 * A folio has no mark, so this bypasses the checks as pgmap_plain_page() does: sparse
 * does not report bio_add_folio() of it, whatever pages the bio holds.
 *
 * Context: any.
 * Return: its folio, all pages of which have the same pgmap.
 */
static inline struct folio *pgmap_page_folio(struct page __pgmap *page)
{
	return page_folio(pgmap_plain_page(page));
}

/**
 * pgmap_page_to_phys() - page_to_phys()
 * @page: a page
 *
 * Context: any.
 * Return: its physical address. Pages with adjacent addresses may have different
 * pgmaps.
 */
static inline phys_addr_t pgmap_page_to_phys(struct page __pgmap *page)
{
	return page_to_phys(pgmap_plain_page(page));
}

/**
 * pgmap_is_device() - is_zone_device_page()
 * @page: a page
 *
 * Context: any.
 * Return: true if the page has a pgmap; a marked page need not have one.
 */
static inline bool pgmap_is_device(struct page __pgmap *page)
{
	return is_zone_device_page(pgmap_plain_page(page));
}

/**
 * pgmap_is_p2pdma() - is_pci_p2pdma_page()
 * @page: a page
 *
 * Context: any.
 * Return: true if it is memory of a PCI device.
 */
static inline bool pgmap_is_p2pdma(struct page __pgmap *page)
{
	return is_pci_p2pdma_page(pgmap_plain_page(page));
}

/**
 * pgmap_pages_mergeable() - may two pages be in one segment?
 * @a: a page
 * @b: another one
 *
 * Context: any.
 * Return: true if they have the same pgmap, or both none.
 */
static inline bool pgmap_pages_mergeable(struct page __pgmap *a,
					 struct page __pgmap *b)
{
	return zone_device_pages_have_same_pgmap(pgmap_plain_page(a),
						 pgmap_plain_page(b));
}

/**
 * pgmap_pages_compatible() - may two pages be in one bio or list?
 * @a: a page
 * @b: another one
 *
 * Context: any.
 * Return: false if one is a P2PDMA page and the other has another provider.
 */
static inline bool pgmap_pages_compatible(struct page __pgmap *a,
					  struct page __pgmap *b)
{
	if (pgmap_is_p2pdma(a) || pgmap_is_p2pdma(b))
		return pgmap_pages_mergeable(a, b);
	return true;
}

/*
 * Is the byte at @off in @page the one behind the @end bytes from the beginning of
 * @first, both physically and in the array of struct pages? Under Xen, pages with
 * adjacent physical addresses may not be adjacent on the bus, and the function that
 * tells is not exported; KMSAN tracks single pages. So in both cases the answer is no.
 */
static inline bool __pgmap_follows(struct page __pgmap *first, size_t end,
				   struct page __pgmap *page, size_t off)
{
	if (IS_ENABLED(CONFIG_KMSAN) || xen_domain())
		return false;
	if (pgmap_page_to_phys(first) + end != pgmap_page_to_phys(page) + off)
		return false;
	return pgmap_plain_page(first) + end / PAGE_SIZE ==
	       pgmap_plain_page(page) + off / PAGE_SIZE;
}

/**
 * pgmap_bvec_try_extend() - let a bvec grow over the data that follows it
 * @bv: a bvec that is not empty
 * @page: where the new part begins
 * @len: its length in bytes
 * @off: where in @page it begins
 *
 * Context: any.
 * Return: false, with @bv unchanged, if @bv and the new part are not adjacent, have
 * different pgmaps, or together exceed the largest length.
 */
static inline bool __must_check
pgmap_bvec_try_extend(struct bio_vec *bv, struct page __pgmap *page,
		      unsigned int len, unsigned int off)
{
	if (!pgmap_pages_mergeable(pgmap_bvec_page(bv), page))
		return false;
	if (len > UINT_MAX - bv->bv_len)
		return false;
	if (!__pgmap_follows(pgmap_bvec_page(bv),
			     (size_t)bv->bv_offset + bv->bv_len, page, off))
		return false;
	bv->bv_len += len;
	return true;
}

/**
 * pgmap_sg_extend() - let a scatterlist entry grow over the data that follows it
 * @sg: an entry that is not empty and not mapped for DMA
 * @page: where the new part begins
 * @len: its length in bytes
 * @off: where in @page it begins
 *
 * Context: any.
 * Return: as pgmap_bvec_try_extend().
 */
static inline bool __must_check
pgmap_sg_extend(struct scatterlist *sg, struct page __pgmap *page,
		unsigned int len, unsigned int off)
{
	if (!pgmap_pages_mergeable(pgmap_sg_page(sg), page))
		return false;
	if (len > UINT_MAX - sg->length)
		return false;
	if (!__pgmap_follows(pgmap_sg_page(sg),
			     (size_t)sg->offset + sg->length, page, off))
		return false;
	sg->length += len;
	return true;
}

/**
 * pgmap_bio_add_page() - add a page to a bio, if it may be in that bio
 * @bio: the bio
 * @page: the page to add
 * @len: number of bytes to add
 * @off: offset of the first byte in @page
 *
 * All pages of @bio must have been added with this function or bio_add_page().
 *
 * Context: any.
 * Return: @len, or 0 if @bio is full or @page may not be in it. 0 is not an error:
 * submit @bio and begin a new one.
 */
static inline int __must_check
pgmap_bio_add_page(struct bio *bio, struct page __pgmap *page,
		   unsigned int len, unsigned int off)
{
	if (bio->bi_vcnt) {
		struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt - 1];

		if (!pgmap_pages_compatible(pgmap_bvec_page(bv), page))
			return 0;
	}
	return bio_add_page(bio, pgmap_plain_page(page), len, off);
}

/**
 * pgmap_sg_set() - fill a scatterlist entry
 * @prev: the entry before it in the list, or NULL
 * @sg: the entry
 * @page: the page to put into it
 * @len: number of bytes
 * @off: offset of the first byte in @page
 *
 * Context: any.
 * Return: false, with @sg unchanged, if @page may not be in one list with the page of
 * @prev. End the list at @prev and begin a new one.
 */
static inline bool __must_check
pgmap_sg_set(struct scatterlist *prev, struct scatterlist *sg,
	     struct page __pgmap *page, unsigned int len, unsigned int off)
{
	if (prev && !pgmap_pages_compatible(pgmap_sg_page(prev), page))
		return false;
	sg_set_page(sg, pgmap_plain_page(page), len, off);
	return true;
}

/**
 * pgmap_bvec_set() - fill a bvec of an array
 * @prev: the bvec before it, or NULL
 * @bv: the bvec
 * @page: the page to put into it
 * @len: number of bytes
 * @off: offset of the first byte in @page
 *
 * Context: any.
 * Return: false, with @bv unchanged, if @page may not be in one array with the page of
 * @prev. End the array at @prev and begin a new one.
 */
static inline bool __must_check
pgmap_bvec_set(struct bio_vec *prev, struct bio_vec *bv,
	       struct page __pgmap *page, unsigned int len, unsigned int off)
{
	if (prev && !pgmap_pages_compatible(pgmap_bvec_page(prev), page))
		return false;
	bvec_set_page(bv, pgmap_plain_page(page), len, off);
	return true;
}

/**
 * pgmap_for_each_pfn() - go over the pages of a range of pfns
 * @page: ``struct page __pgmap *``, the page
 * @pfn: unsigned long, its pfn
 * @first: the first pfn
 * @end: the one behind the last
 */
#define pgmap_for_each_pfn(page, pfn, first, end)			\
	for ((pfn) = (first);						\
	     (pfn) < (end) && ((page) = pgmap_pfn_to_page(pfn), true);	\
	     (pfn)++)

/**
 * pgmap_bio_for_each_page() - go over the pages of a bio that may be of a pgmap
 * @page: ``struct page __pgmap *``, the page
 * @bv: struct bio_vec, the part of the page that is in the bio
 * @bio: the bio
 * @iter: struct bvec_iter
 */
#define pgmap_bio_for_each_page(page, bv, bio, iter)			\
	for ((iter) = (bio)->bi_iter;					\
	     (iter).bi_size && ((bv) = bio_iter_iovec(bio, iter),	\
				(page) = pgmap_bvec_page(&(bv)), true);	\
	     bio_advance_iter_single(bio, &(iter), (bv).bv_len))

/**
 * pgmap_bio_for_each_bvec() - go over the segments of a bio, of one pgmap each
 * @page: ``struct page __pgmap *``, the first page of the segment
 * @bv: struct bio_vec, the segment
 * @bio: the bio
 * @iter: struct bvec_iter
 */
#define pgmap_bio_for_each_bvec(page, bv, bio, iter)			\
	for ((iter) = (bio)->bi_iter;					\
	     (iter).bi_size &&						\
	     ((bv) = mp_bvec_iter_bvec((bio)->bi_io_vec, iter),		\
	      (page) = pgmap_bvec_page(&(bv)), true);			\
	     bio_advance_iter_single(bio, &(iter), (bv).bv_len))

#endif /* _LINUX_PGMAP_BIO_H */
