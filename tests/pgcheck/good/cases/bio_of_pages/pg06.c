// SPDX-License-Identifier: GPL-2.0
/* A bio goes with its pages in it. */

static int dio(struct inode *inode, struct iov_iter *it, struct bio *bio)
{
	int rc = bio_iov_iter_get_pages(bio, it);

	if (rc)
		return rc;
	if (bio->bi_iter.bi_size & 511) {
		bio_release_pages(bio, false);
		bio_put(bio);
		return -EINVAL;
	}
	submit_bio(bio);
	return 0;
}
