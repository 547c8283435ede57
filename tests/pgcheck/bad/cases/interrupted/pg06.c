// SPDX-License-Identifier: GPL-2.0
/* A signal comes before the pages are used. */

static ssize_t wr(struct kiocb *iocb, struct iov_iter *from, struct ctx *c)
{
	struct page *pages[4], **pp = pages;
	size_t off;
	ssize_t got, ret;

	got = iov_iter_extract_pages(from, &pp, 16384, 4, 0, &off);
	if (got <= 0)
		return got;
	ret = mutex_lock_interruptible(&c->lock);
	if (ret)	/* expect: PG06 */
		return ret;
	ret = c_write(c, pages, got, off);
	mutex_unlock(&c->lock);
	return ret;
}
