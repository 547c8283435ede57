// SPDX-License-Identifier: GPL-2.0
/* Segments that grow on adjacency alone; each marked line has to be reported. */

struct run {
	phys_addr_t phys;
	unsigned int len;
};

static void plain(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
		bv->bv_len += len;	/* expect: PG01 */
}

static void swapped(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (page_to_phys(page) == len + bvec_phys(bv))
		bv->bv_len = len + bv->bv_len;	/* expect: PG01 */
}

static bool leave_early(struct scatterlist *sg, struct page *page)
{
	if (page_to_pfn(sg_page(sg)) + 1 != page_to_pfn(page))
		return false;
	sg->length += PAGE_SIZE;	/* expect: PG01 */
	return true;
}

static void other_branch(struct scatterlist *sg, struct page **pages, int n)
{
	int i;

	for (i = 1; i < n; i++) {
		if (page_to_pfn(pages[i]) != page_to_pfn(pages[i - 1]) + 1)
			sg = sg_next(sg);
		else
			sg->length = sg->length + PAGE_SIZE;	/* expect: PG01 */
	}
}

static void by_page_pointer(struct bio_vec *bv, struct page *page)
{
	if (bv->bv_page + 1 == page)
		bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
}

static void in_a_while(struct scatterlist *sg, struct page **pages, int n)
{
	unsigned long next_pfn = page_to_pfn(sg_page(sg)) + 1;

	while (n && page_to_pfn(pages[0]) == next_pfn) {
		sg->length += PAGE_SIZE;	/* expect: PG01 */
		next_pfn++;
		pages++;
		n--;
	}
}

static void in_a_for(struct scatterlist *sg, struct page **pages, int n)
{
	for (int i = 1; page_to_pfn(pages[i]) == page_to_pfn(pages[i - 1]) + 1; i++)
		sg_dma_len(sg) += PAGE_SIZE;	/* expect: PG01 */
}

static void in_a_macro_loop(struct request *rq, struct bio_vec *last)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, iter) {
		if (bvec_phys(last) + last->bv_len == bvec_phys(&bv)) {
			last->bv_len += bv.bv_len;	/* expect: PG01 */
			continue;
		}
		last++;
	}
}

static void by_variables(struct bio_vec *bv, struct page *page, unsigned int off)
{
	phys_addr_t end = page_to_phys(bv->bv_page) + bv->bv_offset + bv->bv_len;
	phys_addr_t start = page_to_phys(page) + off;
	bool adjacent = end == start;

	if (adjacent)
		bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
}

static bool pages_touch(struct page *a, struct page *b)
{
	return page_to_pfn(a) + 1 == page_to_pfn(b);
}

static void by_helper(struct bio_vec *bv, struct page *page)
{
	if (!pages_touch(bv->bv_page, page))
		return;
	bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
}

static void extend(struct run *run, unsigned int len)
{
	run->len += len;
}

static void grown_by_helper(struct run *run, struct page *page)
{
	if (run->phys + run->len == page_to_phys(page))
		extend(run, PAGE_SIZE);	/* expect: PG01 */
}

static void under_scoped_guard(struct queue *q, struct bio_vec *bv, struct page *page)
{
	scoped_guard(spinlock, &q->lock) {
		if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
			bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
	}
}

static void under_guard(struct queue *q, struct bio_vec *bv, struct page *page)
{
	guard(mutex)(&q->lock);

	if (q->merge && bvec_phys(bv) + bv->bv_len == page_to_phys(page)) {
		q->merges++;
		bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
	}
}

/* A comparison that comes too late is none. */
static int compared_afterwards(struct bio_vec *bv, struct page *page)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
		bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
	return zone_device_pages_have_same_pgmap(bv->bv_page, page);
}

static void by_block_helper(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (!bvec_try_merge_page(bv, page, len, 0))	/* expect: PG01 */
		bvec_set_page(bv + 1, page, len, 0);
}

