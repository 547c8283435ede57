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
