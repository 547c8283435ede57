// SPDX-License-Identifier: GPL-2.0
/* The table is freed, the pages are not. */

static int map_user(struct dev *d, struct buf *b, unsigned long ua)
{
	int ret = pin_user_pages_fast(ua, b->n, FOLL_WRITE, b->pages);

	if (ret != b->n) {
		unpin_user_pages(b->pages, max(ret, 0));
		return -EFAULT;
	}
	ret = sg_alloc_table_from_pages(&b->sgt, b->pages, b->n, 0, b->n * PAGE_SIZE, GFP_KERNEL);
	if (ret)
		goto unpin;
	ret = dma_map_sgtable(d->dev, &b->sgt, DMA_BIDIRECTIONAL, 0);
	if (ret) {	/* expect: PG06 */
		sg_free_table(&b->sgt);
		return ret;
	}
	return 0;
unpin:
	unpin_user_pages(b->pages, b->n);
	return ret;
}
