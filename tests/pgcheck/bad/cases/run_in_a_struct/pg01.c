// SPDX-License-Identifier: GPL-2.0
/* A run of pages is counted in a structure. */

struct frame_run { unsigned long head; unsigned int many; };
static struct frame_run take_run(struct page **vec, unsigned int left)
{
	struct frame_run r = { .head = page_to_pfn(*vec), .many = 1 };

	do {
		if (r.many >= left || page_to_pfn(vec[r.many]) - r.head != r.many)
			break;
		r.many++;	/* expect: PG01 */
	} while (1);
	return r;
}

static int bind_all(struct mmu *mmu, struct page **vec, unsigned int left)
{
	while (left) {
		struct frame_run r = take_run(vec, left);
		int err = mmu_bind(mmu, r.head << PAGE_SHIFT, (size_t)r.many << PAGE_SHIFT);

		if (err)
			return err;
		vec += r.many;
		left -= r.many;
	}
	return 0;
}
