// SPDX-License-Identifier: GPL-2.0
/* The function takes the page over; or both ways give it back. */

static int queued(struct queue *q, unsigned long at)
{
	struct page *page;

	if (get_user_pages_fast(at, 1, 0, &page) != 1)
		return -EFAULT;
	if (queue_page(q, page))
		return -EIO;
	return 0;
}

static int copy(struct mm_struct *mm, unsigned long at, void *to)
{
	struct page *page;

	if (get_user_pages_remote(mm, at, 1, 0, &page, NULL) != 1)
		return -EFAULT;
	if (bytes_of(page, to)) {
		put_page(page);
		return -EIO;
	}
	put_page(page);
	return 0;
}
