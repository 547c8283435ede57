// SPDX-License-Identifier: GPL-2.0
/* A wrapper pins into a structure. */

static long grab(struct win *w, unsigned long ua, long n)
{
	return pin_user_pages_fast(ua, n, FOLL_WRITE, w->pages);
}

static int win_open(struct win *w, unsigned long ua, long n)
{
	long got = grab(w, ua, n);
	int rc;

	if (got != n) {
		if (got > 0)
			unpin_user_pages(w->pages, got);
		return -EFAULT;
	}
	rc = ida_alloc(&w->ida, GFP_KERNEL);
	if (rc < 0)	/* expect: PG06 */
		return rc;
	w->id = rc;
	return win_activate(w);
}
