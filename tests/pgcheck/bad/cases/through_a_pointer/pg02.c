// SPDX-License-Identifier: GPL-2.0
/* The array begins where its pointer points to. */

static int begin(struct work *w, struct page **array, unsigned int nr)
{
	struct page *first = *array;

	w->device = is_zone_device_page(first);	/* expect: PG02 */
	return queue_pages(w, array, nr);
}
