// SPDX-License-Identifier: GPL-2.0
/* Turns an errno, and what the driver wrote back, into a sentence that names addresses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cachetype.h"
#include "dev.h"
#include "die.h"
#include "iomem.h"
#include "message.h"
#include "query.h"
#include "text.h"

/* The fields that struct vtl0_add and struct vtl0_plan share. */
struct request {
	uint64_t start, length, chunk_length;
	uint64_t edge;		/* with EINVAL: the start or end that is not aligned, or 0 */
	uint32_t flags, max_order;
};

/* Appends the name of @err to @why, which it frees. */
static char *with_name(char *why, int err)
{
	const char *name = strerrorname_np(err);
	char *s = name ? xasprintf("%s (%s)", why, name)
		       : xasprintf("%s (errno %d)", why, err);

	free(why);
	return s;
}

static char *reason_other(int err)
{
	switch (err) {
	case EPERM:
		return xasprintf("not permitted: the kernel is locked down, and firmware has not set the memory aside for programs");
	case EINTR:
		return xasprintf("interrupted by a signal while it waited, nothing was changed");
	case ENOMEM:
		return xasprintf("the kernel is out of memory");
	case ENOTTY:
		return xasprintf("the device does not know this request: it is not vtl0, or an older one");
	case E2BIG:
	case EOPNOTSUPP:
		return xasprintf("the driver is older than this program and does not know one of the options");
	case EPROTO:
		return xasprintf("the driver's list goes backwards, this is a bug in the driver");
	}
	return xasprintf("%s", strerror(err));
}

char *why_other(int err)
{
	return with_name(reason_other(err), err);
}

char *why_open(int err, const char *path)
{
	char *why;

	if (err == ENOENT || err == ENODEV || err == ENXIO)
		why = xasprintf("no %s: is the module loaded? (modprobe vtl0; if it refuses to load, the kernel log says why)",
				path);
	else if (err == EACCES || err == EPERM)
		why = xasprintf("%s: not permitted: this needs root (CAP_SYS_ADMIN)",
				path);
	else
		why = xasprintf("%s: %s", path, strerror(err));
	return with_name(why, err);
}

static struct vtl0_info get_info(int fd)
{
	struct vtl0_info info = { .size = sizeof(info) };

	if (dev_ioctl(fd, VTL0_INFO, &info))
		info = (struct vtl0_info) { };
	return info;
}

/* The aligned part of the range as text; sets *empty if there is none. */
static struct text trimmed_text(const struct request *r, uint64_t align,
				bool *empty)
{
	uint64_t start = r->start, end = r->start + r->length;

	end -= end % align;
	if (start % align)
		start += align - start % align;
	/* A start that is rounded up to 2^64 becomes 0: hence the first comparison. */
	*empty = start < r->start || start >= end;
	return range_text(start, end - start);
}

static char *reason_edge(const struct request *r, uint64_t align)
{
	const char *side = r->edge == r->start ? "start" : "end";
	struct text trimmed;
	bool empty;

	if (!align)
		return xasprintf("%s %s is not aligned", side,
				 addr_text(r->edge).s);
	trimmed = trimmed_text(r, align, &empty);
	if (empty)
		return xasprintf("%s %s is not a multiple of %s, and no aligned part is inside",
				 side, addr_text(r->edge).s, addr_text(align).s);
	return xasprintf("%s %s is not a multiple of %s; --trim registers %s of it",
			 side, addr_text(r->edge).s, addr_text(align).s,
			 trimmed.s);
}

static char *reason_order(uint32_t order, uint64_t orders)
{
	char *list = xasprintf("order %u is out of range; this driver uses", order);
	unsigned int i;

	for (i = 0; i < 64; i++) {
		char *longer;

		if (!(orders >> i & 1))
			continue;
		longer = xasprintf("%s %u", list, i);
		free(list);
		list = longer;
	}
	return list;
}

static char *reason_value(int fd, struct request *r)
{
	struct vtl0_info info = get_info(fd);
	bool empty;

	if (r->edge && r->flags & VTL0_ADD_COVER)
		return xasprintf("%s %s is not a multiple of the page size, %u",
				 r->edge == r->start ? "start" : "end",
				 addr_text(r->edge).s, info.page_size);
	if (r->edge)
		return reason_edge(r, info.min_align);
	if (info.min_align && r->flags & VTL0_ADD_TRIM) {
		trimmed_text(r, info.min_align, &empty);
		if (empty)
			return xasprintf("there is no part of it that is aligned to %s",
					 addr_text(info.min_align).s);
	}
	if (info.min_align && r->chunk_length % info.min_align)
		return xasprintf("chunk size %s is not a multiple of %s",
				 size_text(r->chunk_length).s,
				 size_text(info.min_align).s);
	if (r->flags & VTL0_ADD_ORDER && info.orders && r->max_order < 64 &&
	    !(info.orders >> r->max_order))
		return reason_order(r->max_order, info.orders);
	return xasprintf("the driver refuses one of the values");
}

