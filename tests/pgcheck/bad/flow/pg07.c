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

static void raid_map_done(struct r1bio *r, struct bio *master)
{
	struct bio *clone = bio_alloc_clone(r->bdev, master, GFP_NOIO, &r->bs);
	int i;

	for (i = 0; i < clone->bi_vcnt; i++)	/* expect: PG07 */
		r->sum ^= crc32(0, page_address(clone->bi_io_vec[i].bv_page), clone->bi_io_vec[i].bv_len);
	submit_bio(clone);
}

static blk_status_t my_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct request *rq = bd->rq;
	void *buf = page_address(bio_first_page_all(rq->bio));	/* expect: PG07 */

	blk_mq_start_request(rq);
	hw_send(hctx->driver_data, buf, blk_rq_bytes(rq));
	return BLK_STS_OK;
}

static void drv_submit(struct bio *bio)
{
	struct page *page = bio->bi_io_vec->bv_page;	/* expect: PG07 */
	unsigned int off = bio->bi_io_vec->bv_offset;

	drv_rw(bio->bi_bdev->bd_disk->private_data, page, off, bio->bi_iter.bi_size, op_is_write(bio_op(bio)));
	bio_endio(bio);
}
static const struct block_device_operations drv_ops = {
	.submit_bio = drv_submit,
};
