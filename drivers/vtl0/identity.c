// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the chunks of this driver look like one pgmap to the block layer.
 *
 * bio_add_page(), iov_iter_extract_bvecs() and sg_alloc_append_table_from_pages()
 * compare folio->pgmap of two pages and end a segment, a bio or a whole transfer
 * where it differs. They do so for P2PDMA, where the pgmap says how to map the
 * page for DMA. Pages of type GENERIC are mapped like RAM, whatever their pgmap,
 * so a different pointer in each chunk has no use, and cuts direct I/O.
 *
 * Other code reads only the type of the pgmap through the pointer of GENERIC pages:
 * free_zone_device_folio() and is_pci_p2pdma_page(). Reference counts, removal and
 * memory errors get the pgmap from get_dev_pagemap() or as an argument.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/init.h>
#include <linux/memremap.h>
#include <linux/mm.h>

#include "vtl0.h"

/* Never registered: it has no range and no reference count. */
static struct dev_pagemap identity = { .type = MEMORY_DEVICE_GENERIC };

/* Does the running kernel treat pages with this identity as pages of one pgmap? */
static bool works __ro_after_init;

/**
 * vtl0_identity_works() - may one transfer span chunks?
 *
 * Return: false where the kernel failed the test of vtl0_identity_init(); then
 * every chunk keeps the identity of its own pgmap.
 */
bool vtl0_identity_works(void)
{
	return works;
}

/**
 * vtl0_identity_give() - set the pgmap pointer of a folio to the common identity
 * @folio: of a chunk that cannot be mapped yet
 *
 * The pointer stays until the memmap is removed.
 */
void vtl0_identity_give(struct folio *folio)
{
	if (works)
		compat_set_pgmap(folio, &identity);
}

/* Both pages fit into a bio, adjacent ones into one segment. */
static bool __init share_a_bio(struct page *a, struct page *b)
{
	struct bio_vec vecs[2];
	struct bio bio;
	bool ret;

	/* bio_add_page() would warn that these pages are not in the memmap */
	if (IS_ENABLED(CONFIG_DEBUG_VIRTUAL))
		return true;
	bio_init(&bio, NULL, vecs, ARRAY_SIZE(vecs), REQ_OP_READ);
	ret = bio_add_page(&bio, a, PAGE_SIZE, 0) == PAGE_SIZE &&
	      bio_add_page(&bio, b, PAGE_SIZE, 0) == PAGE_SIZE &&
	      bio.bi_iter.bi_size == 2 * PAGE_SIZE;
	bio_uninit(&bio);
	return ret;
}

/**
 * vtl0_identity_init() - try the identity on struct pages without memory
 *
 * For the kernel two pages with two pgmaps must differ, else it compares something that this
 * file does not set; and must be equal once both have the identity.
 */
void __init vtl0_identity_init(void)
{
	/* aligned, as page_to_pfn() divides */
	static struct page pages[2] __initdata __aligned(sizeof(struct page));
	static struct dev_pagemap pgmaps[2] __initdata;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		pgmaps[i].type = MEMORY_DEVICE_GENERIC;
		set_page_zone(&pages[i], ZONE_DEVICE);
		compat_set_pgmap(page_folio(&pages[i]), &pgmaps[i]);
	}
	works = !zone_device_pages_have_same_pgmap(&pages[0], &pages[1]);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		vtl0_identity_give(page_folio(&pages[i]));
	works = works && zone_device_pages_have_same_pgmap(&pages[0], &pages[1]) &&
		share_a_bio(&pages[0], &pages[1]) && share_a_bio(&pages[1], &pages[0]);
	if (!works)
		pr_warn("this kernel ends transfers where two chunks meet\n");
}
