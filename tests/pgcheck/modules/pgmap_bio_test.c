// SPDX-License-Identifier: GPL-2.0
/*
 * Tests pgmap_bio.h and pgmap_pages.h on struct pages: of two pgmaps that are neighbours,
 * of two P2PDMA providers that are neighbours, and of RAM. No test reads or writes the
 * pages, so no memory need be behind them. The parameter "results" has a line for each test,
 * "passed NAME", "failed NAME" or, on a kernel that knows no P2PDMA pages, "skipped NAME"; a
 * module that does not load could not make the pages.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ioport.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/pgmap_pages.h>
#include <linux/sizes.h>

/* The smallest range that memremap_pages() takes. */
#define PIECE SZ_2M

enum piece { GUEST_A, GUEST_B, PEER_A, PEER_B, NR_PIECES };

static struct resource res = {
	.name	= "pgmap_bio_test",
	.flags	= IORESOURCE_MEM,
};

static struct dev_pagemap pgmaps[NR_PIECES];
static struct page *ram;		/* two pages */
static char results[PAGE_SIZE];

/* The bio and lists of a test; as new before each. */
static struct bio_vec vecs[4];
static struct bio bio;
static struct scatterlist sg[2];

/* Of the test that is running. */
static bool failed;

static void must(bool good, const char *what, int line)
{
	if (good)
		return;
	pr_err("line %d: %s\n", line, what);
	failed = true;
}

#define MUST(condition) must(condition, #condition, __LINE__)

static struct page __pgmap *page_of(enum piece piece, unsigned int n)
{
	return pgmap_pfn_to_page(PHYS_PFN(pgmaps[piece].range.start) + n);
}

static struct page __pgmap *last_of(enum piece piece)
{
	return page_of(piece, PIECE / PAGE_SIZE - 1);
}

static int add(struct page __pgmap *page)
{
	return pgmap_bio_add_page(&bio, page, PAGE_SIZE, 0);
}

/* Both into one bio: how many segments, or 0 if the second was refused. */
static unsigned int segments(struct page __pgmap *a, struct page __pgmap *b)
{
	bio_reset(&bio, NULL, REQ_OP_WRITE);
	if (add(a) != PAGE_SIZE || (add(b) != PAGE_SIZE && bio.bi_vcnt != 1))
		return UINT_MAX;
	return bio.bi_iter.bi_size == 2 * PAGE_SIZE ? bio.bi_vcnt : 0;
}

/* Does a bvec of @a grow over @b, and an entry of a list? Both or none. */
static int grows(struct page __pgmap *a, struct page __pgmap *b)
{
	bool bvec, entry;

	bvec_set_page(&vecs[0], pgmap_plain_page(a), PAGE_SIZE, 0);
	bvec = pgmap_bvec_try_extend(&vecs[0], b, PAGE_SIZE, 0);
	sg_set_page(&sg[0], pgmap_plain_page(a), PAGE_SIZE, 0);
	entry = pgmap_sg_extend(&sg[0], b, PAGE_SIZE, 0);
	if (bvec != entry || vecs[0].bv_len != PAGE_SIZE << bvec ||
	    sg[0].length != PAGE_SIZE << entry)
		return -1;
	return bvec;
}

static bool in_one_list(struct page __pgmap *a, struct page __pgmap *b)
{
	return pgmap_sg_set(NULL, &sg[0], a, PAGE_SIZE, 0) &&
	       pgmap_sg_set(&sg[0], &sg[1], b, PAGE_SIZE, 0);
}

static void one_pgmap_is_merged(void)
{
	MUST(grows(page_of(GUEST_A, 0), page_of(GUEST_A, 1)) == 1);
	MUST(segments(page_of(GUEST_A, 0), page_of(GUEST_A, 1)) == 1);
	MUST(grows(page_of(PEER_A, 0), page_of(PEER_A, 1)) == 1);
	MUST(segments(page_of(PEER_A, 0), page_of(PEER_A, 1)) == 1);
	MUST(in_one_list(page_of(PEER_A, 0), page_of(PEER_A, 3)));
}

static void ram_is_merged(void)
{
	MUST(grows(pgmap_page(ram), pgmap_page(ram + 1)) == 1);
	MUST(segments(pgmap_page(ram), pgmap_page(ram + 1)) == 1);
}

