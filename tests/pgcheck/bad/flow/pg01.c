// SPDX-License-Identifier: GPL-2.0
/* Growth that takes another way than a plain +=. Each marked line has to be reported. */

static struct scatterlist *umem_append(struct scatterlist *sg, struct page **page_list,
	unsigned long npages, unsigned int max_seg_sz, int *nents)
{
	unsigned long first_pfn, i = 0;
	bool update_cur_sg = false, first = !sg_page(sg);

	if (!first && (page_to_pfn(sg_page(sg)) + (sg->length >> PAGE_SHIFT) ==
		       page_to_pfn(page_list[0])))
		update_cur_sg = true;
	while (i != npages) {
		unsigned long len;
		struct page *first_page = page_list[i];

		first_pfn = page_to_pfn(first_page);
		for (len = 0; i != npages && first_pfn + len == page_to_pfn(page_list[i]) &&
		     len < (max_seg_sz >> PAGE_SHIFT); len++)	/* expect: PG01 */
			i++;
		if (update_cur_sg) {
			sg_set_page(sg, sg_page(sg), sg->length + (len << PAGE_SHIFT), 0);	/* expect: PG01 */
			update_cur_sg = false;
			continue;
		}
		if (!first)
			sg = sg_next(sg);
		(*nents)++;
		sg_set_page(sg, first_page, len << PAGE_SHIFT, 0);
		first = false;
	}
	return sg;
}

static bool try_join(struct page *prev, struct page *cur, size_t *len)
{
	if (page_to_phys(prev) + *len != page_to_phys(cur))
		return false;
	*len += PAGE_SIZE;	/* expect: PG01 */
	return true;
}

static int vdpa_map_range(struct vdpa_ctx *v, struct page **page_list, long pinned, u64 iova)
{
	unsigned long map_pfn = page_to_pfn(page_list[0]), last_pfn = 0, this_pfn;
	long i;
	int ret = 0;
	u64 csize;

	for (i = 0; i < pinned; i++) {
		this_pfn = page_to_pfn(page_list[i]);
		if (last_pfn && this_pfn != last_pfn + 1) {	/* expect: PG01 */
			csize = PFN_PHYS(last_pfn - map_pfn + 1);
			ret = vdpa_map(v, iova, csize, PFN_PHYS(map_pfn));
			if (ret)
				return ret;
			map_pfn = this_pfn;
			iova += csize;
		}
		last_pfn = this_pfn;
	}
	return vdpa_map(v, iova, PFN_PHYS(last_pfn - map_pfn + 1), PFN_PHYS(map_pfn));
}

static bool batch_push(struct pfn_batch *b, unsigned long pfn)
{
	if (b->end && pfn == b->pfns[b->end - 1] + b->npfns[b->end - 1]) {
		b->npfns[b->end - 1]++;	/* expect: PG01 */
		return true;
	}
	b->pfns[b->end] = pfn;
	b->npfns[b->end] = 1;
	b->end++;
	return true;
}
static void batch_pages(struct pfn_batch *b, struct page **pages, size_t n)
{
	while (n--)
		batch_push(b, page_to_pfn(*pages++));
}

static int fill_list(struct sg_table *st, struct page **pvec, int num)
{
	struct scatterlist *sg = NULL;
	unsigned int seg = 0;
	phys_addr_t expect = 0;
	int i;

	for_each_page_n(i, num) {
		phys_addr_t here = page_to_phys(pvec[i]);

		if (here == expect) {
			seg += PAGE_SIZE;	/* expect: PG01 */
		} else {
			sg = sg ? sg_next(sg) : st->sgl;
			seg = PAGE_SIZE;
		}
		sg_set_page(sg, pvec[i - (seg >> PAGE_SHIFT) + 1], seg, 0);
		expect = here + PAGE_SIZE;
	}
	return 0;
}

static void add_frag(struct bio_vec *bv, struct page *pg, unsigned int n, unsigned int off)
{
	if (page_to_phys(bv->bv_page) + bv->bv_offset + bv->bv_len == page_to_phys(pg) + off)
		bvec_set_page(bv, bv->bv_page, bv->bv_len + n, bv->bv_offset);	/* expect: PG01 */
	else
		bvec_set_page(bv + 1, pg, n, off);
}

