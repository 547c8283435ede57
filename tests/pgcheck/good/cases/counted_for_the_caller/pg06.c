// SPDX-License-Identifier: GPL-2.0
/* The caller's structure gets the pages and their number, and its owner releases them. */

static int collect(struct arg_pages *a, struct iov_iter *iter, size_t want)
{
	size_t done = 0, start;
	ssize_t ret = 0;

	while (done < want) {
		unsigned int n;
		struct page **at;

		at = &a->pages[a->nr];
		ret = iov_iter_extract_pages(iter, &at, want - done, a->max - a->nr, 0, &start);
		if (ret < 0)
			break;
		done += ret;
		n = DIV_ROUND_UP(ret + start, PAGE_SIZE);
		a->nr += n;
	}
	return ret < 0 ? ret : 0;
}
