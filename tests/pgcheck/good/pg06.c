// SPDX-License-Identifier: GPL-2.0
/* Everything taken is given back, handed on or put back into the iterator. */

static int released(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n <= 0)
		return n ? n : -EFAULT;
	if (n < ctx->need) {
		unpin_user_pages(pages, DIV_ROUND_UP(off + n, PAGE_SIZE));
		return -EINVAL;
	}
	ctx_take(ctx, pages, n);
	return 0;
}

static int released_one_by_one(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;
	int i;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (unlikely(n < 0))
		return -EFAULT;
	if (n < ctx->need) {
		for (i = 0; i < n; i++)
			unpin_user_page(pages[i]);
		return -EINVAL;
	}
	ctx_take(ctx, pages, n);
	return 0;
}

static int reverted(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n < 0)
		return n;
	if (!ctx->pinned) {
		iov_iter_revert(iter, n);
		return -EAGAIN;
	}
	ctx_take(ctx, pages, n);
	return 0;
}

static int bio_released(struct bio *bio, struct iov_iter *iter, struct ctx *ctx)
{
	int ret;

	ret = bio_iov_iter_get_pages(bio, iter, 0, 0);
	if (ret)
		goto out;
	if (ctx->dead) {
		bio_release_pages(bio, false);
		ret = -ENODEV;
		goto out;
	}
	submit_bio(bio);
	return 0;
out:
	bio_put(bio);
	return ret;
}

/* Only user memory is pinned, and only an error needs the release. */
static int released_where_due(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;
	int ret = 0;

	n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (n <= 0)
		return -EFAULT;
	if (!ctx->room) {
		ret = -ENOSPC;
		goto out;
	}
	ret = ctx_take(ctx, pages, n);
	if (ret)
		goto out;
	return 0;
out:
	if (iov_iter_extract_will_pin(iter))
		unpin_user_pages(pages, n);
	return ret;
}

static int reverted_on_error(struct iov_iter *iter, struct scatterlist *sg, int room)
{
	struct page *pages[8];
	ssize_t n, size = 0;
	int i, rc = 0;
	size_t off;

	while (iov_iter_count(iter)) {
		if (!room--) {
			rc = -EMSGSIZE;
			goto out;
		}
		n = iov_iter_get_pages2(iter, pages, 32768, 8, &off);
		if (n <= 0) {
			rc = -EFAULT;
			goto out;
		}
		size += n;
		for (i = 0; i < 8; i++)
			sg_set_page(sg++, pages[i], PAGE_SIZE, 0);
	}
out:
	if (rc)
		iov_iter_revert(iter, size);
	return rc;
}

/* A comment before the call does not hide it. */
static int handed_on_in_a_loop(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;
	ssize_t n;

	while (ctx->rounds--) {
		n = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
		if (n <= 0)
			return -EFAULT;
		ctx->sum += n;	/* of all rounds */
		ctx_take(ctx, pages, n);
	}
	return 0;
}

static int given_back_with_its_structure(struct iov_iter *iter, struct ctx *ctx)
{
	ssize_t n;
	size_t off;

	n = iov_iter_get_pages_alloc2(iter, &ctx->pages, 4096, &off);
	if (n < 0)
		return n;
	if (ctx->dead) {
		ctx_release(ctx);
		return -ENODEV;
	}
	return 0;
}

static int released_before_the_test(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *page;
	size_t off;
	ssize_t n;
	int ret;

	n = iov_iter_get_pages2(iter, &page, 4096, 1, &off);
	if (n <= 0)
		return -EFAULT;
	ret = ctx_copy(ctx, page);
	put_page(page);
	if (ret)
		return -EIO;
	return 0;
}

static int bio_put_without_pages(struct bio *bio, struct iov_iter *iter)
{
	int ret;

	ret = bio_iov_iter_get_pages(bio, iter, 0, 0);
	if (!ret)
		submit_bio(bio);
	else
		bio_put(bio);
	return ret;
}

static int result_in_a_field(struct iov_iter *iter, struct ctx *ctx)
{
	struct page *store[8], **pages = store;
	size_t off;

	ctx->taken[0] = iov_iter_extract_pages(iter, &pages, 4096, 8, 0, &off);
	if (!ctx->taken[0])
		return -EFAULT;
	if (ctx->taken[0] < 0)
		return -EIO;
	if (ctx->dead) {
		unpin_user_pages(pages, DIV_ROUND_UP(off + ctx->taken[0], PAGE_SIZE));
		return -ENODEV;
	}
	ctx_take(ctx, pages);
	return 0;
}
