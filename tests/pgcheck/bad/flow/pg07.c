// SPDX-License-Identifier: GPL-2.0
/* The table of a bio that others built. Each marked line has to be reported. */

static blk_status_t low_map(struct dm_target *ti, struct bio *bio)
{
	struct ctx *c = ti->private;
	unsigned int i;

	for (i = 0; i < bio->bi_vcnt; i++)	/* expect: PG07 */
		c->sum += checksum(bio->bi_io_vec[i].bv_page, bio->bi_io_vec[i].bv_len);
	return BLK_STS_OK;
}

static void my_submit_bio(struct bio *bio)
{
	struct mydev *d = bio->bi_bdev->bd_disk->private_data;
	void *p = kmap_local_page(bio->bi_io_vec[0].bv_page);	/* expect: PG07 */

	memcpy(d->mem + (bio->bi_iter.bi_sector << 9), p + bio->bi_io_vec[0].bv_offset, bio->bi_iter.bi_size);
	kunmap_local(p);
	bio_endio(bio);
}

static int count_segs(struct request *rq)
{
	struct bio *b;
	int n = 0;

	__rq_for_each_bio(b, rq)
		n += b->bi_vcnt;	/* expect: PG07 */
	return n;
}

static struct bio *copy_it(struct bio *src, struct bio_set *bs)
{
	struct bio *c = bio_alloc_clone(src->bi_bdev, src, GFP_NOIO, bs);
	int i;

	for (i = 0; i < c->bi_vcnt; i++)	/* expect: PG07 */
		c->bi_io_vec[i].bv_page = my_page();
	return c;
}
