// SPDX-License-Identifier: GPL-2.0
/* What is ignored is the result of an I/O, not that of an add. */

static int repair_one(struct block_device *bdev, struct folio *folio, size_t off, sector_t to)
{
	struct bio_vec vec;
	struct bio bio;

	bio_init(&bio, bdev, &vec, 1, REQ_OP_WRITE | REQ_SYNC);
	bio.bi_iter.bi_sector = to;
	if (!bio_add_folio(&bio, folio, SECTOR_SIZE, off))
		return -EIO;
	return submit_bio_wait(&bio);
}

static void repair_all(struct mirrors *m, struct folio *folio, size_t off)
{
	int i;

	for (i = 0; i < m->nr; i++)
		repair_one(m->bdev[i], folio, off, m->sector[i]);
}
