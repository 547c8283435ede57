// SPDX-License-Identifier: GPL-2.0
/* More than the table takes. Nothing here may be reported. */

static void read_all(struct folio **f, unsigned int n, struct block_device *bdev)
{
	struct bio *bio = bio_alloc(bdev, n, REQ_OP_READ, GFP_NOFS);
	unsigned int i;

	for (i = 0; i < n; i++)
		bio_add_folio_nofail(bio, f[i], folio_size(f[i]), 0);
	submit_bio(bio);
}

static void each(struct ctx *c)
{
	int i;

	for (i = 0; i < c->n; i++) {
		c->slot[i].bio = bio_alloc(c->bdev, 1, REQ_OP_WRITE, GFP_NOIO);
		__bio_add_page(c->slot[i].bio, c->slot[i].page, PAGE_SIZE, 0);
		submit_bio(c->slot[i].bio);
	}
}

static bool my_bio_full(struct bio *b) { return b->bi_vcnt >= b->bi_max_vecs; }
static struct bio *stream(struct bio *b, struct page **p, int n)
{
	while (n--) {
		if (my_bio_full(b)) {
			submit_bio(b);
			b = new_one();
		}
		__bio_add_page(b, *p++, PAGE_SIZE, 0);
	}
	return b;
}

static void write_sectors(struct writer *w, struct folio *folio, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (w->io && (w->io->copies != w->copies || writer_io_full(w->io) ||
			      bio_end_sector(&w->io->bio) != w->sector))
			writer_do_io(w);
		if (!w->io)
			writer_io_alloc(w);
		bio_add_folio_nofail(&w->io->bio, folio, SECTOR_SIZE, i * SECTOR_SIZE);
	}
}

static void read_ahead(struct reader *r, struct block_device *bdev)
{
	struct folio *folio;

	while ((folio = next_folio(r))) {
		struct rbio *rbio = to_rbio(bio_alloc(bdev, 4, REQ_OP_READ, GFP_KERNEL));

		bio_add_folio_nofail(&rbio->bio, folio, folio_size(folio), 0);
		submit_bio(&rbio->bio);
	}
}
