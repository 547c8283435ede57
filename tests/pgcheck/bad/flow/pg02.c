// SPDX-License-Identifier: GPL-2.0
/* The first of several, asked in other words. Each marked line has to be reported. */

static bool page_is_peer(struct page *p)
{
	return is_pci_p2pdma_page(p);
}
static int submit_list(struct my_req *r, struct scatterlist *list, int cnt)
{
	if (page_is_peer(sg_page(list)))	/* expect: PG02 */
		r->flags |= R_PEER;
	return r->ops->map(r, list, cnt);
}

static int map_user(struct xfer *x)
{
	struct page *first = x->upages[0];

	x->bus = is_pci_p2pdma_page(first) ? BUS_PEER : BUS_HOST;	/* expect: PG02 */
	return xfer_map_all(x, x->upages, x->n_upages);
}

static void buf_kind(struct regbuf *rb, struct page **pgarray, int n)
{
	struct folio *f = page_folio(pgarray[0]);

	rb->is_dev = folio_is_zone_device(f);	/* expect: PG02 */
	rb->nr = n;
}

static enum mem_kind kind_of(struct bio *b)
{
	struct page *p = bio_first_page_all(b);

	if (is_device_private_page(p) || is_zone_device_page(p))	/* expect: PG02 */	/* expect: PG02 */
		return MEM_DEV;
	return MEM_RAM;
}

static struct page *head_page(struct xfer *x)
{
	return sg_page(x->table.sgl);
}
static int setup(struct xfer *x)
{
	if (is_pci_p2pdma_page(head_page(x)))	/* expect: PG02 */
		return setup_peer(x);
	return setup_host(x);
}

static blk_status_t prep_sgl(struct queue *q, struct request *rq, struct iod *iod)
{
	iod->nents = blk_rq_map_sg(rq, iod->sg);
	if (!iod->nents)
		return BLK_STS_IOERR;
	if (is_pci_p2pdma_page(sg_page(iod->sg)))	/* expect: PG02 */
		iod->mapped = pci_map_list(q->dev, iod->sg, iod->nents);
	else
		iod->mapped = dma_map_sg(q->dev, iod->sg, iod->nents, rq_dma_dir(rq));
	return iod->mapped ? BLK_STS_OK : BLK_STS_RESOURCE;
}

static bool buffer_is_device(struct page **pages, unsigned int npages)
{
	struct dev_pagemap *pgmap = page_pgmap(pages[0]);	/* expect: PG02 */

	return pgmap && pgmap->type == MEMORY_DEVICE_PCI_P2PDMA;
}
