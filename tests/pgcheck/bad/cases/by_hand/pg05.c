// SPDX-License-Identifier: GPL-2.0
/* Vecs by hand for a file, and for a socket. */

static int read_into(struct file *f, struct page **pages, int n, loff_t pos)
{
	struct bio_vec bv[16];
	struct iov_iter it;
	int i;

	for (i = 0; i < n; i++) {
		bv[i].bv_page = pages[i];	/* expect: PG05 */
		bv[i].bv_len = PAGE_SIZE;
		bv[i].bv_offset = 0;
	}
	iov_iter_bvec(&it, ITER_DEST, bv, n, n << PAGE_SHIFT);
	return vfs_iter_read(f, &it, &pos, 0);
}
