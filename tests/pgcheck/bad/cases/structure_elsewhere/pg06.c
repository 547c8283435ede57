// SPDX-License-Identifier: GPL-2.0
/* Another file pins into the structure. */

struct mem *mem_new(struct dev *d, unsigned long ua, int n)
{
	struct mem *m = mem_alloc(n);
	int rc;

	rc = mem_pin(m, ua);
	if (rc) {
		kfree(m);
		return ERR_PTR(rc);
	}
	rc = ida_alloc(&d->ids, GFP_KERNEL);
	if (rc < 0) {
		kfree(m);
		return ERR_PTR(rc); /* expect: PG06 */
	}
	m->id = rc;
	return m;
}
