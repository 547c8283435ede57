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

static int by_error_variable(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;
	int ret = 0;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n <= 0)
		return -EFAULT;
	if (!ctx->room) {
		ret = -ENOSPC;	/* expect: PG06 */
		goto out;
	}
	ctx_take(ctx, pages, n);
out:
	if (!ret)
		unpin_user_pages(pages, n);
	return ret;
}

static ssize_t refused(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *pages[8], **p = pages;
	ssize_t n, ret = 0;
	size_t off;

	guard(mutex)(&ctx->lock);
	n = iov_iter_extract_pages(iter, &p, 4096, 1, 0, &off);
	if (n <= 0)
		return n;
	ret = ctx_append(ctx, pages[0], n);
	if (ret < 0)	/* expect: PG06 */
		goto out;
	ctx->len += n;
out:
	return ret;
}

/* One variable for both results. */
static int integrity_fails(struct bio *bio, struct iov_iter *iter, struct kiocb *iocb)
{
	int ret;

	ret = blkdev_iov_iter_get_pages(bio, iter, bdev);
	if (unlikely(ret))
		goto out_bio_put;
	ret = bio_integrity_map_iter(bio, iocb->private);
	if (unlikely(ret))
		goto out_bio_put;
	submit_bio(bio);
	return -EIOCBQUEUED;
out_bio_put:
	bio_put(bio);	/* expect: PG06 */
	return ret;
}

static int refused_by_a_bio(struct iov_iter *iter, struct bio *bio)
{
	struct page **pages = NULL;
	ssize_t n;
	size_t off;
	int i;

	n = iov_iter_get_pages_alloc2(iter, &pages, 4096, &off);
	if (n < 0)
		return n;
	for (i = 0; i < DIV_ROUND_UP(off + n, PAGE_SIZE); i++) {
		if (!bio_add_page(bio, pages[i], PAGE_SIZE, 0)) {
			kvfree(pages);
			return -EIO;	/* expect: PG06 */
		}
	}
	kvfree(pages);
	return 0;
}

/* Something else fails. */
static ssize_t interrupted(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;
	int err;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n <= 0)
		return n;
	err = wait_event_interruptible(ctx->wq, ctx->ready);
	if (err)	/* expect: PG06 */
		return err;
	ctx_take(ctx, pages, n);
	return n;
}

static void *no_pointer(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n <= 0)
		return NULL;
	if (ctx->dead)
		return NULL;	/* expect: PG06 */
	return ctx_take(ctx, pages, n);
}

static bool not_true(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n <= 0)
		return false;
	if (ctx->dead)
		return false;	/* expect: PG06 */
	ctx_take(ctx, pages, n);
	return true;
}

static struct list *over_two_lines(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n <= 0)
		return ERR_PTR(-EFAULT);
	if (ctx->used > ctx->limit)
		return	/* expect: PG06 */
			ERR_PTR(-E2BIG);
	return ctx_take(ctx, pages, n);
}

static int result_in_a_field(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;

	ctx->taken = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (ctx->taken <= 0)
		return -EFAULT;
	if (ctx->dead)
		return -ENODEV;	/* expect: PG06 */
	ctx_take(ctx, pages);
	return 0;
}

static int declared_result(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);

	if (n <= 0)
		return -EFAULT;
	if (ctx->dead)
		return -ENODEV;	/* expect: PG06 */
	ctx_take(ctx, pages, n);
	return 0;
}
