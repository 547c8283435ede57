/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays of pages that may be zone-device pages: pinning, references, mapping.
 *
 * Pages behind a user address may be of any kind: FSDAX and device DAX pages,
 * P2PDMA pages, private device memory. A driver cannot know which before it has
 * pinned and examined them. So the arrays that pinning fills are marked
 * ("struct page __pgmap **", see pgmap_bio.h). For pinning, unpinning, copying and
 * mapping, which do not mix pages, this file has functions that take marked pages.
 * Copy this file together with pgmap_bio.h.
 */
#ifndef _LINUX_PGMAP_PAGES_H
#define _LINUX_PGMAP_PAGES_H

#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/pgmap_bio.h>
#include <linux/uio.h>

/**
 * pgmap_plain_pages() - take the mark off an array
 * @pages: pages whose pgmaps the caller has compared
 *
 * Use this for a function that takes an array and compares the pages itself, such as
 * sg_alloc_table_from_pages(); see pgmap_pages_one_list().
 *
 * Context: any.
 * Return: the same array.
 */
static inline struct page **pgmap_plain_pages(struct page __pgmap **pages)
{
	return (struct page __pgmap_force **)pages;
}

/**
 * pgmap_mark_pages() - mark an array of pages
 * @pages: any pages
 *
 * Context: any.
 * Return: the same array.
 */
static inline struct page __pgmap **pgmap_mark_pages(struct page **pages)
{
	return (struct page __pgmap __pgmap_force **)pages;
}

/**
 * pgmap_pages_one_list() - how many of these pages may be in one bio or list?
 * @pages: the pages
 * @nr: number of pages
 *
 * Context: any.
 * Return: the number of pages from the beginning that may be in one list; @nr if all may.
 */
static inline unsigned long pgmap_pages_one_list(struct page __pgmap **pages,
						 unsigned long nr)
{
	unsigned long n;

	for (n = 1; n < nr; n++)
		if (!pgmap_pages_compatible(pages[n - 1], pages[n]))
			return n;
	return nr;
}

/**
 * pgmap_pin_user_pages_fast() - pin_user_pages_fast() into a marked array
 * @start: user address
 * @nr: number of pages
 * @gup_flags: FOLL_* flags. Without FOLL_PCI_P2PDMA no P2PDMA page comes back,
 *	but pages of other pgmaps do.
 * @pages: room for @nr pages
 *
 * Context: may sleep.
 * Return: as pin_user_pages_fast(): the number of pages, which may be less than
 * @nr, or a negative errno.
 */
static inline int __must_check
pgmap_pin_user_pages_fast(unsigned long start, int nr, unsigned int gup_flags,
			  struct page __pgmap **pages)
{
	return pin_user_pages_fast(start, nr, gup_flags, pgmap_plain_pages(pages));
}

/**
 * pgmap_pin_user_pages() - pin_user_pages() into a marked array
 * @start: user address
 * @nr: number of pages
 * @gup_flags: as for pgmap_pin_user_pages_fast()
 * @pages: room for @nr pages
 *
 * Context: may sleep; the caller holds mmap_lock for reading.
 * Return: as pin_user_pages().
 */
static inline long __must_check
pgmap_pin_user_pages(unsigned long start, unsigned long nr,
		     unsigned int gup_flags, struct page __pgmap **pages)
{
	return pin_user_pages(start, nr, gup_flags, pgmap_plain_pages(pages));
}

/**
 * pgmap_get_user_pages_fast() - get_user_pages_fast() into a marked array
 * @start: user address
 * @nr: number of pages
 * @gup_flags: as for pgmap_pin_user_pages_fast()
 * @pages: room for @nr pages
 *
 * Context: may sleep.
 * Return: as get_user_pages_fast().
 */
static inline int __must_check
pgmap_get_user_pages_fast(unsigned long start, int nr, unsigned int gup_flags,
			  struct page __pgmap **pages)
{
	return get_user_pages_fast(start, nr, gup_flags, pgmap_plain_pages(pages));
}

/**
 * pgmap_extract_pages() - iov_iter_extract_pages() into a marked array
 * @iter: where the pages are; it is advanced
 * @pages: the array, or NULL in it to have one allocated
 * @maxsize: how many bytes at most
 * @maxpages: how many pages at most
 * @flags: as for iov_iter_extract_pages()
 * @offset0: where in the first page the data begins
 *
 * Context: may sleep.
 * Return: as iov_iter_extract_pages(): the number of bytes, or a negative errno.
 */
