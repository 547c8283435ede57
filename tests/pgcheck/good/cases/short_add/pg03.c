// SPDX-License-Identifier: GPL-2.0
/* A short add ends the loop. */

static int fill(struct dev *d, struct bio **biop, struct page **p, int n)
{
	struct bio *bio = *biop;

	while (n) {
		if (bio_add_page(bio, *p, PAGE_SIZE, 0) == PAGE_SIZE) {
			p++;
			n--;
			continue;
		}
		submit_bio(bio);
		bio = dev_new_bio(d);
		if (!bio)
			return -ENOMEM;
	}
	*biop = bio;
	return 0;
}
