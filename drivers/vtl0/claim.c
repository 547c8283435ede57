// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a physical range may be registered: not System RAM, not claimed
 * by a driver, not device address space, without struct pages. memremap_pages()
 * answers most of that with a WARN or a half-done add (mm/memremap.c,
 * mm/memory_hotplug.c), so all of it is refused before.
 */
#include <linux/ioport.h>
#include <linux/mmzone.h>
#include <linux/string.h>

#include "vtl0.h"

static void set_conflict(struct vtl0_span *conflict, u64 start, u64 length)
{
	conflict->start = start;
	conflict->length = length;
}

/* What is asked for, and what is in the way. */
struct claim {
	u64 start;
	u64 length;
	struct vtl0_span *conflict;
};

static int found_busy(struct resource *res, void *arg)
{
	struct claim *claim = arg;

	set_conflict(claim->conflict, res->start, resource_size(res));
	return -EBUSY;
}

/*
 * Memory that firmware keeps from the kernel: x86 says so by the kind of resource,
 * arm64 by the name that request_standard_resources() gives to no-map memory.
 */
static bool is_reserved(const struct resource *res)
{
	return res->desc == IORES_DESC_RESERVED || res->desc == IORES_DESC_SOFT_RESERVED ||
	       (IS_ENABLED(CONFIG_ARM64) && !strcmp(res->name, "reserved"));
}

/*
 * Memory that firmware keeps from the kernel is what this driver is for, if the
 * whole range lies in it: a claim cannot stick out of another resource. Others
 * that nobody has claimed are PCI windows, BARs and the like. @res is clipped to
 * what is asked for.
 */
static int found_other(struct resource *res, void *arg)
{
	struct claim *claim = arg;

	if (is_reserved(res) && resource_size(res) == claim->length)
		return 0;
	set_conflict(claim->conflict, res->start, resource_size(res));
	return is_reserved(res) ? -EBUSY : -ENXIO;
}

static int walk(struct claim *claim, unsigned long flags,
		int (*func)(struct resource *res, void *arg))
{
	int ret = walk_iomem_res_desc(IORES_DESC_NONE, flags, claim->start,
				      claim->start + claim->length - 1, claim, func);

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

static int check_resources(u64 start, u64 length, struct vtl0_span *conflict)
{
	struct claim claim = { .start = start, .length = length, .conflict = conflict };
	int ret;

	ret = walk(&claim, IORESOURCE_MEM | IORESOURCE_BUSY, found_busy);
	if (ret)
		return ret;
	return walk(&claim, IORESOURCE_MEM, found_other);
}

/*
 * The walk above does not see what lies within a reserved resource, and that is
 * said to be reserved, too, as it inherits from what it is in.
 */
static int check_parent(const struct resource *res, struct vtl0_span *conflict)
{
	const struct resource *parent = res->parent;

	if (parent == &iomem_resource ||
	    (parent->parent == &iomem_resource && is_reserved(parent)))
		return 0;
	set_conflict(conflict, parent->start, resource_size(parent));
	return -ENXIO;
}

/*
 * Somebody was faster, or no memory, or what the walks do not see: a resource
 * within a reserved one that this range covers or cuts. The last stays in the way.
 */
static int why_refused(u64 start, u64 length, struct vtl0_span *conflict)
{
	int ret = check_resources(start, length, conflict);

	if (ret)
		return ret;
	if (request_mem_region(start, length, "vtl0")) {
		release_mem_region(start, length);
		return -ENOMEM;
	}
	set_conflict(conflict, start, length);
	return -EBUSY;
}

/**
 * vtl0_claim() - take a range for this driver, if nothing else may use it
 * @start: first byte, aligned to a subsection
 * @length: bytes, likewise
 * @conflict: out, with -EBUSY and -ENXIO: what is in the way
 *
 * Undone by release_mem_region().
 *
 * Context: under vtl0_lock; may sleep.
 * Return: 0, -EBUSY for memory in use, -ENXIO for device address space, -ENOMEM.
 */
int vtl0_claim(u64 start, u64 length, struct vtl0_span *conflict)
{
	struct resource *res;
	int ret;

	ret = check_resources(start, length, conflict);
	if (ret)
		return ret;
	ret = check_sections(start, length, conflict);
	if (ret)
		return ret;
	res = request_mem_region(start, length, "vtl0");
	if (!res)
		return why_refused(start, length, conflict);
	ret = check_parent(res, conflict);
	if (ret)
		release_mem_region(start, length);
	return ret;
}