static inline ssize_t __must_check
pgmap_extract_pages(struct iov_iter *iter, struct page __pgmap ***pages,
		    size_t maxsize, unsigned int maxpages,
		    iov_iter_extraction_t flags, size_t *offset0)
{
	return iov_iter_extract_pages(iter, (struct page __pgmap_force ***)pages,
				      maxsize, maxpages, flags, offset0);
}

/**
 * pgmap_unpin_user_page() - unpin_user_page()
 * @page: one page of a pinned array
 *
 * Context: may sleep.
 */
static inline void pgmap_unpin_user_page(struct page __pgmap *page)
{
	unpin_user_page(pgmap_plain_page(page));
}

/**
 * pgmap_unpin_user_pages() - unpin_user_pages()
 * @pages: the pages
 * @nr: how many
 *
 * Context: may sleep.
 */
static inline void pgmap_unpin_user_pages(struct page __pgmap **pages,
					  unsigned long nr)
{
	unpin_user_pages(pgmap_plain_pages(pages), nr);
}

/**
 * pgmap_unpin_user_pages_dirty_lock() - unpin_user_pages_dirty_lock()
 * @pages: the pages
 * @nr: how many
 * @dirty: whether they were written
 *
 * Context: may sleep.
 */
static inline void
pgmap_unpin_user_pages_dirty_lock(struct page __pgmap **pages,
				  unsigned long nr, bool dirty)
{
	unpin_user_pages_dirty_lock(pgmap_plain_pages(pages), nr, dirty);
}

/**
 * pgmap_get_pages() - take a reference to each page of an array
 * @pages: the pages
 * @nr: how many
 *
 * Context: any.
 */
static inline void pgmap_get_pages(struct page __pgmap **pages, unsigned long nr)
{
	while (nr--)
		get_page(pgmap_plain_page(pages[nr]));
}

/**
 * pgmap_put_pages() - drop a reference to each page of an array
 * @pages: the pages
 * @nr: how many
 *
 * Context: any.
 */
static inline void pgmap_put_pages(struct page __pgmap **pages, unsigned long nr)
{
	while (nr--)
		put_page(pgmap_plain_page(pages[nr]));
}

/**
 * pgmap_kmap_local() - kmap_local_page()
 * @page: a page the kernel can address, as those of all pgmaps but private ones
 *
 * Context: any; kunmap_local() ends it.
 * Return: the address.
 */
static inline void *pgmap_kmap_local(struct page __pgmap *page)
{
	return kmap_local_page(pgmap_plain_page(page));
}

/**
 * pgmap_memzero_page() - memzero_page()
 * @page: as for pgmap_kmap_local()
 * @off: where in it
 * @len: how many bytes; no further than the end of @page
 *
 * Context: any.
 */
static inline void pgmap_memzero_page(struct page __pgmap *page, size_t off,
				      size_t len)
{
	memzero_page(pgmap_plain_page(page), off, len);
}

/**
 * pgmap_memcpy_from_page() - memcpy_from_page()
 * @to: where the copy goes
 * @page: as for pgmap_kmap_local()
 * @off: where in it
 * @len: how many bytes; no further than the end of @page
 *
 * Context: any.
 */
static inline void pgmap_memcpy_from_page(char *to, struct page __pgmap *page,
					  size_t off, size_t len)
{
	memcpy_from_page(to, pgmap_plain_page(page), off, len);
}

/**
 * pgmap_memcpy_to_page() - memcpy_to_page()
 * @page: as for pgmap_kmap_local()
 * @off: where in it
 * @from: what is copied
 * @len: how many bytes; no further than the end of @page
 *
 * Context: any.
 */
static inline void pgmap_memcpy_to_page(struct page __pgmap *page, size_t off,
					const char *from, size_t len)
{
	memcpy_to_page(pgmap_plain_page(page), off, from, len);
}

/**
 * pgmap_dma_map_page() - dma_map_page(), but not of a P2PDMA page
 * @dev: the device
 * @page: a page
 * @off: where in it
 * @len: how many bytes
 * @dir: direction
 *
 * The bus address of a P2PDMA page depends on its provider and on @dev: map such a page
 * as a part of a scatterlist or a request.
 *
 * Context: any.
 * Return: the address, or DMA_MAPPING_ERROR, also for each P2PDMA page.
 */
static inline dma_addr_t
pgmap_dma_map_page(struct device *dev, struct page __pgmap *page, size_t off,
		   size_t len, enum dma_data_direction dir)
{
	if (pgmap_is_p2pdma(page))
		return DMA_MAPPING_ERROR;
	return dma_map_page(dev, pgmap_plain_page(page), off, len, dir);
}

#endif /* _LINUX_PGMAP_PAGES_H */
