// SPDX-License-Identifier: GPL-2.0
/* Vecs by hand for a file, and for a socket. */

static int send_pages(struct socket *s, struct page **pages, int n)
{
	struct msghdr msg = { .msg_flags = MSG_SPLICE_PAGES };
	struct bio_vec bv[16];
	int i;

	for (i = 0; i < n; i++) {
		bv[i].bv_page = pages[i];
		bv[i].bv_len = PAGE_SIZE;
		bv[i].bv_offset = 0;
	}
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bv, n, n << PAGE_SHIFT);
	return sock_sendmsg(s, &msg);
}
