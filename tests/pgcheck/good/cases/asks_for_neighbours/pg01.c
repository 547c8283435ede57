// SPDX-License-Identifier: GPL-2.0
/* A function tells whether pages are neighbours. */

static bool contig(struct page *a, struct page *b)
{
	return page_to_phys(b) - page_to_phys(a) == PAGE_SIZE && page_pgmap(a) == page_pgmap(b);
}

static int coalesce(struct page **p, int n, struct dseg *d)
{
	int i, k = 0;
	d[0].addr = page_to_phys(p[0]);
	d[0].len = PAGE_SIZE;
	for (i = 1; i < n; i++) {
		if (contig(p[i - 1], p[i]))
			d[k].len += PAGE_SIZE;
		else
			d[++k] = (struct dseg){ page_to_phys(p[i]), PAGE_SIZE };
	}
	return k + 1;
}
