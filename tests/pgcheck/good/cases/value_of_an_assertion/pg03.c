// SPDX-License-Identifier: GPL-2.0
/* A hint to the compiler, and a warning that goes on. */

#define hope(x) __builtin_expect(!!(x), 1)
#define warned(x) ({ bool __w = (x); if (__w) WARN_ON_ONCE(1); __w; })

static int all(struct bio *bio, struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (!hope(bio_add_page(bio, pages[i], PAGE_SIZE, 0) == PAGE_SIZE))
			break;
	return i;
}

static int last(struct work *w, struct page *page)
{
	if (warned(!bio_add_page(w->bio, page, PAGE_SIZE, 0)))
		return another_bio(w, page);
	return 0;
}
