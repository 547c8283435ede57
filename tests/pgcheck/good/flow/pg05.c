// SPDX-License-Identifier: GPL-2.0
/* Tables by hand that become I/O. Nothing here may be reported. */

static int send_vec(struct socket *sock, struct page **pages, int n)
{
	struct bio_vec bv[16];
	struct msghdr msg = { .msg_flags = MSG_SPLICE_PAGES };
	int i;

	for (i = 0; i < n; i++) {
		bv[i].bv_page = pages[i];
		bv[i].bv_len = PAGE_SIZE;
		bv[i].bv_offset = 0;
	}
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bv, n, n * PAGE_SIZE);
	return sock_sendmsg(sock, &msg);
}

static void to_sg(struct bio_vec *src, struct scatterlist *sg, int n)
{
	struct bio_vec tmp;
	int i;

	for (i = 0; i < n; i++) {
		tmp.bv_page = src[i].bv_page;
		tmp.bv_len = src[i].bv_len;
		tmp.bv_offset = src[i].bv_offset;
		sg_set_page(sg + i, tmp.bv_page, tmp.bv_len, tmp.bv_offset);
	}
}

static void bch_map(struct bio *bio, void *base)
{
	size_t size = bio->bi_iter.bi_size;
	struct bio_vec *bv = bio->bi_io_vec;

	bv->bv_offset = base ? offset_in_page(base) : 0;
	goto start;
	for (; size; bio->bi_vcnt++, bv++) {
		bv->bv_offset = 0;
start:		bv->bv_len = min_t(size_t, PAGE_SIZE - bv->bv_offset, size);
		if (base) {
			bv->bv_page = is_vmalloc_addr(base) ? vmalloc_to_page(base) : virt_to_page(base);
			base += bv->bv_len;
		}
		size -= bv->bv_len;
	}
}
