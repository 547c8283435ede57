// SPDX-License-Identifier: GPL-2.0
/* A helper that pins, in a condition. */

static int hold(struct mapping *m, unsigned long ua)
{
	int n = pin_user_pages_fast(ua, m->want, FOLL_LONGTERM, m->held);

	if (n == m->want)
		return 0;
	if (n > 0)
		unpin_user_pages(m->held, n);
	return -EFAULT;
}

static struct mapping *mk(struct dev *d, unsigned long ua, size_t want)
{
	struct mapping *m = kzalloc(struct_size(m, held, want), GFP_KERNEL);

	if (!m || hold(m, ua))
		goto free;
	if (d->gone)
		goto free;
	return m;
free:
	kfree(m);
	return NULL;	/* expect: PG06 */
}
