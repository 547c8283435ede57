// SPDX-License-Identifier: GPL-2.0
/* Another file takes the pages. */

int use(struct dev *d, unsigned long ua, int n)
{
	int got = pin_range(ua, n, d->pages);

	if (got != n)
		return -EFAULT; /* expect: PG06 */
	d->n = n;
	return 0;
}
