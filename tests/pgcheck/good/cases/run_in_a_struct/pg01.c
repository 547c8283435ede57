// SPDX-License-Identifier: GPL-2.0
/* A run of pages is counted in a structure. */

struct frame_run { unsigned long head; unsigned int many; };
static struct frame_run take_run(struct page **vec, unsigned int left)
{
	struct frame_run r = { .head = page_to_pfn(*vec), .many = 1 };

	do {
		if (r.many >= left || page_to_pfn(vec[r.many]) - r.head != r.many ||
		    !zone_device_pages_have_same_pgmap(*vec, vec[r.many]))
			break;
		r.many++;
	} while (1);
	return r;
}
