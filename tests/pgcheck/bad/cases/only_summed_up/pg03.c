// SPDX-License-Identifier: GPL-2.0
/* The sum is not looked at; and two results in one statement. */

static void sum(struct bio *bio, struct page **pages, int nr)
{
	unsigned int all = 0;

	while (nr--)
		all += bio_add_page(bio, *pages++, PAGE_SIZE, 0);	/* expect: PG03 */
	submit_bio(bio);
}

static void both(struct bio *bio, struct page *one, struct page *two)
{
	bio_add_page(bio, one, PAGE_SIZE, 0),	/* expect: PG03 */
	bio_add_page(bio, two, PAGE_SIZE, 0);	/* expect: PG03 */
	submit_bio(bio);
}
