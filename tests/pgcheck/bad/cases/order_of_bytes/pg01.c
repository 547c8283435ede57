// SPDX-License-Identifier: GPL-2.0
/* The entries of the ring are little endian. */

static int table(struct ring *ring, struct bio_vec *vecs, int nr)
{
	int i, n = -1;

	for (i = 0; i < nr; i++) {
		u64 at = page_to_phys(vecs[i].bv_page) + vecs[i].bv_offset;

		if (n >= 0 && le64_to_cpu(ring->entry[n].at) + le32_to_cpu(ring->entry[n].bytes) == at) {
			le32_add_cpu(&ring->entry[n].bytes, vecs[i].bv_len);	/* expect: PG01 */
			continue;
		}
		n++;
		ring->entry[n].at = cpu_to_le64(at);
		ring->entry[n].bytes = cpu_to_le32(vecs[i].bv_len);
	}
	return n + 1;
}
