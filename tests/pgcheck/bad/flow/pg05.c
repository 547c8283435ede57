// SPDX-License-Identifier: GPL-2.0
/* Tables by hand that become I/O. Each marked line has to be reported. */

static int gather_bio(struct bio *bio, struct frag *frags, int n)
{
	struct bio_vec *v = bio->bi_io_vec;
	int i;

	for (i = 0; i < n; i++, v++) {
		v->bv_page = frags[i].page;	/* expect: PG05 */
		v->bv_len = frags[i].len;
		v->bv_offset = frags[i].off;
	}
	bio->bi_vcnt = n;
	return 0;
}

static ssize_t write_frags(struct file *f, struct frag *frags, int n, loff_t pos)
{
	struct bio_vec *vecs = kmalloc_array(n, sizeof(*vecs), GFP_KERNEL);
	struct iov_iter it;
	size_t total = 0;
	int i;

	if (!vecs)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		vecs[i] = (struct bio_vec){ .bv_page = frags[i].page, .bv_len = frags[i].len, .bv_offset = 0 };
		total += frags[i].len;
	}
	iov_iter_bvec(&it, ITER_SOURCE, vecs, n, total);	/* expect: PG05 */
	return vfs_iter_write(f, &it, &pos, 0);
}
