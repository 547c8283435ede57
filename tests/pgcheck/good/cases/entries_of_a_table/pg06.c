// SPDX-License-Identifier: GPL-2.0
/* An entry can have more pages than its first. */

static void unpin_sg(struct sg_table *sgt)
{
	struct sg_page_iter it;

	for_each_sgtable_page(sgt, &it, 0)
		unpin_user_page(sg_page_iter_page(&it));
}
