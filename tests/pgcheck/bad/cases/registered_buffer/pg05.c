// SPDX-License-Identifier: GPL-2.0
/* The vector becomes a buffer of io_uring, though a caller copies as well. */

static int offer(struct cmd *cmd, struct folio **folios, struct bio_vec *vecs, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		vecs[i].bv_page = folio_page(folios[i], 0);	/* expect: PG05 */
		vecs[i].bv_offset = 0;
		vecs[i].bv_len = folio_size(folios[i]);
	}
	return io_buffer_register_bvec(cmd->uring, vecs, nr, offer_done, cmd, IO_BUF_SOURCE, 0, 0);
}

static int copy_cmd(struct cmd *cmd)
{
	if (copy_to_user(cmd->to, cmd->from, cmd->len))
		return -EFAULT;
	return offer(cmd, cmd->folios, cmd->vecs, cmd->nr);
}
