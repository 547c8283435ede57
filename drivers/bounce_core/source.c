// SPDX-License-Identifier: GPL-2.0
/*
 * Tells which kind of memory the data of a bio is in: memory of a program or guest, which
 * may change it at any time, or the page cache, which writes changed pages again.
 */
#include <linux/mm.h>
#include <linux/memremap.h>
#include <linux/swap.h>

#include "core.h"

static enum bounce_source source_of_page(struct bio *bio, struct page *page)
{
	struct folio *folio;

	if (bio->bi_opf & REQ_SWAP)
		return BOUNCE_SOURCE_SWAP;
	if (bio_flagged(bio, BIO_PAGE_PINNED) || is_zone_device_page(page))
		return BOUNCE_SOURCE_DIRECT;
	folio = page_folio(page);
	if (folio_test_slab(folio))
		return BOUNCE_SOURCE_KERNEL;
	if (folio_test_anon(folio))
		return folio_test_swapcache(folio) && folio_test_writeback(folio) ?
			BOUNCE_SOURCE_SWAP : BOUNCE_SOURCE_DIRECT;
	if (folio_test_writeback(folio))
		return BOUNCE_SOURCE_CACHE;
	/* A mapped file as a buffer of direct I/O, also memory of memfd_create(). */
	if (folio_maybe_dma_pinned(folio))
		return BOUNCE_SOURCE_DIRECT;
	return folio->mapping ? BOUNCE_SOURCE_CACHE : BOUNCE_SOURCE_KERNEL;
}

/**
 * bounce_source_of() - tell where the data of a part of a bio is from
 * @bio: the bio
 * @part: the part; its first page decides
 *
 * Context: any.
 * Return: the source.
 */
enum bounce_source bounce_source_of(struct bio *bio, struct bvec_iter part)
{
	struct bio_vec bv = bio_iter_iovec(bio, part);

	return source_of_page(bio, bv.bv_page);
}

/**
 * bounce_memory_of() - name the kind of memory that a part of a bio is in
 * @bio: the bio
 * @part: the part; its first page decides
 *
 * Context: any.
 * Return: the name.
 */
const char *bounce_memory_of(const struct bio *bio, struct bvec_iter part)
{
	struct bio_vec bv = bio_iter_iovec(bio, part);
	struct page *page = bv.bv_page;
	struct folio *folio = page_folio(page);

	if (is_pci_p2pdma_page(page))
		return "p2pdma";
	if (is_zone_device_page(page))
		return "device";
	if (folio_test_slab(folio))
		return "kernel";
	if (folio_test_hugetlb(folio))
		return "hugetlb";
	if (folio_test_anon(folio))
		return "anon";
	if (folio->mapping)
		return folio_test_swapbacked(folio) ? "shmem" : "file";
	return "kernel";
}

/**
 * bounce_has_direct() - is memory of a program or guest in a bio, for direct I/O?
 * @bio: the bio; may be mixed, so each vec is looked at
 *
 * Context: any.
 * Return: true if so.
 */
bool bounce_has_direct(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		if (source_of_page(bio, bv.bv_page) == BOUNCE_SOURCE_DIRECT)
			return true;
	}
	return false;
}

/**
 * bounce_has_device_pages() - is memory of ZONE_DEVICE in a bio?
 * @bio: the bio
 * @p2pdma_only: look for memory of PCI devices only
 *
 * Context: any.
 * Return: true if so.
 */
bool bounce_has_device_pages(struct bio *bio, bool p2pdma_only)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_bvec(bv, bio, iter) {
		if (is_zone_device_page(bv.bv_page) &&
		    (!p2pdma_only || is_pci_p2pdma_page(bv.bv_page)))
			return true;
	}
	return false;
}
