// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a physical range may be registered: not System RAM, not claimed
 * by a driver, not device address space, without struct pages. With most of such memory
 * memremap_pages() would warn or leave a half-done add (mm/memremap.c,
 * mm/memory_hotplug.c), so this file refuses all of it before.
 */
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/mmzone.h>
#include <linux/string.h>

#include "claim.h"
#include "vtl0.h"

static void set_conflict(struct vtl0_span *conflict, u64 start, u64 length)
{
	conflict->start = start;
	conflict->length = length;
}

/* The range to check, and where to report the resource that is in its way. */
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
 * Does firmware keep this memory from the kernel? x86 has descriptors for that;
 * arm64 only the name that request_standard_resources() gives to no-map memory.
 */
static bool is_reserved(const struct resource *res)
{
	return res->desc == IORES_DESC_RESERVED || res->desc == IORES_DESC_SOFT_RESERVED ||
	       (IS_ENABLED(CONFIG_ARM64) && res->name && !strcmp(res->name, "reserved"));
}

/*
 * As is_reserved(), for a part that walk_iomem_res_desc() has found. The part is a copy of
 * the resource without its name. So where the name is needed, claim a page of the part, and
 * look at the parent of that region. If no page is free, all of the part is claimed already,
 * and the walk through busy resources decides.
 */
static bool part_is_reserved(const struct resource *part)
{
	u64 end = min_t(u64, part->end + 1, part->start + vtl0_geometry.min_align);
	u64 pos = part->start;

	if (is_reserved(part) || !IS_ENABLED(CONFIG_ARM64))
		return is_reserved(part);
	for (; pos < end; pos += PAGE_SIZE) {
		u64 length = min_t(u64, PAGE_SIZE, end - pos);
		struct resource *res = request_mem_region(pos, length, "vtl0");
		bool reserved;

		if (!res)
			continue;
		reserved = is_reserved(res->parent);
		release_mem_region(pos, length);
		return reserved;
	}
	return true;
}

/*
 * Called for each resource that is not busy; walk_iomem_res_desc() clips @res to the range.
 * Reserved memory may be registered if the whole range lies in @res, as request_mem_region()
 * cannot cut another resource; else the range must be cut at the edge of @res. Any other
 * resource is device address space: a PCI window, a BAR.
 */
static int found_other(struct resource *res, void *arg)
{
	struct claim *claim = arg;
	bool reserved = part_is_reserved(res);
	u64 edge = res->start > claim->start ? res->start : res->end + 1;

	if (reserved && resource_size(res) == claim->length)
		return 0;
	if (reserved && PAGE_ALIGNED(edge)) {
		set_conflict(claim->conflict, edge, 0);
		return -EXDEV;
	}
	set_conflict(claim->conflict, res->start, resource_size(res));
	return reserved ? -EBUSY : -ENXIO;
}

