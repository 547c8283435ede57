// SPDX-License-Identifier: GPL-2.0
/*
 * Checks the arguments of user space and turns them into a request, or into the errno of
 * the first error in them. No function here changes the driver's state.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <linux/uidgid.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "request.h"
#include "vtl0.h"

/* On isolated platforms bit 63 of an address selects its shared alias; see vtl0_unalias(). */
#define ALIAS_BIT	BIT_ULL(63)

/* See vtl0_unalias(). */
static unsigned int alias_bit;
module_param(alias_bit, uint, 0444);
MODULE_PARM_DESC(alias_bit, "Address bit that selects an alias of the same memory, 30 to 63 (default 0: none)");

#define PLAN_FLAGS	(VTL0_ADD_TRIM | VTL0_ADD_ORDER | VTL0_ADD_CHUNK | VTL0_ADD_COVER)
#define ADD_FLAGS	(PLAN_FLAGS | VTL0_ADD_NODE | VTL0_ADD_PERSIST | VTL0_ADD_EXCLUSIVE | \
			 VTL0_ADD_NAME | VTL0_ADD_CLEAR | VTL0_ADD_COOKIE)

/**
 * vtl0_check_params() - check the module parameters
 *
 * Return: 0 or -EINVAL.
 */
int vtl0_check_params(void)
{
	if (!alias_bit || (alias_bit >= 30 && alias_bit < 64))
		return 0;
	pr_err("alias_bit=%u: it is 30 to 63, or 0 for none\n", alias_bit);
	return -EINVAL;
}

/**
 * vtl0_unalias() - the address by which this driver knows a page that has two
 * @address: physical address or file offset from user space
 *
 * Under a paravisor a page may have a second address, in which one more bit is set to say
 * how the page is shared. This kernel has struct pages for the address without that bit.
 *
 * Return: the address without the bit that the parameter alias_bit names.
 */
u64 vtl0_unalias(u64 address)
{
	return alias_bit ? address & ~BIT_ULL(alias_bit) : address;
}

/**
 * vtl0_max_address() - the last byte that can have a struct page and a mapping
 *
 * Return: a physical address, below the alias bit if there is one.
 */
u64 vtl0_max_address(void)
{
	u64 last = min_t(u64, mhp_get_pluggable_range(true).end, iomem_resource.end);

	return alias_bit ? min(last, BIT_ULL(alias_bit) - 1) : last;
}

/**
 * vtl0_check_range() - can these addresses be registered at all?
 * @start: first byte
 * @length: bytes
 *
 * Return: 0, -EINVAL (empty), -EOPNOTSUPP (shared alias), -EOVERFLOW (wraps) or -ERANGE
 * (outside of the addresses that the kernel can map; on arm64 they begin near the first RAM).
 */
int vtl0_check_range(u64 start, u64 length)
{
	u64 end;

	if (!length)
		return -EINVAL;
	if (start & ALIAS_BIT)
		return -EOPNOTSUPP;
	if (check_add_overflow(start, length, &end))
		return -EOVERFLOW;
	if (start < mhp_get_pluggable_range(true).start || end - 1 > vtl0_max_address())
		return -ERANGE;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_check_range);

/**
 * vtl0_target_node() - the NUMA node that firmware names for an address
 * @address: physical address
 *
 * Return: a NUMA node, or NUMA_NO_NODE.
 */
int vtl0_target_node(u64 address)
{
	KUNIT_STATIC_STUB_REDIRECT(vtl0_target_node, address);
	return phys_to_target_node(address);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_target_node);

/**
 * vtl0_node_end() - where the NUMA node of an address ends
 * @start: the address
 * @end: how far to look
 *
 * Looks at one address in each section of memory (128 MiB on x86), as no machine divides a
 * section among more than two NUMA nodes; beyond 16 TiB, where there are more than 2^17
 * sections, at 2^17 addresses.
 *
 * Context: sleeps.
 * Return: the first address behind @start, a multiple of min_align, from which on firmware
 * names another NUMA node; @end if there is none.
 */
u64 vtl0_node_end(u64 start, u64 end)
{
	u64 step = max(PFN_PHYS((u64)PAGES_PER_SECTION),
		       roundup_pow_of_two((end - start) >> 17 | 1));
	u64 align = vtl0_geometry.min_align, same = start, other = start;
	int node = vtl0_target_node(start);

	do {
		same = other;
		if (other >= end - 1)
			return end;
		other = min(ALIGN(other + 1, step), end - 1);
		cond_resched();
	} while (vtl0_target_node(other) == node);
	/* between the two */
	while (round_up(same + 1, align) < other) {
		u64 middle = max(round_down(same + (other - same) / 2, align),
				 round_up(same + 1, align));

		if (vtl0_target_node(middle) == node)
			same = middle;
		else
			other = middle;
	}
	return min(round_up(same + 1, align), end);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_node_end);