static void two_pgmaps_are_not_merged(void)
{
	/* The seam is adjacent: nothing but the pgmap keeps them apart. */
	MUST(pgmap_page_to_phys(last_of(GUEST_A)) + PAGE_SIZE ==
	     pgmap_page_to_phys(page_of(GUEST_B, 0)));
	MUST(grows(last_of(GUEST_A), page_of(GUEST_B, 0)) == 0);
	MUST(segments(last_of(GUEST_A), page_of(GUEST_B, 0)) == 2);
	MUST(in_one_list(last_of(GUEST_A), page_of(GUEST_B, 0)));
}

static void guest_and_ram_share_a_bio(void)
{
	MUST(grows(page_of(GUEST_A, 0), pgmap_page(ram)) == 0);
	MUST(segments(page_of(GUEST_A, 0), pgmap_page(ram)) == 2);
	MUST(segments(pgmap_page(ram), page_of(GUEST_A, 0)) == 2);
}

static void p2pdma_is_refused(void)
{
	struct page __pgmap *others[] = {
		page_of(PEER_B, 0), page_of(GUEST_A, 0), pgmap_page(ram),
	};
	unsigned int i;

	MUST(pgmap_page_to_phys(last_of(PEER_A)) + PAGE_SIZE ==
	     pgmap_page_to_phys(page_of(PEER_B, 0)));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		MUST(segments(last_of(PEER_A), others[i]) == 0);
		MUST(segments(others[i], last_of(PEER_A)) == 0);
		MUST(grows(last_of(PEER_A), others[i]) == 0);
		MUST(!in_one_list(last_of(PEER_A), others[i]));
		MUST(!in_one_list(others[i], last_of(PEER_A)));
	}
	/* The guest's last page is the neighbour of the peer's first. */
	MUST(grows(last_of(GUEST_B), page_of(PEER_A, 0)) == 0);
}

static void refused_sg_is_unchanged(void)
{
	sg_set_page(&sg[1], ram, 512, 16);
	MUST(pgmap_sg_set(NULL, &sg[0], page_of(PEER_A, 0), PAGE_SIZE, 0));
	MUST(!pgmap_sg_set(&sg[0], &sg[1], page_of(GUEST_A, 0), PAGE_SIZE, 0));
	MUST(sg_page(&sg[1]) == ram && sg[1].length == 512 && sg[1].offset == 16);
}

static void refused_bvec_is_unchanged(void)
{
	bvec_set_page(&vecs[1], ram, 512, 16);
	MUST(pgmap_bvec_set(NULL, &vecs[0], page_of(PEER_A, 0), PAGE_SIZE, 0));
	MUST(!pgmap_bvec_set(&vecs[0], &vecs[1], page_of(GUEST_A, 0), PAGE_SIZE, 0));
	MUST(vecs[1].bv_page == ram && vecs[1].bv_len == 512 && vecs[1].bv_offset == 16);
	MUST(pgmap_bvec_set(&vecs[0], &vecs[1], page_of(PEER_A, 1), PAGE_SIZE, 0));
}

static void arrays_end_where_a_provider_does(void)
{
	struct page __pgmap *pages[] = {
		pgmap_page(ram), page_of(GUEST_A, 0), page_of(GUEST_B, 0),
		page_of(PEER_A, 0), page_of(PEER_A, 1), page_of(PEER_B, 0),
	};

	MUST(pgmap_pages_one_list(pages, 0) == 0);
	MUST(pgmap_pages_one_list(pages, 1) == 1);
	MUST(pgmap_pages_one_list(pages, 6) == 3);
	MUST(pgmap_pages_one_list(pages + 3, 3) == 2);
	MUST(pgmap_pages_one_list(pages + 3, 2) == 2);
	MUST(pgmap_mark_pages(pgmap_plain_pages(pages)) == pages);
}

static void p2pdma_is_not_mapped_alone(void)
{
	MUST(pgmap_dma_map_page(NULL, page_of(PEER_A, 0), 0, PAGE_SIZE,
				DMA_TO_DEVICE) == DMA_MAPPING_ERROR);
}

static void references_are_paired(void)
{
	struct page __pgmap *pages[] = { pgmap_page(ram), pgmap_page(ram + 1) };
	int before = page_count(ram);

	pgmap_get_pages(pages, 1);
	MUST(page_count(ram) == before + 1);
	pgmap_put_pages(pages, 1);
	MUST(page_count(ram) == before);
}

static void copies_go_where_the_page_is(void)
{
	char text[] = "0123456";
	char *mapped;

	pgmap_memcpy_to_page(pgmap_page(ram), 16, text, sizeof(text));
	memset(text, 0, sizeof(text));
	pgmap_memcpy_from_page(text, pgmap_page(ram), 17, 3);
	MUST(!strcmp(text, "123"));
	pgmap_memzero_page(pgmap_page(ram), 18, 1);
	mapped = pgmap_kmap_local(pgmap_page(ram));
	MUST(mapped[17] == '1' && !mapped[18] && mapped[19] == '3');
	kunmap_local(mapped);
}

