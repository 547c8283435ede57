// SPDX-License-Identifier: GPL-2.0
/*
 * Measures the kernel's own memcpy() of "size" bytes, for tests/bounce/cost.sh: parameter
 * "ns", once the module is loaded. The median of 9 rounds.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sort.h>

#define ROUNDS 9
#define COPIES 20

static unsigned int size = PAGE_SIZE;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "Bytes to copy (default: a page)");

static unsigned int ns;
module_param(ns, uint, 0444);
MODULE_PARM_DESC(ns, "Nanoseconds of one copy");

static int ascending(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void measure(void *to, void *from)
{
	void *(*copy)(void *to, const void *from, size_t size) = memcpy;
	u64 round[ROUNDS];
	unsigned int r, i;

	/* The function, not the code that the compiler inlines for a call. */
	OPTIMIZER_HIDE_VAR(copy);
	for (r = 0; r < ROUNDS; r++) {
		u64 start = ktime_get_ns();

		for (i = 0; i < COPIES; i++)
			copy(to, from, size);
		round[r] = (ktime_get_ns() - start) / COPIES;
	}
	sort(round, ROUNDS, sizeof(*round), ascending, NULL);
	ns = round[ROUNDS / 2];
}

static int __init kernel_memcpy_init(void)
{
	void *to = kvmalloc(size, GFP_KERNEL | __GFP_ZERO);
	void *from = kvmalloc(size, GFP_KERNEL | __GFP_ZERO);

	if (to && from)
		measure(to, from);
	kvfree(to);
	kvfree(from);
	return to && from ? 0 : -ENOMEM;
}

static void __exit kernel_memcpy_exit(void)
{
}

module_init(kernel_memcpy_init);
module_exit(kernel_memcpy_exit);

MODULE_DESCRIPTION("Measures memcpy()");
MODULE_LICENSE("GPL");
