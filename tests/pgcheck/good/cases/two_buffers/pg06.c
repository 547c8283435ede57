// SPDX-License-Identifier: GPL-2.0
/* The second of two buffers fails. */

static int two(struct ctx *c, unsigned long a, unsigned long b)
{
	int r;

	r = pin_user_pages_fast(a, 4, FOLL_WRITE, c->in);
	if (r != 4) {
		if (r > 0)
			unpin_user_pages(c->in, r);
		return -EFAULT;
	}
	r = pin_user_pages_fast(b, 4, FOLL_WRITE, c->out);
	if (r != 4) {
		if (r > 0)
			unpin_user_pages(c->out, r);
		unpin_user_pages(c->in, 4);
		return -EFAULT;
	}
	return 0;
}
