// SPDX-License-Identifier: GPL-2.0
/* The array goes to the caller, or away. */

static long pin(struct vm *vm, u64 hva, size_t n, struct page ***out)
{
	struct page **p = kvcalloc(n, sizeof(*p), GFP_KERNEL_ACCOUNT);
	long got;

	if (!p)
		return -ENOMEM;
	got = pin_user_pages_fast(hva, n, FOLL_WRITE | FOLL_LONGTERM, p);
	if (got == n) {
		*out = p;
		return 0;
	}
	kvfree(p);
	return got < 0 ? got : -EFAULT;	/* expect: PG06 */
}
