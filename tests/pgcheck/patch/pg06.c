// SPDX-License-Identifier: GPL-2.0
/* A bio knows the pages in it, and can give them back. */

static int bio_with_pages(struct bio *bio, struct iov_iter *iter, struct ctx *ctx)
{
	int ret;

	ret = bio_iov_iter_get_pages(bio, iter, 0, 0);
	if (ret) {
		bio_put(bio);
		return ret;
	}
	if (ctx->dead) {
		bio_put(bio);	/* fixed: PG06 */
		return -ENODEV;
	}
	submit_bio(bio);
	return 0;
}

/* What stands for the user's pages needs another end, with an argument of its own. */
static int bounced(struct bio *bio, struct iov_iter *iter, struct ctx *ctx)
{
	int ret;

	ret = bio_iov_iter_bounce(bio, iter, 4096, 512);
	if (ret) {
		bio_put(bio);
		return ret;
	}
	if (ctx->dead) {
		bio_put(bio);	/* expect: PG06 */
		return -ENODEV;
	}
	submit_bio(bio);
	return 0;
}
