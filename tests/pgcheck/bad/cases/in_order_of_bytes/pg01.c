// SPDX-License-Identifier: GPL-2.0
/* The length has the order of bytes of the device. */

static unsigned int sgls(struct my_sgl *out, struct bio_vec *in, unsigned int cnt)
{
	struct my_sgl *tail = NULL;

	for (; cnt; cnt--, in++) {
		u64 bus = bvec_phys(in);

		if (tail && le64_to_cpu(tail->addr) + le32_to_cpu(tail->length) == bus) {
			tail->length = cpu_to_le32(le32_to_cpu(tail->length) + in->bv_len);	/* expect: PG01 */
			continue;
		}
		tail = tail ? tail + 1 : out;
		tail->addr = cpu_to_le64(bus);
		tail->length = cpu_to_le32(in->bv_len);
	}
	return tail ? tail - out + 1 : 0;
}
