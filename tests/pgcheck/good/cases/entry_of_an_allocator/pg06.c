// SPDX-License-Identifier: GPL-2.0
/* What is sent has one page an entry, from the allocator; what is received was pinned. */

static void sent(struct request_ctx *r)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(r->out, sg, r->nr_out, i)
		if (sg_page(sg))
			put_page(sg_page(sg));
}

static ssize_t receive(struct request_ctx *r, struct iov_iter *iter, size_t len)
{
	r->pinned = iov_iter_extract_will_pin(iter);
	return extract_iter_to_sg(iter, len, &r->in, r->max, 0);
}