/* The shape of the merge test before the fix of CVE-2026-46115. */
bool vecs_mergeable(struct queue *q, struct bio_vec *a, struct bio_vec *b)	/* expect: PG01 */
{
	phys_addr_t first = bvec_phys(a);
	phys_addr_t second = bvec_phys(b);

	if (first + a->bv_len != second)
		return false;
	if ((first | q->mask) != ((second + b->bv_len - 1) | q->mask))
		return false;
	return true;
}

/* The variable holds the page behind the last one. */
static void by_next_page(struct bio_vec *bv, struct page **pages, int n)
{
	struct page *next = NULL, *page;
	int i;

	for (i = 0; i < n; i++) {
		page = pages[i];
		if (page == next)
			bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
		next = page + 1;
	}
}

static int by_negation(struct bio_vec *bv, struct page *page, unsigned int off)
{
	if (!(bvec_phys(bv) + bv->bv_len == page_to_phys(page) + off))
		return 0;
	bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
	return PAGE_SIZE;
}

static void by_difference(struct scatterlist *sg, struct page *page, struct page *last)
{
	if (page - last == 1)
		sg->length += PAGE_SIZE;	/* expect: PG01 */
}

static void by_nth_page(struct bio_vec *bv, struct page *page)
{
	if (nth_page(bv->bv_page, bv->bv_len >> PAGE_SHIFT) == page)
		bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
}

/* A run of user pages in a driver's own records. */
static int by_chunks(struct chunk *c, struct page **pages, int n)
{
	unsigned long this_pfn, prev_pfn = 0;
	int i, k = -1;

	for (i = 0; i < n; i++) {
		this_pfn = page_to_pfn(pages[i]);
		if (i && this_pfn == prev_pfn + 1)
			c[k].num_pages++;	/* expect: PG01 */
		else
			c[++k].num_pages = 1;
		prev_pfn = this_pfn;
	}
	return k;
}

static void over_two_lines(struct bio_vec *bv, struct page *page, unsigned int len,
			   unsigned int max_segment_size)
{
	if (!bvec_try_merge_page(bv, page,	/* expect: PG01 */
				 min(len, max_segment_size), 0))
		bvec_set_page(bv + 1, page, len, 0);
}

/* The test and the growth in one expression. */
static bool stretch(struct bio_vec *bv, unsigned int len)
{
	bv->bv_len += len;
	return true;
}

static void by_helper_in_the_condition(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page) &&
	    stretch(bv, len))	/* expect: PG01 */
		return;
	bvec_set_page(bv + 1, page, len, 0);
}

static void by_helper_unless(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len != page_to_phys(page) ||
	    !stretch(bv, len))	/* expect: PG01 */
		bvec_set_page(bv + 1, page, len, 0);
}

static bool by_return(struct bio_vec *bv, struct page *page, unsigned int len)
{
	return bvec_phys(bv) + bv->bv_len == page_to_phys(page) &&
	       (bv->bv_len += len);	/* expect: PG01 */
}

static bool by_choice(struct bio_vec *bv, struct page *page, unsigned int len)
{
	return page_to_pfn(bv->bv_page) + 1 == page_to_pfn(page) ?
	       (bv->bv_len += len, true) : false;	/* expect: PG01 */
}

static bool by_other_choice(struct bio_vec *bv, struct page *page, unsigned int len)
{
	return page_to_pfn(bv->bv_page) + 1 != page_to_pfn(page) ? false :
	       stretch(bv, len);	/* expect: PG01 */
}

static void in_the_condition_of_a_while(struct scatterlist *sg, struct page **pages, int n)
{
	while (n-- && page_to_pfn(pages[1]) == page_to_pfn(pages[0]) + 1 &&
	       (sg->length += PAGE_SIZE))	/* expect: PG01 */
		pages++;
}

static void by_two_helpers(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (!(pages_touch(bv->bv_page, page) && stretch(bv, len)))	/* expect: PG01 */
		bvec_set_page(bv + 1, page, len, 0);
}
