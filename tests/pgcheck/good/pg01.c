// SPDX-License-Identifier: GPL-2.0
/* Segments that grow for good reasons; nothing here may be reported. */

static void compared(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
	    bvec_phys(bv) + bv->bv_len == page_to_phys(page))
		bv->bv_len += len;
}

static bool compared_first(struct bio_vec *bv, struct page *page)
{
	if (!zone_device_pages_have_same_pgmap(bv->bv_page, page))
		return false;
	if (bvec_phys(bv) + bv->bv_len != page_to_phys(page))
		return false;
	bv->bv_len += PAGE_SIZE;
	return true;
}

static void in_a_loop(struct scatterlist *sg, struct page **pages, int n)
{
	while (n && pages_are_mergeable(pages[0], sg_page(sg))) {
		if (page_to_pfn(pages[0]) == page_to_pfn(sg_page(sg)) + 1)
			sg->length += PAGE_SIZE;
		pages++;
		n--;
	}
}

static bool same_provider(struct page *a, struct page *b)
{
	return zone_device_pages_have_same_pgmap(a, b);
}

static void compared_by_helper(struct scatterlist *sg, struct page *page)
{
	if (!same_provider(sg_page(sg), page))
		return;
	if (sg_phys(sg) + sg->length == page_to_phys(page))
		sg->length += PAGE_SIZE;
}

static bool grow(struct scatterlist *sg, struct page *page)
{
	if (sg_phys(sg) + sg->length != page_to_phys(page))
		return false;
	sg->length += PAGE_SIZE;
	return true;
}

/* The only caller of the helper above compares. */
static void compared_by_caller(struct scatterlist *sg, struct page *page)
{
	if (zone_device_pages_have_same_pgmap(sg_page(sg), page) && grow(sg, page))
		return;
	sg_mark_end(sg);
}

static void compared_under_guard(struct queue *q, struct bio_vec *bv, struct page *page)
{
	scoped_guard(mutex, &q->lock) {
		if (page_pgmap(bv->bv_page) != page_pgmap(page))
			return;
		if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
			bv->bv_len += PAGE_SIZE;
	}
}

static void same_page(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (sg_page(sg) == page && sg->offset + sg->length == offset_in_page(page))
		sg->length += len;
}

static void bus_addresses(struct run *run, dma_addr_t addr, unsigned int len)
{
	if (run->addr + run->len == addr)
		run->len += len;
}

static void sum(struct scatterlist *sgl, int nents, struct total *total)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		total->len += sg->length;
}

static int fresh_pages(struct scatterlist *sg, int n)
{
	unsigned long next_pfn = 0;

	while (n--) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		if (page_to_pfn(page) == next_pfn)
			sg->length += PAGE_SIZE;
		next_pfn = page_to_pfn(page) + 1;
	}
	return 0;
}

static void index(struct collection *c, struct page *page, unsigned long next_pfn)
{
	if (page_to_pfn(page) == next_pfn)
		c->pages[c->npages++] = page;
}

/* Addresses of a firmware table. */
static void no_pages(struct map_entry *last, struct firmware_entry *d)
{
	if (last->addr + last->size == d->phys_addr)
		last->size += d->size;
}

/* The index in the page cache. */
static void by_index(struct page *page, struct run *run)
{
	if (page->index == run->index + run->nr_pages)
		run->nr_pages++;
}

static void statistics(struct ctx *ctx, struct page *page, unsigned long last_pfn)
{
	if (page_to_pfn(page) == last_pfn + 1)
		ctx->stats.count++;
}

static void own_vmalloc(struct scatterlist *sg, void *buf, size_t len)
{
	while (len) {
		struct page *page = vmalloc_to_page(buf);

		if (page_to_pfn(page) == page_to_pfn(sg_page(sg)) + 1)
			sg->length += PAGE_SIZE;
		len -= PAGE_SIZE;
	}
}

static bool stretch(struct scatterlist *sg, unsigned int len)
{
	sg->length += len;
	return true;
}

static void compared_in_one_condition(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (!(same_provider(sg_page(sg), page) &&
	      sg_phys(sg) + sg->length == page_to_phys(page) && stretch(sg, len)))
		sg_set_page(sg_next(sg), page, len, 0);
}

static bool compared_before_the_return(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (!zone_device_pages_have_same_pgmap(sg_page(sg), page))
		return false;
	return sg_phys(sg) + sg->length == page_to_phys(page) && stretch(sg, len);
}

static bool compared_by_choice(struct scatterlist *sg, struct page *page, unsigned int len)
{
	return zone_device_pages_have_same_pgmap(sg_page(sg), page) ?
	       sg_phys(sg) + sg->length == page_to_phys(page) && stretch(sg, len) : false;
}

static bool other_than_adjacent(struct scatterlist *sg, struct page *page, unsigned int len)
{
	return sg_phys(sg) + sg->length == page_to_phys(page) || stretch(sg, len);
}

static bool stretch_compared(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (!zone_device_pages_have_same_pgmap(sg_page(sg), page))
		return false;
	sg->length += len;
	return true;
}

/* The helper compares before it makes anything grow. */
static bool compared_in_the_helper(struct scatterlist *sg, struct page *page, unsigned int len)
{
	return sg_phys(sg) + sg->length == page_to_phys(page) && stretch_compared(sg, page, len);
}

static void compared_in_the_helper_below(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (sg_phys(sg) + sg->length == page_to_phys(page))
		stretch_compared(sg, page, len);
}

/* The same by macros. */
#define STRETCH(sg, n) ((sg)->length += (n))
#define ARE_NEIGHBOURS(a, b) (page_to_pfn(a) + 1 == page_to_pfn(b))
#define ARE_MERGEABLE(a, b) (zone_device_pages_have_same_pgmap(a, b) && ARE_NEIGHBOURS(a, b))
#define TRY_MERGE(sg, page, n)						\
do {									\
	if (pages_are_mergeable(sg_page(sg), page) &&			\
	    page_to_pfn(sg_page(sg)) + 1 == page_to_pfn(page))		\
		(sg)->length += (n);					\
} while (0)

static void compared_before_a_macro(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (!same_provider(sg_page(sg), page))
		return;
	if (ARE_NEIGHBOURS(sg_page(sg), page))
		STRETCH(sg, len);
}

static void compared_by_a_macro(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (ARE_MERGEABLE(sg_page(sg), page))
		STRETCH(sg, len);
	if (ARE_NEIGHBOURS(sg_page(sg), page))
		TRY_MERGE(sg, page, len);
}
