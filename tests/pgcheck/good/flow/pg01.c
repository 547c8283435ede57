// SPDX-License-Identifier: GPL-2.0
/* Growth that takes another way than a plain +=. Nothing here may be reported. */

static bool can_join(struct page *a, struct page *b)
{
	return zone_device_pages_have_same_pgmap(a, b) && page_to_pfn(a) + 1 == page_to_pfn(b);
}
static void gather(struct scatterlist *sg, struct page **p, int n)
{
	int i;

	for (i = 1; i < n; i++) {
		if (can_join(p[i - 1], p[i]))
			sg->length += PAGE_SIZE;
		else {
			sg = sg_next(sg);
			sg_set_page(sg, p[i], PAGE_SIZE, 0);
		}
	}
}

static bool contig_sector(struct bio *bio, sector_t next, struct page *page)
{
	struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt - 1];
	if (bio_end_sector(bio) != next)
		return false;
	return bio_add_page(bio, page, PAGE_SIZE, 0) == PAGE_SIZE;
}

static bool frag_join(struct scatterlist *sge, struct page *page, unsigned int off, unsigned int len)
{
	if (sg_page(sge) == page && sge->offset + sge->length == off) {
		sge->length += len;
		return true;
	}
	return false;
}

static unsigned int run_len(struct page **pages, unsigned int nr)
{
	struct folio *folio = page_folio(pages[0]);
	unsigned int i;

	for (i = 1; i < nr; i++) {
		if (page_folio(pages[i]) != folio || pages[i] != pages[i - 1] + 1)
			break;
	}
	return i;
}

static void note_region(struct region *last, phys_addr_t start, phys_addr_t size)
{
	if (last->base + last->size == start)
		last->size += size;
}

static int make_table(struct sg_table *st, int n)
{
	struct scatterlist *sg = st->sgl;
	unsigned long last = 0;
	int i;

	for (i = 0; i < n; i++) {
		struct page *p = alloc_pages(GFP_KERNEL, 0);

		if (!p)
			return -ENOMEM;
		if (i && page_to_pfn(p) == last + 1)
			sg->length += PAGE_SIZE;
		else
			sg_set_page(sg = i ? sg_next(sg) : sg, p, PAGE_SIZE, 0);
		last = page_to_pfn(p);
	}
	return 0;
}

static int prp_pack(struct scatterlist *sgl, int n, struct desc *d)
{
	struct scatterlist *sg;
	int i, k = 0;

	for_each_sg(sgl, sg, n, i) {
		dma_addr_t a = sg_dma_address(sg);

		if (k && d[k - 1].addr + d[k - 1].len == a)
			d[k - 1].len += sg_dma_len(sg);
		else {
			d[k].addr = a;
			d[k++].len = sg_dma_len(sg);
		}
	}
	return k;
}

static bool grow_it(struct bio_vec *bv, struct page __pgmap *p, unsigned int l)
{
	if (pgmap_bvec_try_extend(bv, p, l, 0))
		return true;
	bvec_set_page(bv + 1, pgmap_plain_page(p), l, 0);
	return false;
}

static void buddy_count(struct zone_ctx *z, struct page *page, unsigned long pfn)
{
	if (page_to_pfn(page) == z->next_pfn) {
		z->nr_scanned++;
		z->next_pfn = pfn + 1;
	}
}

static unsigned int good_run(struct page **pages, unsigned int i, unsigned int n)
{
	unsigned int len = 1;

	while (i + len < n && page_to_pfn(pages[i + len]) == page_to_pfn(pages[i]) + len &&
	       zone_device_pages_have_same_pgmap(pages[i + len], pages[i]))
		len++;
	return len;
}

static bool pages_mergeable(struct page *a, struct page *b)
{
	if (page_to_pfn(a) != page_to_pfn(b) + 1)
		return false;
	if (!zone_device_pages_have_same_pgmap(a, b))
		return false;
	return true;
}
static void append(struct scatterlist *s, struct page **p, int n)
{
	struct page *last = pfn_to_page(page_to_pfn(sg_page(s)) + (s->length >> PAGE_SHIFT) - 1);

	while (n-- && pages_mergeable(*p, last)) {
		s->length += PAGE_SIZE;
		last = *p++;
	}
}
