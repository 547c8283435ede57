// SPDX-License-Identifier: GPL-2.0
/* A short add ends the loop. */

static int fill(struct dev *d, struct bio *bio, struct page **p, int n)
{
	while (n--) {
		int ok = bio_add_page(bio, *p++, PAGE_SIZE, 0);	/* expect: PG03 */

		if (ok < PAGE_SIZE) {
			pr_err("short\n");
			return -ENOSPC;
		}
	}
	return 0;
}