struct extent_run { u64 base; u64 span; };
static u64 where_is(struct page *p) { return (u64)page_to_pfn(p) << PAGE_SHIFT; }
static void gather(struct extent_run *r, struct page **list, int cnt)
{
	int k, out = 0;

	r[0].base = where_is(list[0]);
	r[0].span = PAGE_SIZE;
	for (k = 1; k < cnt; k++) {
		u64 at = where_is(list[k]);

		if (r[out].base + r[out].span == at) {
			r[out].span += PAGE_SIZE;	/* expect: PG01 */
			continue;
		}
		out++;
		r[out].base = at;
		r[out].span = PAGE_SIZE;
	}
}

static bool merge_it(struct bio_vec *bv, struct page *page, struct page *head, unsigned int len)
{
	if (!zone_device_pages_have_same_pgmap(page, head))
		return false;
	if (bvec_phys(bv) + bv->bv_len != page_to_phys(page))
		return false;
	bv->bv_len += len;	/* expect: PG01 */
	return true;
}

static void cmdq_pages(struct dev_cmd *cmd, struct page **pg, int n)
{
	struct dev_sge *sge = cmd->sgl;
	int i;

	for (i = 0; i < n; i++) {
		dma_addr_t pa = page_to_phys(pg[i]);

		if (i && sge->addr + sge->xfer == pa) {
			sge->xfer += PAGE_SIZE;	/* expect: PG01 */
		} else {
			if (i)
				sge++;
			sge->addr = pa;
			sge->xfer = PAGE_SIZE;
		}
	}
	cmd->count = sge - cmd->sgl + 1;
}

static long pin_run(struct dma_ctx *dma, unsigned long vaddr, long npage, unsigned long *pfn_base)
{
	struct page *page;
	long pinned = 0;
	unsigned long pfn;

	while (npage) {
		if (pin_user_pages_fast(vaddr, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1)
			break;
		pfn = page_to_pfn(page);
		if (!pinned)
			*pfn_base = pfn;
		else if (pfn != *pfn_base + pinned) {
			unpin_user_page(page);
			break;
		}
		pinned++;	/* expect: PG01 */
		vaddr += PAGE_SIZE;
		npage--;
	}
	return pinned;
}

static int rq_to_sg(struct request *rq, struct scatterlist *sglist)
{
	struct scatterlist *sg = NULL;
	struct bio_vec bv;
	struct req_iterator it;
	int nsegs = 0;
	phys_addr_t tail = 0;

	rq_for_each_segment(bv, rq, it) {
		phys_addr_t addr = page_to_phys(bv.bv_page) + bv.bv_offset;

		if (sg && addr == tail) {
			sg->length += bv.bv_len;	/* expect: PG01 */
		} else {
			sg = sg ? sg_next(sg) : sglist;
			sg_set_page(sg, bv.bv_page, bv.bv_len, bv.bv_offset);
			nsegs++;
		}
		tail = addr + bv.bv_len;
	}
	return nsegs;
}

static unsigned int contig(struct page **pages, unsigned int nr)
{
	unsigned int n;

	for (n = 1; n < nr; n++)	/* expect: PG01 */
		if (pages[n] != pages[n - 1] + 1)
			break;
	return n;
}
static void build(struct bio *bio, struct page **pages, unsigned int nr)
{
	while (nr) {
		unsigned int n = contig(pages, nr);

		bio_add_page(bio, pages[0], n << PAGE_SHIFT, 0) ? 0 : flush_it(bio);
		pages += n;
		nr -= n;
	}
}

static bool page_is_mergeable(const struct bio_vec *bv, struct page *page, unsigned int len, unsigned int off, bool *same_page)
{
	size_t bv_end = bv->bv_offset + bv->bv_len;
	phys_addr_t vec_end_addr = page_to_phys(bv->bv_page) + bv_end - 1;
	phys_addr_t page_addr = page_to_phys(page);

	if (vec_end_addr + 1 != page_addr + off)
		return false;
	if (xen_domain() && !xen_biovec_phys_mergeable(bv, page))
		return false;
	*same_page = ((vec_end_addr & PAGE_MASK) == page_addr);
	return true;
}
bool my_bio_try_merge_page(struct bio *bio, struct page *page, unsigned int len, unsigned int off, bool *same_page)
{
	if (bio->bi_vcnt > 0) {
		struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt - 1];

		if (page_is_mergeable(bv, page, len, off, same_page)) {
			if (bio->bi_iter.bi_size > UINT_MAX - len)
				return false;
			bv->bv_len += len;	/* expect: PG01 */
			bio->bi_iter.bi_size += len;
			return true;
		}
	}
	return false;
}

