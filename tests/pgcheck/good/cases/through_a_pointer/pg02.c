// SPDX-License-Identifier: GPL-2.0
/* One page, which the caller wants back. */

static int look(struct work *w, struct page **page)
{
	w->device = is_zone_device_page(*page);
	return queue_page(w, *page);
}