/* Go on with the part on the next NUMA node; that is all of @rq if it names a node. */
static void begin_node(struct vtl0_chunk_walk *walk)
{
	const struct vtl0_request *rq = walk->rq;
	u64 align = vtl0_geometry.min_align, start = walk->next, end = rq->start + rq->length;
	u64 head, tail;

	if (!(rq->flags & VTL0_ADD_NODE))
		end = vtl0_node_end(start, end);
	head = min(round_up(start, align), end) - start;
	tail = (end - start - head) % align;
	walk->head = (struct vtl0_piece) { .start = start, .length = head };
	walk->middle = (struct vtl0_piece_walk) {
		.g = &vtl0_geometry,
		.pos = start + head,
		.left = end - start - head - tail,
		.chunk_length = rq->chunk_length,
		.max_order = rq->max_order,
	};
	walk->tail = (struct vtl0_piece) { .start = end - tail, .length = tail };
	walk->next = end;
}

/**
 * vtl0_chunk_walk_begin() - a walk through the chunks of a request
 * @rq: checked; stays where it is during the walk
 *
 * The planner cuts the memory between the aligned edges. The memory below and above, each in
 * one block of min_align, becomes a chunk of single pages. No chunk lies on two NUMA nodes,
 * unless @rq names a NUMA node.
 *
 * Return: for vtl0_chunk_walk_next().
 */
struct vtl0_chunk_walk vtl0_chunk_walk_begin(const struct vtl0_request *rq)
{
	return (struct vtl0_chunk_walk) { .rq = rq, .next = rq->start };
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_chunk_walk_begin);

/**
 * vtl0_chunk_walk_next() - the next chunk of a request
 * @walk: from vtl0_chunk_walk_begin()
 * @piece: out: the chunk
 *
 * Return: whether there was one.
 */
bool vtl0_chunk_walk_next(struct vtl0_chunk_walk *walk, struct vtl0_piece *piece)
{
	const struct vtl0_piece *next;

	for (;;) {
		*piece = walk->head;
		walk->head.length = 0;
		if (piece->length)
			return true;
		next = walk->middle.g ? vtl0_piece_walk_next(&walk->middle) : NULL;
		if (next) {
			*piece = *next;
			return true;
		}
		*piece = walk->tail;
		walk->tail.length = 0;
		if (piece->length)
			return true;
		if (walk->next == walk->rq->start + walk->rq->length)
			return false;
		begin_node(walk);
	}
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_chunk_walk_next);

/**
 * vtl0_count_chunks() - how many chunks the planner makes of a request
 * @rq: checked
 *
 * Return: the number, or VTL0_MAX_CHUNKS + 1 if there are more than VTL0_MAX_CHUNKS.
 */
unsigned int vtl0_count_chunks(const struct vtl0_request *rq)
{
	struct vtl0_chunk_walk walk = vtl0_chunk_walk_begin(rq);
	struct vtl0_piece piece;
	unsigned int nr = 0;

	while (nr <= VTL0_MAX_CHUNKS && vtl0_chunk_walk_next(&walk, &piece))
		nr++;
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_count_chunks);

/* Are the edges of @rq, with VTL0_ADD_COVER, multiples of the page size? */
static int check_pages(const struct vtl0_request *rq, u64 *edge)
{
	u64 end = rq->start + rq->length;

	if (PAGE_ALIGNED(rq->start) && PAGE_ALIGNED(end))
		return 0;
	*edge = PAGE_ALIGNED(rq->start) ? end : rq->start;
	return -EINVAL;
}

/* Check the arguments that VTL0_ADD and VTL0_PLAN share; @rq has start and length. */
static int check_layout(u32 flags, u32 max_order, u64 chunk_length,
			struct vtl0_request *rq, u64 *edge)
{
	const struct vtl0_geometry *g = &vtl0_geometry;
	int ret;

	if (flags & VTL0_ADD_COVER && flags & (VTL0_ADD_TRIM | VTL0_ADD_EXCLUSIVE | VTL0_ADD_NAME))
		return -EINVAL;
	if (!(flags & VTL0_ADD_ORDER) && max_order)
		return -EINVAL;
	if (max_order >= BITS_PER_LONG - PAGE_SHIFT)
		return -EINVAL;
	rq->max_order = flags & VTL0_ADD_ORDER ? max_order : PMD_ORDER;

	if (!(flags & VTL0_ADD_CHUNK) != !chunk_length)
		return -EINVAL;
	if (!IS_ALIGNED(chunk_length, g->min_align))
		return -EINVAL;
	rq->chunk_length = chunk_length;