static void only_what_follows_is_merged(void)
{
	struct page __pgmap *page = page_of(GUEST_A, 4);

	MUST(grows(page, page_of(GUEST_A, 6)) == 0);
	MUST(grows(page, page_of(GUEST_A, 3)) == 0);
	MUST(grows(page, page) == 0);
	bvec_set_page(&vecs[0], pgmap_plain_page(page), 512, 512);
	MUST(!pgmap_bvec_try_extend(&vecs[0], page, 512, 512));
	MUST(pgmap_bvec_try_extend(&vecs[0], page, 512, 1024));
	/* An offset beyond the page names the same bytes. */
	MUST(!pgmap_bvec_try_extend(&vecs[0], page, 512, PAGE_SIZE));
	bvec_set_page(&vecs[0], pgmap_plain_page(page), PAGE_SIZE - 512, 512);
	MUST(pgmap_bvec_try_extend(&vecs[0], page, 512, PAGE_SIZE));
}

static void lengths_do_not_wrap(void)
{
	bvec_set_page(&vecs[0], pgmap_plain_page(page_of(GUEST_A, 0)), PAGE_SIZE, 0);
	MUST(!pgmap_bvec_try_extend(&vecs[0], page_of(GUEST_A, 1),
				    UINT_MAX - PAGE_SIZE + 1, 0));
	sg_set_page(&sg[0], pgmap_plain_page(page_of(GUEST_A, 0)), PAGE_SIZE, 0);
	MUST(!pgmap_sg_extend(&sg[0], page_of(GUEST_A, 1), UINT_MAX - PAGE_SIZE + 1, 0));
}

static void a_full_bio_refuses(void)
{
	unsigned int i;

	bio_reset(&bio, NULL, REQ_OP_WRITE);
	for (i = 0; i < ARRAY_SIZE(vecs); i++)
		MUST(add(page_of(GUEST_A, 2 * i)) == PAGE_SIZE);
	MUST(add(page_of(GUEST_A, 2 * i)) == 0);
	MUST(bio.bi_vcnt == ARRAY_SIZE(vecs));
}

static void iterators_see_each_page(void)
{
	unsigned long pfn, first = PHYS_PFN(pgmaps[GUEST_A].range.start);
	unsigned int n = 0, segs = 0;
	struct page __pgmap *page;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_reset(&bio, NULL, REQ_OP_WRITE);
	pgmap_for_each_pfn(page, pfn, first, first + 3) {
		MUST(page == page_of(GUEST_A, n));
		MUST(add(page) == PAGE_SIZE);
		n++;
	}
	MUST(n == 3);
	MUST(add(page_of(GUEST_B, 0)) == PAGE_SIZE);
	n = 0;
	pgmap_bio_for_each_page(page, bv, &bio, iter) {
		MUST(page == (n < 3 ? page_of(GUEST_A, n) : page_of(GUEST_B, 0)));
		n++;
	}
	pgmap_bio_for_each_bvec(page, bv, &bio, iter) {
		MUST(page == page_of(segs ? GUEST_B : GUEST_A, 0));
		segs++;
	}
	MUST(n == 4 && segs == 2);
}

/* Their macros have an "if", which is not the one that an else behind them is for. */
static void iterators_leave_an_else_alone(void)
{
	unsigned int pages = 0, segs = 0, others = 0;
	struct page __pgmap *page;
	struct bvec_iter iter;
	struct bio_vec bv;
	int with;

	bio_reset(&bio, NULL, REQ_OP_WRITE);
	MUST(add(page_of(GUEST_A, 0)) == PAGE_SIZE);
	MUST(add(page_of(GUEST_A, 1)) == PAGE_SIZE);
	for (with = 0; with < 2; with++) {
		if (with)
			pgmap_bio_for_each_page(page, bv, &bio, iter)
				pages += pgmap_is_device(page);
		else
			others++;
		if (with)
			pgmap_bio_for_each_bvec(page, bv, &bio, iter)
				segs += pgmap_is_device(page);
		else
			others++;
	}
	MUST(pages == 2 && segs == 1 && others == 2);
}

