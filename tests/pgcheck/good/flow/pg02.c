// SPDX-License-Identifier: GPL-2.0
/* The first of several, asked in other words. Nothing here may be reported. */

static bool any_peer(struct scatterlist *sgl, int n)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, n, i)
		if (is_pci_p2pdma_page(sg_page(sg)))
			return true;
	return false;
}

static int one(struct xfer *x)
{
	if (x->nr_pages == 1 && is_pci_p2pdma_page(x->pages[0]))
		return x_peer(x);
	return x_host(x);
}

static bool is_peer(struct page *p) { return is_pci_p2pdma_page(p); }
static int split(struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (is_peer(pages[i]) != is_peer(pages[0]))
			break;
	return i;
}

static int check_all(struct bio *bio)
{
	struct bio_vec bv;
	struct bvec_iter it;

	bio_for_each_bvec(bv, bio, it)
		if (is_pci_p2pdma_page(bv.bv_page))
			return -EREMOTEIO;
	return 0;
}