	ret = vtl0_check_range(rq->start, rq->length);
	if (ret)
		return ret;
	if (flags & VTL0_ADD_COVER)
		ret = check_pages(rq, edge);
	else
		ret = vtl0_trim(g, &rq->start, &rq->length, flags & VTL0_ADD_TRIM, edge);
	if (ret)
		return ret;
	return vtl0_count_chunks(rq) > VTL0_MAX_CHUNKS ? -EINVAL : 0;
}

static int check_numa_node(const struct vtl0_add *arg, struct vtl0_request *rq)
{
	if (!(arg->flags & VTL0_ADD_NODE)) {
		if (arg->node)
			return -EINVAL;
		rq->node = numa_mem_id();
		return 0;
	}
	if (arg->node < 0 || arg->node >= MAX_NUMNODES)
		return -EINVAL;
	if (!node_online(arg->node))
		return -ENODEV;
	rq->node = arg->node;
	return 0;
}

/* Is @name a file name that udev and shells handle without quotes? */
static bool is_name(const char *name)
{
	size_t length = strnlen(name, VTL0_NAME_SIZE), i;

	if (!length || length == VTL0_NAME_SIZE || !isalnum(name[0]))
		return false;
	for (i = 0; i < length; i++)
		if (!isascii(name[i]) || (!isalnum(name[i]) && !strchr("_-.", name[i])))
			return false;
	return !memchr_inv(name + length, 0, VTL0_NAME_SIZE - length);
}

static int check_file(const struct vtl0_add *arg, struct vtl0_file_attr *file)
{
	if (!(arg->flags & VTL0_ADD_NAME)) {
		bool none = !arg->file_mode && !arg->file_uid && !arg->file_gid &&
			    !memchr_inv(arg->name, 0, sizeof(arg->name));

		return none ? 0 : -EINVAL;
	}
	if (!is_name(arg->name) || arg->file_mode & ~0666)
		return -EINVAL;
	memcpy(file->name, arg->name, sizeof(file->name));
	/* devtmpfs takes 0 for this, too */
	file->mode = arg->file_mode ?: 0600;
	file->uid = make_kuid(current_user_ns(), arg->file_uid);
	file->gid = make_kgid(current_user_ns(), arg->file_gid);
	return uid_valid(file->uid) && gid_valid(file->gid) ? 0 : -EINVAL;
}

/**
 * vtl0_check_cookie() - check and take a cookie
 * @given: the flag that asks for it
 * @bytes: from user space
 * @cookie: filled
 *
 * Return: 0, or -EINVAL if it is zero, or not although @given is not set.
 */
int vtl0_check_cookie(bool given, const u8 *bytes, struct vtl0_cookie *cookie)
{
	memcpy(cookie->bytes, bytes, sizeof(cookie->bytes));
	return given == !memchr_inv(bytes, 0, sizeof(cookie->bytes)) ? -EINVAL : 0;
}

/**
 * vtl0_check_add() - check the argument of VTL0_ADD
 * @arg: from user space
 * @rq: filled
 * @edge: out, with -EINVAL: the unaligned edge, if that is the cause
 *
 * Return: 0 or an errno of the table in uapi/linux/vtl0.h.
 */
int vtl0_check_add(const struct vtl0_add *arg, struct vtl0_request *rq, u64 *edge)
{
	int ret;

	if (arg->flags & ~ADD_FLAGS)
		return -EOPNOTSUPP;
	*rq = (struct vtl0_request) {
		.start = vtl0_unalias(arg->start),
		.length = arg->length,
		.flags = arg->flags,
		.persist = arg->flags & VTL0_ADD_PERSIST,
	};
	ret = check_layout(arg->flags, arg->max_order, arg->chunk_length, rq, edge);
	if (ret)
		return ret;
	ret = check_numa_node(arg, rq);
	if (ret)
		return ret;
	ret = vtl0_check_cookie(arg->flags & VTL0_ADD_COOKIE, arg->cookie, &rq->cookie);
	if (ret)
		return ret;
	return arg->reserved ? -EINVAL : check_file(arg, &rq->file);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_check_add);

/**
 * vtl0_check_plan() - check the argument of VTL0_PLAN
 * @arg: from user space
 * @rq: filled, but for the members that only matter for registration
 * @edge: as in vtl0_check_add()
 *
 * Return: 0 or an errno of the table in uapi/linux/vtl0.h.
 */
int vtl0_check_plan(const struct vtl0_plan *arg, struct vtl0_request *rq, u64 *edge)
{
	if (arg->flags & ~PLAN_FLAGS)
		return -EOPNOTSUPP;
	*rq = (struct vtl0_request) {
		.start = vtl0_unalias(arg->start),
		.length = arg->length,
	};
	return check_layout(arg->flags, arg->max_order, arg->chunk_length, rq, edge);
}