static void conversions_agree(void)
{
	struct page __pgmap *page = page_of(GUEST_B, 0);
	struct folio *folio = pgmap_page_folio(page);

	MUST(pgmap_first_page(&pgmaps[GUEST_B], 0) == page);
	MUST(pgmap_folio_page(folio, 0) == page);
	MUST(pgmap_page(pgmap_plain_page(page)) == page);
	MUST(pgmap_is_device(page) && !pgmap_is_p2pdma(page));
	MUST(pgmap_is_device(page_of(PEER_A, 0)) && pgmap_is_p2pdma(page_of(PEER_A, 0)));
	MUST(!pgmap_is_device(pgmap_page(ram)));
}

static const struct {
	const char *name;
	void (*run)(void);
	bool peers;		/* expects that P2PDMA pages are told apart */
} tests[] = {
	{ "one_pgmap_is_merged", one_pgmap_is_merged },
	{ "ram_is_merged", ram_is_merged },
	{ "two_pgmaps_are_not_merged", two_pgmaps_are_not_merged },
	{ "guest_and_ram_share_a_bio", guest_and_ram_share_a_bio },
	{ "p2pdma_is_refused", p2pdma_is_refused, .peers = true },
	{ "refused_sg_is_unchanged", refused_sg_is_unchanged, .peers = true },
	{ "refused_bvec_is_unchanged", refused_bvec_is_unchanged, .peers = true },
	{ "arrays_end_where_a_provider_does", arrays_end_where_a_provider_does, .peers = true },
	{ "p2pdma_is_not_mapped_alone", p2pdma_is_not_mapped_alone, .peers = true },
	{ "references_are_paired", references_are_paired },
	{ "copies_go_where_the_page_is", copies_go_where_the_page_is },
	{ "only_what_follows_is_merged", only_what_follows_is_merged },
	{ "lengths_do_not_wrap", lengths_do_not_wrap },
	{ "a_full_bio_refuses", a_full_bio_refuses },
	{ "iterators_see_each_page", iterators_see_each_page },
	{ "iterators_leave_an_else_alone", iterators_leave_an_else_alone },
	{ "conversions_agree", conversions_agree, .peers = true },
};

static const char *verdict(unsigned int i)
{
	if (tests[i].peers && !IS_ENABLED(CONFIG_PCI_P2PDMA))
		return "skipped";
	failed = false;
	tests[i].run();
	return failed ? "failed" : "passed";
}

static void run_tests(void)
{
	unsigned int i;
	size_t at = 0;

	sg_init_table(sg, ARRAY_SIZE(sg));
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		at += scnprintf(results + at, sizeof(results) - at, "%s %s\n",
				verdict(i), tests[i].name);
}

static int add_pgmap(enum piece piece)
{
	struct dev_pagemap *pgmap = &pgmaps[piece];

	pgmap->type = piece >= PEER_A ? MEMORY_DEVICE_PCI_P2PDMA : MEMORY_DEVICE_GENERIC;
	pgmap->nr_range = 1;
	pgmap->range.start = res.start + piece * PIECE;
	pgmap->range.end = pgmap->range.start + PIECE - 1;
	return PTR_ERR_OR_ZERO(memremap_pages(pgmap, NUMA_NO_NODE));
}

static int __init pgmap_bio_test_init(void)
{
	unsigned int piece;
	int ret;

	ram = alloc_pages(GFP_KERNEL, 1);
	if (!ram)
		return -ENOMEM;
	/* Behind RAM and devices, and in the direct map of each x86-64. */
	ret = allocate_resource(&iomem_resource, &res, NR_PIECES * PIECE, BIT_ULL(37),
				BIT_ULL(39) - 1, NR_PIECES * PIECE, NULL, NULL);
	if (ret)
		goto free_ram;
	for (piece = 0; piece < NR_PIECES; piece++) {
		ret = add_pgmap(piece);
		if (ret)
			break;
	}
	if (!ret) {
		bio_init(&bio, NULL, vecs, ARRAY_SIZE(vecs), REQ_OP_WRITE);
		run_tests();
		bio_uninit(&bio);
	}
	while (piece--)
		memunmap_pages(&pgmaps[piece]);
	release_resource(&res);
free_ram:
	__free_pages(ram, 1);
	return ret;
}

static void __exit pgmap_bio_test_exit(void)
{
}

module_init(pgmap_bio_test_init);
module_exit(pgmap_bio_test_exit);
module_param_string(results, results, sizeof(results), 0444);
MODULE_PARM_DESC(results, "what the tests found");
MODULE_DESCRIPTION("Tests of pgmap_bio.h");
MODULE_LICENSE("GPL");