static char *reason_range(int fd, const struct request *r)
{
	struct vtl0_info info = get_info(fd);
	uint64_t last = r->start + r->length - 1;

	if (!info.max_address)
		return xasprintf("its last byte %s is beyond what the kernel can map",
				 addr_text(last).s);
	if (last <= info.max_address)
		return xasprintf("%s is below all that the kernel can map",
				 addr_text(r->start).s);
	return xasprintf("its last byte %s is beyond %s, the last one that can be registered",
			 addr_text(last).s, addr_text(info.max_address).s);
}

/* The message for an errno that add and plan share, else NULL. */
static char *reason_request(int err, int fd, struct request *r)
{
	if (err == EINVAL)
		return reason_value(fd, r);
	if (err == ERANGE)
		return reason_range(fd, r);
	if (err == EOPNOTSUPP && (r->start + r->length - 1) >> 63)
		return xasprintf("bit 63 marks a shared alias, which cannot be registered");
	return NULL;
}

/* Exactly this range is registered, but in another way than one of the options asks for. */
static char *reason_mismatch(uint32_t mismatch)
{
	const char *what = mismatch == VTL0_ADD_ORDER ? "other folio orders than --order" :
			   mismatch == VTL0_ADD_CHUNK ? "other chunks than --chunk" :
							"another node than --node";

	return xasprintf("is registered already, with %s asks for: leave that option out, or remove the range first",
			 what);
}

/* Perhaps it has gone since. */
static char *reason_cookie(int fd, const struct vtl0_add *add)
{
	struct vtl0_range_info found;
	struct text cookie = { "" };

	if (!query_behind(fd, add->conflict_start, &found))
		cookie = cookie_text(found.cookie);
	return xasprintf("%s is registered already, %s%s",
			 range_text(add->conflict_start, add->conflict_length).s,
			 cookie.s[0] ? "with the cookie " : "without that cookie", cookie.s);
}

static char *reason_overlap(int fd, const struct vtl0_add *add)
{
	struct vtl0_range_info found;
	const char *state = "";

	if (add->mismatch == VTL0_ADD_EXCLUSIVE)
		return xasprintf("is registered already, and --exclusive was given");
	if (add->mismatch == VTL0_ADD_COOKIE)
		return reason_cookie(fd, add);
	if (add->mismatch == VTL0_ADD_CLEAR)
		return xasprintf("is registered already, and --clear is for new ranges: remove the range first");
	if (add->mismatch && add->mismatch != VTL0_ADD_NAME)
		return reason_mismatch(add->mismatch);
	if (query_behind(fd, add->conflict_start, &found) ||
	    found.start > add->conflict_start)
		return xasprintf("%s of it is registered already",
				 range_text(add->conflict_start,
					    add->conflict_length).s);
	if (found.state == VTL0_STATE_DRAINING)
		state = ", which is draining: it goes when its last pin goes";
	else if (found.state == VTL0_STATE_REMOVING)
		state = ", which is being removed";
	else if (add->mismatch)
		return xasprintf("is registered already %s%s",
				 found.name[0] ? "with the name " : "without a name",
				 found.name);
	return xasprintf("overlaps registered range %s%s; --cover adds what is missing",
			 range_text(found.start, found.length).s, state);
}

static char *reason_conflict(const struct vtl0_add *add, const char *kind)
{
	struct text t = range_text(add->conflict_start, add->conflict_length);
	char *owner, *s;

	if (!add->conflict_length)
		return xasprintf("part of it is %s, see /proc/iomem", kind);
	owner = iomem_owner(add->conflict_start);
	if (owner)
		s = xasprintf("%s is %s: \"%s\", see /proc/iomem", t.s, kind,
			      owner);
	else
		s = xasprintf("%s is %s, see /proc/iomem", t.s, kind);
	free(owner);
	return s;
}

/*
 * EBUSY for memory without an owner in /proc/iomem (Reserved is none) is about its cache
 * type, or about struct pages that are there already.
 */
static char *reason_busy(const struct vtl0_add *add)
{
	struct text t = range_text(add->conflict_start, add->conflict_length);
	char *owner = iomem_owner(add->conflict_start);
	bool claimed = owner && strcmp(owner, "Reserved");
	char *cache, *s;

	free(owner);
	if (claimed || !add->conflict_length)
		return reason_conflict(add, "System RAM or claimed by another driver");
	cache = cachetype_reason(add->conflict_start, add->conflict_length);
	if (cache)
		s = xasprintf("%s is mapped uncached: %s", t.s, cache);
	else
		s = xasprintf("%s is mapped uncached, or has struct pages that an add left behind when memory ran out; see the kernel log",
			      t.s);
	free(cache);
	return s;
}

