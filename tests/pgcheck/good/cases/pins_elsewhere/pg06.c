// SPDX-License-Identifier: GPL-2.0
/* Another file takes the pages. */

int use(struct dev *d, unsigned long ua, int n)
{
	int got = pin_range(ua, n, d->pages);

	if (got != n) {
		if (got > 0)
			unpin_range(d->pages, got);
		return -EFAULT;
	}
	d->n = n;
	return 0;
}