int append_pages(struct sg_append_table *sgt_append, struct page **pages, unsigned int n_pages, unsigned int offset, unsigned long size, unsigned int max_segment)
{
	unsigned int chunks, cur_page, seg_len, i, prv_len = 0;
	struct scatterlist *s = sgt_append->prv;
	unsigned int last_len = s ? s->length : 0;

	if (s) {
		unsigned long paddr = (page_to_pfn(sg_page(s)) * PAGE_SIZE + s->offset + s->length) / PAGE_SIZE;

		while (n_pages && page_to_pfn(pages[0]) == paddr) {
			if (s->length + PAGE_SIZE > max_segment)
				break;
			s->length += PAGE_SIZE;	/* expect: PG01 */
			paddr++;
			pages++;
			n_pages--;
		}
	}
	return n_pages;
}

struct phys_seg {
	dma_addr_t paddr;
	size_t bytes;
};
static int pages_to_segs(struct page **pgs, size_t cnt, struct phys_seg *segs, int max)
{
	int used = 0;
	size_t i;

	for (i = 0; i < cnt; i++) {
		struct phys_seg *cur = used ? &segs[used - 1] : NULL;
		phys_addr_t pa = page_to_phys(pgs[i]);

		if (cur && cur->paddr + cur->bytes == pa) {
			cur->bytes += PAGE_SIZE;	/* expect: PG01 */
		} else {
			if (used == max)
				return -E2BIG;
			segs[used].paddr = pa;
			segs[used++].bytes = PAGE_SIZE;
		}
	}
	return used;
}

static unsigned long contiguous_run(struct page **pages, unsigned long i, unsigned long n)
{
	unsigned long len = 1;

	while (i + len < n && page_to_pfn(pages[i + len]) == page_to_pfn(pages[i]) + len)
		len++;	/* expect: PG01 */
	return len;
}

static ssize_t map_one(struct sg_table *sgtable, struct page **pages, ssize_t got, size_t off)
{
	struct scatterlist *sg = sgtable->sgl + sgtable->nents - 1;
	size_t seg;

	do {
		seg = min_t(size_t, got, PAGE_SIZE - off);
		if (sgtable->nents && sg_phys(sg) + sg->length == page_to_phys(*pages) + off) {
			sg->length += seg;	/* expect: PG01 */
		} else {
			sg++;
			sg_set_page(sg, *pages, seg, off);
			sgtable->nents++;
		}
		got -= seg;
		off = 0;
		pages++;
	} while (got > 0);
	return 0;
}

static void in_a_do(struct scatterlist *sg, struct page **pages)
{
	do {
		sg->length += PAGE_SIZE;	/* expect: PG01 */
		pages++;
	} while (page_to_pfn(pages[1]) == page_to_pfn(pages[0]) + 1);
}

static void by_jump(struct bio_vec *bv, struct page *page)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
		goto merge;
	bv++;
	return;
merge:
	bv->bv_len += PAGE_SIZE;	/* expect: PG01 */
}

/* By macros. */
#define STRETCH(bv, n) ((bv)->bv_len += (n))
#define ARE_NEIGHBOURS(a, b) (page_to_pfn(a) + 1 == page_to_pfn(b))
#define TRY_MERGE(bv, page, n)						\
do {									\
	if (ARE_NEIGHBOURS((bv)->bv_page, page))			\
		(bv)->bv_len += (n);	/* expect: PG01 */		\
} while (0)
#define TRY_MERGE_PLAINLY(bv, page, n)					\
do {									\
	if (bvec_phys(bv) + (bv)->bv_len == page_to_phys(page))		\
		(bv)->bv_len += (n);	/* expect: PG01 */		\
} while (0)

static void grown_by_macro(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
		STRETCH(bv, len);	/* expect: PG01 */
}

#define LENGTHEN(bv, n)							\
do {									\
	(bv)->bv_len += (n);						\
	lengthened++;							\
} while (0)

static void grown_by_statements(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
		LENGTHEN(bv, len);	/* expect: PG01 */
}

static void tested_by_macro(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (!ARE_NEIGHBOURS(bv->bv_page, page))
		return;
	bv->bv_len += len;	/* expect: PG01 */
}

static void both_by_macro(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (ARE_NEIGHBOURS(bv->bv_page, page))
		STRETCH(bv, len);	/* expect: PG01 */
	TRY_MERGE(bv, page, len);
	TRY_MERGE_PLAINLY(bv, page, len);
}
