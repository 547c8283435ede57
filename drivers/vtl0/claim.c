// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a physical range may be registered: not System RAM, not claimed
 * by a driver, not device address space, without struct pages. memremap_pages()
 * answers most of that with a WARN or a half-done add (mm/memremap.c,
 * mm/memory_hotplug.c), so all of it is refused before.
 */
#include <linux/ioport.h>
#include <linux/mmzone.h>

#include "vtl0.h"

static void set_conflict(struct vtl0_span *conflict, u64 start, u64 length)
{
	conflict->start = start;
	conflict->length = length;
}

static int found_busy(struct resource *res, void *arg)
{
	set_conflict(arg, res->start, resource_size(res));
	return -EBUSY;
}

/*
 * Memory that firmware keeps from the kernel is what this driver is for; other
 * resources that nobody has claimed are PCI windows, BARs and the like.
 */
static int found_device(struct resource *res, void *arg)
{
	if (res->desc == IORES_DESC_RESERVED || res->desc == IORES_DESC_SOFT_RESERVED)
		return 0;
	set_conflict(arg, res->start, resource_size(res));
	return -ENXIO;
}

static int walk(u64 start, u64 length, unsigned long flags,
		struct vtl0_span *conflict,
		int (*func)(struct resource *res, void *arg))
{
	int ret = walk_iomem_res_desc(IORES_DESC_NONE, flags, start,
				      start + length - 1, conflict, func);

	/* -EINVAL: there is no resource at all in the range */
	return ret == -EINVAL ? 0 : ret;
}

static bool has_memmap(unsigned long pfn)
{
	struct mem_section *ms;
	bool ret;

	rcu_read_lock_sched();
	ms = __pfn_to_section(pfn);
	ret = valid_section(ms) && pfn_section_valid(ms, pfn);
	rcu_read_unlock_sched();
	return ret;
}

/*
 * Adding pages where struct pages exist fails half-way and is not unwound: they
 * belong to RAM, to another pgmap, or to an earlier add that failed.
 */
static int check_sections(u64 start, u64 length, struct vtl0_span *conflict)
{
	u64 end = start + length;
	u64 pos = start;

	while (pos < end) {
		unsigned long pfn = PHYS_PFN(pos);

		if (!valid_section(__pfn_to_section(pfn))) {
			pos = PFN_PHYS(ALIGN(pfn + 1, PAGES_PER_SECTION));
			cond_resched();
			continue;
		}
		if (has_memmap(pfn)) {
			set_conflict(conflict, pos, SUBSECTION_SIZE);
			return -EBUSY;
		}
		pos += SUBSECTION_SIZE;
	}
	return 0;
}

/**
 * vtl0_claim_check() - may this range be registered?
 * @start: first byte, aligned to a subsection
 * @length: bytes, likewise
 * @conflict: out, on error: what is in the way
 *
 * Context: under vtl0_lock; may sleep.
 * Return: 0, -EBUSY for memory in use, -ENXIO for device address space.
 */
int vtl0_claim_check(u64 start, u64 length, struct vtl0_span *conflict)
{
	int ret;

	ret = walk(start, length, IORESOURCE_MEM | IORESOURCE_BUSY, conflict, found_busy);
	if (ret)
		return ret;
	ret = walk(start, length, IORESOURCE_MEM, conflict, found_device);
	if (ret)
		return ret;
	return check_sections(start, length, conflict);
}
