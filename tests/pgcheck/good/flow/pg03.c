// SPDX-License-Identifier: GPL-2.0
/* Results dropped by wrappers and projects' own assertions. Nothing here may be reported. */

static struct bio *add_or_new(struct bio *bio, struct page *page, struct io *io)
{
	while (bio_add_page(bio, page, PAGE_SIZE, 0) != PAGE_SIZE) {
		submit_bio(bio);
		bio = bio_alloc(io->bdev, BIO_MAX_VECS, io->opf, GFP_NOFS);
	}
	return bio;
}

static int try_add(struct bio *b, struct page *p)
{
	return bio_add_page(b, p, PAGE_SIZE, 0);
}
static struct bio *loop_add(struct bio *b, struct page **p, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!try_add(b, p[i])) {
			struct bio *nb = next_bio(b);

			i--;
			b = nb;
		}
	}
	return b;
}

static int outer(struct io *io)
{
	struct bio *bio;
	int i = 0;

next:
	bio = bio_alloc(io->bdev, 8, REQ_OP_WRITE, GFP_NOIO);
	for (; i < io->n; i++) {
		if (bio_add_page(bio, io->p[i], PAGE_SIZE, 0) < PAGE_SIZE) {
			submit_bio(bio);
			goto next;
		}
	}
	submit_bio(bio);
	return 0;
}

static int add_pi(struct bio *bio, unsigned int len)
{
	void *buf = kmalloc(len, GFP_NOIO);
	struct bio_integrity_payload *bip = bio_integrity_alloc(bio, GFP_NOIO, 1);

	if (!buf || IS_ERR(bip))
		return -ENOMEM;
	if (bio_integrity_add_page(bio, virt_to_page(buf), len, offset_in_page(buf)) < len)
		return -ENOMEM;
	return 0;
}

static int add_pages(struct block_device *bdev, struct page **pages, int n)
{
	struct bio *bio = NULL;
	int i;

	for (i = 0; i < n; i++) {
		if (!bio || bio_add_page(bio, pages[i], PAGE_SIZE, 0) != PAGE_SIZE) {
			if (bio)
				submit_bio(bio);
			bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_WRITE, GFP_NOIO);
			if (bio_add_page(bio, pages[i], PAGE_SIZE, 0) != PAGE_SIZE)
				return -EIO;
		}
	}
	if (bio)
		submit_bio(bio);
	return 0;
}

static int add_checked(struct ctx *c, struct page *p)
{
	int added = bio_add_page(c->bio, p, PAGE_SIZE, 0);

	if (added == PAGE_SIZE)
		return 0;
	ctx_flush(c);
	c->bio = ctx_new_bio(c);
	return bio_add_page(c->bio, p, PAGE_SIZE, 0) == PAGE_SIZE ? 0 : -EIO;
}

/* Refused as the first page of an empty bio: no other bio would do. */
static ssize_t read_some(struct block_device *bdev, char *buf, size_t len)
{
	struct bio *bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_READ, GFP_KERNEL);
	ssize_t ret = -ENOMEM;
	unsigned int bytes;
	char *p;

	for (p = buf; p < buf + len; p += bytes) {
		bytes = min_t(size_t, PAGE_SIZE - offset_in_page(p), buf + len - p);
		if (bio_add_page(bio, page_of(p), bytes, offset_in_page(p)) < bytes) {
			if (p == buf)
				goto free;
			break;
		}
	}
	ret = submit_bio_wait(bio);
free:
	bio_put(bio);
	return ret;
}

static int map_list(struct block_device *bdev, struct scatterlist *sgl, int n, struct bio **list)
{
	bool need_new = true;
	struct scatterlist *sg;
	struct bio *bio = NULL;
	int i, added, err = 0;

	for_each_sg(sgl, sg, n, i) {
		unsigned int len = sg->length, off = sg->offset;

		while (len) {
			if (need_new) {
				bio = bio_alloc(bdev, 16, REQ_OP_READ, GFP_KERNEL);
				bio->bi_next = *list;
				*list = bio;
			}
			added = bio_add_page(bio, sg_page(sg), len, off);
			if (added < len) {
				if (need_new || added < 0) {
					err = -EIO;
					goto out;
				}
				need_new = true;
			} else {
				need_new = false;
				len = 0;
			}
		}
	}
	if (!*list)
		err = -EINVAL;
out:
	return err;
}
