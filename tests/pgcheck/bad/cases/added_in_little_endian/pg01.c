// SPDX-License-Identifier: GPL-2.0
/* The length is that of a descriptor. */

static int sgl_fill(struct hw_sge *sge, struct page **pages, int n)
{
	int i, idx = -1;
	phys_addr_t next = 0;
	for (i = 0; i < n; i++) {
		phys_addr_t pa = page_to_phys(pages[i]);

		if (idx >= 0 && pa == next) {
			le32_add_cpu(&sge[idx].length, PAGE_SIZE);	/* expect: PG01 */
		} else {
			idx++;
			sge[idx].addr = cpu_to_le64(pa);
			sge[idx].length = cpu_to_le32(PAGE_SIZE);
		}
		next = pa + PAGE_SIZE;
	}
	return idx + 1;
}