static int walk(struct claim *claim, unsigned long flags,
		int (*func)(struct resource *res, void *arg))
{
	int ret = walk_iomem_res_desc(IORES_DESC_NONE, flags, claim->start,
				      claim->start + claim->length - 1, claim, func);

	/* -EINVAL: no resource lies in the range */
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

/* Does another range have struct pages in the block of @address? block.c shares them. */
static bool is_shared(u64 address)
	__must_hold(&vtl0_lock)
{
	u64 align = vtl0_geometry.min_align;
	u64 block = round_down(address, align);
	struct vtl0_chunk *chunk = vtl0_chunk_next(block);

	return chunk && chunk->piece.start < block + align;
}

/*
 * memremap_pages() fails half-way and does not unwind where struct pages exist
 * already: of RAM, of another pgmap, or left by an earlier call that failed.
 */
static int check_sections(u64 start, u64 length, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	u64 align = vtl0_geometry.min_align;
	u64 end = round_up(start + length, align);
	u64 pos = round_down(start, align);

	while (pos < end) {
		unsigned long pfn = PHYS_PFN(pos);

		if (!valid_section(__pfn_to_section(pfn))) {
			pos = PFN_PHYS(ALIGN(pfn + 1, PAGES_PER_SECTION));
			cond_resched();
			continue;
		}
		if (has_memmap(pfn) && !is_shared(pos)) {
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

/* May @res, which was not asked for, lie in a block that gets struct pages? */
static int found_beside(struct resource *res, void *arg)
{
	struct claim *claim = arg;
	struct vtl0_chunk *chunk = vtl0_chunk_find(res->start);

	if (chunk && res->end < chunk->range->start + chunk->range->length)
		return 0;
	if (!(res->flags & IORESOURCE_BUSY) && part_is_reserved(res))
		return 0;
	set_conflict(claim->conflict, res->start, resource_size(res));
	return res->flags & IORESOURCE_BUSY ? -EBUSY : -ENXIO;
}

/* Check the memory between an edge of the range and the edge of its block. */
static int check_beside(u64 start, u64 end, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	struct claim claim = { .start = start, .length = end - start, .conflict = conflict };
	int ret;

	if (start == end)
		return 0;
	ret = walk(&claim, IORESOURCE_MEM | IORESOURCE_BUSY, found_beside);
	if (ret)
		return ret;
	return walk(&claim, IORESOURCE_MEM, found_beside);
}

/*
 * walk_iomem_res_desc() does not descend into reserved resources, and a child of one
 * (of PNP, for example) inherits the descriptor. So check the parent of the region
 * that was really requested.
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
 * request_mem_region() fails for three reasons: another driver took the range since
 * it was checked, there is no memory, or the range covers or cuts a resource within a
 * reserved one, which check_resources() does not see.
 */
static int refusal_errno(u64 start, u64 length, struct vtl0_span *conflict)
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

static struct resource *request(u64 start, u64 length, struct vtl0_span *conflict)
{
	struct resource *res = request_mem_region(start, length, "vtl0");
	int ret;

	if (!res)
		return ERR_PTR(refusal_errno(start, length, conflict));
	ret = check_parent(res, conflict);
	if (!ret)
		return res;
	release_mem_region(start, length);
	return ERR_PTR(ret);
}

/**
 * vtl0_claim() - claim a range as this driver's memory region
 * @start: first byte of a page
 * @length: bytes, of whole pages; the rest of the blocks of min_align in which the edges lie
 *	must be free, too, or belong to ranges
 * @conflict: out, with -EBUSY and -ENXIO: the obstacle; with -EXDEV: where to cut
 *
 * The caller releases the claim with release_mem_region().
 *
 * Context: under vtl0_lock; may sleep.
 * Return: the region, or an ERR_PTR(): -EBUSY for memory in use, -ENXIO for device
 * address space, -EXDEV for a range of which only a part lies in reserved memory, -ENOMEM.
 */
struct resource *vtl0_claim(u64 start, u64 length, struct vtl0_span *conflict)
{
	u64 align = vtl0_geometry.min_align;
	int ret;

	ret = check_resources(start, length, conflict) ?:
	      check_beside(round_down(start, align), start, conflict) ?:
	      check_beside(start + length, round_up(start + length, align), conflict) ?:
	      check_sections(start, length, conflict);
	return ret ? ERR_PTR(ret) : request(start, length, conflict);
}

/**
 * vtl0_claim_gap() - claim memory that gets no struct pages as yet
 * @start: first byte of a page
 * @length: bytes, of whole pages
 * @conflict: as in vtl0_claim()
 *
 * The rest of the blocks in which the edges lie is not checked, so windows can share a block.
 *
 * Context: as vtl0_claim().
 * Return: as vtl0_claim().
 */
struct resource *vtl0_claim_gap(u64 start, u64 length, struct vtl0_span *conflict)
{
	int ret = check_resources(start, length, conflict);

	return ret ? ERR_PTR(ret) : request(start, length, conflict);
}

/**
 * vtl0_claim_cut() - give up a part of a claimed region, but not all of it
 * @res: from vtl0_claim(); becomes the memory below the part, or if that is none, above
 * @start: first byte of the part
 * @length: bytes of the part
 * @rest: becomes the claim of the memory above, if @res has memory on both sides; else NULL
 *
 * Does not allocate.
 *
 * Context: under vtl0_lock.
 * Return: false if another driver has taken @rest in the moment in which it was free.
 */
bool vtl0_claim_cut(struct resource *res, u64 start, u64 length, struct resource *rest)
{
	u64 first = res->start, part_end = start + length, end = res->end + 1;

	if (first == start)
		return !adjust_resource(res, part_end, end - part_end);
	if (!rest)
		return !adjust_resource(res, first, start - first);
	*rest = (struct resource) {
		.start = part_end, .end = end - 1,
		.name = res->name, .flags = res->flags, .desc = res->desc,
	};
	return !adjust_resource(res, first, start - first) &&
	       !request_resource(res->parent, rest);
}
