// SPDX-License-Identifier: GPL-2.0
/* The second entry has the offset of the first buffer. */

static void entries(struct scatterlist *sg, void *head, void *body, unsigned int len)
{
	sg_set_page(&sg[0], virt_to_page(head), 16, offset_in_page(head));
	sg_set_page(&sg[1], virt_to_page(body), len, offset_in_page(head));	/* expect: PG10 */
}
