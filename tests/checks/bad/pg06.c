// SPDX-License-Identifier: GPL-2.0
/* Ways out that keep the pages. */

static int too_few(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n < 0)
		return n;
	if (n < ctx->need)
		return -EINVAL;	/* expect: PG06 */
	ctx_take(ctx, pages, n);
	return 0;
}

static int by_goto(struct iov_iter *iter, struct ctx *ctx)
{
	struct page **pages = NULL;
	ssize_t n;
	size_t off;
	int ret = 0;

	guard(mutex)(&ctx->lock);
	n = iov_iter_get_pages_alloc2(iter, &pages, 4096, &off);
	if (unlikely(n <= 0))
		return -EFAULT;
	if (off & ctx->mask) {
		ret = -EINVAL;	/* expect: PG06 */
		goto out;
	}
	ctx_take(ctx, pages, n);
out:
	kvfree(pages);
	return ret;
}

static int in_a_scope(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	scoped_guard(mutex, &ctx->lock) {
		n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
		if (n <= 0)
			return -EFAULT;
		if (ctx->dead)
			return -ENODEV;	/* expect: PG06 */
		ctx_take(ctx, pages, n);
	}
	return 0;
}

static int bio_with_pages(struct bio *bio, struct iov_iter *iter, struct ctx *ctx)
{
	int ret;

	ret = bio_iov_iter_get_pages(bio, iter, 0, 0);
	if (ret)
		return ret;
	if (ctx->dead) {
		bio_put(bio);	/* expect: PG06 */
		return -ENODEV;
	}
	submit_bio(bio);
	return 0;
}