/* Asks VTL0_PLAN how much memory the add would have needed. */
static char *reason_memory(int fd, const struct vtl0_add *add)
{
	struct vtl0_plan plan = {
		.size = sizeof(plan),
		.flags = add->flags & (VTL0_ADD_TRIM | VTL0_ADD_ORDER |
				       VTL0_ADD_CHUNK | VTL0_ADD_COVER),
		.start = add->start, .length = add->length,
		.chunk_length = add->chunk_length, .max_order = add->max_order,
	};

	if (dev_ioctl(fd, VTL0_PLAN, &plan))
		return reason_other(ENOMEM);
	return xasprintf("the kernel is out of memory; the memmap of %s takes %s",
			 range_text(plan.planned_start, plan.planned_length).s,
			 about_text(plan.memmap_bytes).s);
}

char *why_add(int err, int fd, const struct vtl0_add *add)
{
	struct request r = {
		add->start, add->length, add->chunk_length,
		add->conflict_start, add->flags, add->max_order,
	};
	char *why = reason_request(err, fd, &r);

	if (err == EEXIST)
		why = reason_overlap(fd, add);
	else if (err == EBUSY)
		why = reason_busy(add);
	else if (err == ENXIO)
		why = reason_conflict(add, "device address space (PCI, MMIO)");
	else if (err == EXDEV)
		why = xasprintf("only a part of it is reserved memory: cut it at %s, or let --cover do that",
				addr_text(add->conflict_start).s);
	else if (err == ENODEV)
		why = xasprintf("NUMA node %d is not online", add->node);
	else if (err == ENOMEM)
		why = reason_memory(fd, add);
	else if (err == ENOTUNIQ)
		why = xasprintf("the name %s is taken", add->name);
	else if (err == ENOSPC)
		why = xasprintf("too many ranges have a name");
	return with_name(why ?: reason_other(err), err);
}

char *why_window(int err, int fd, const struct vtl0_window *window)
{
	const struct vtl0_add add = {
		.flags = VTL0_ADD_COVER, .start = window->start, .length = window->length,
		.conflict_start = window->conflict_start,
		.conflict_length = window->conflict_length,
	};
	struct request r = {
		.start = add.start, .length = add.length, .edge = add.conflict_start,
		.flags = add.flags,
	};
	char *why = reason_request(err, fd, &r);

	if (err == EEXIST)
		why = xasprintf("%s of it is in another window, see vtl0ctl window list",
				range_text(add.conflict_start, add.conflict_length).s);
	else if (err == EBUSY)
		why = reason_busy(&add);
	else if (err == ENXIO)
		why = reason_conflict(&add, "device address space (PCI, MMIO)");
	return with_name(why ?: reason_other(err), err);
}

char *why_plan(int err, int fd, const struct vtl0_plan *plan)
{
	struct request r = {
		plan->start, plan->length, plan->chunk_length,
		plan->edge, plan->flags, plan->max_order,
	};

	return with_name(reason_request(err, fd, &r) ?: reason_other(err), err);
}

static char *reason_missing(int fd, const struct vtl0_remove *remove)
{
	struct vtl0_range_info found;

	if (query_behind(fd, remove->start, &found) ||
	    found.start >= remove->start + remove->length)
		return xasprintf("nothing is registered there");
	if (remove->flags & VTL0_REMOVE_PART)
		return xasprintf("is not all in one registered range; it overlaps %s",
				 range_text(found.start, found.length).s);
	return xasprintf("is not a registered range but overlaps %s, which is %s; start and length must be the same, or give --part for chunks of it",
			 range_text(found.start, found.length).s,
			 state_text(found.state));
}

static char *reason_cut(const struct vtl0_remove *remove)
{
	return xasprintf("would cut the chunk %s: chunks go whole, 'vtl0ctl list --chunks' shows them",
			 range_text(remove->busy_start, remove->busy_length).s);
}

static char *reason_pinned(int fd, const struct vtl0_remove *remove)
{
	struct vtl0_range_info found;
	bool draining = !query_behind(fd, remove->start, &found) &&
			found.start == remove->start &&
			found.state == VTL0_STATE_DRAINING;

	return xasprintf("the %s folio at %s is pinned (O_DIRECT in flight, a registered buffer, VFIO or a pipe); the range %s",
			 size_text(remove->busy_length).s,
			 addr_text(remove->busy_start).s,
			 draining ? "is draining and goes when its last pin goes" :
				    "stays registered");
}

char *why_remove(int err, int fd, const struct vtl0_remove *remove)
{
	char *why;

	if (err == ENOENT)
		why = reason_missing(fd, remove);
	else if (err == EINVAL && remove->busy_length)
		why = reason_cut(remove);
	else if (err == EBUSY && remove->busy_length)
		why = reason_pinned(fd, remove);
	else if (err == EBUSY)
		why = xasprintf("the range is busy and stays registered");
	else
		why = reason_other(err);
	return with_name(why, err);
}
