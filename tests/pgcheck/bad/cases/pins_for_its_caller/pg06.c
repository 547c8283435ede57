// SPDX-License-Identifier: GPL-2.0
/* A helper pins into the structure of its caller. */

static int hold(struct mapping *m, unsigned long ua)
{
	int n = pin_user_pages_fast(ua, m->want, FOLL_LONGTERM, m->held);

	if (n == m->want)
		return 0;
	if (n > 0)
		unpin_user_pages(m->held, n);
	return -EFAULT;
}

static int map_ioctl(struct dev *d, unsigned long ua, size_t want)
{
	struct mapping *m = kzalloc(struct_size(m, held, want), GFP_KERNEL);
	int rc;

	if (!m)
		return -ENOMEM;
	m->want = want;
	rc = hold(m, ua);
	if (rc)
		goto free;
	rc = ida_alloc(&d->ids, GFP_KERNEL);
	if (rc < 0)	/* expect: PG06 */
		goto free;
	m->id = rc;
	return map_insert(d, m);
free:
	kfree(m);
	return rc;
}
