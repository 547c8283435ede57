// SPDX-License-Identifier: GPL-2.0
/*
 * In place of dev.c: a device whose ranges are in the file that the
 * environment variable VTL0_FAKE_STATE names. It checks its input as
 * include/uapi/linux/vtl0.h demands. The fake machine has System RAM below 1G,
 * device memory from 3G to 4G, memory of another driver from 64G to 65G, reserved memory
 * below 96G, node 0 below 256G, node 1 above, and 46 bits of address. More variables:
 *
 * VTL0_FAKE_FAIL=REQUEST:ERRNO  a request (or OPEN) fails, as in ADD:EINTR
 * VTL0_FAKE_BATCH=N             QUERY returns at most N entries
 * VTL0_FAKE_GROW=N              QUERY adds a range behind the last until N exist
 * VTL0_FAKE_STUCK=1             QUERY does not advance the cursor
 * VTL0_FAKE_PINNED=ADDR         this address is pinned
 * VTL0_FAKE_STATE_OF=ADDR:N     the range with this address is in state N
 * VTL0_FAKE_LATER=1             ... after the event of fake_events.c
 * VTL0_FAKE_BAD=N               each range gets N bad pages by that event
 * VTL0_FAKE_PART=1              the second quarter of the second range goes with it
 * VTL0_FAKE_NODE1=ADDR          node 1 begins there
 * VTL0_FAKE_CHMOD=MODE          nodes have this mode now
 * VTL0_FAKE_CHOWN=USER          ... and this owner
 * VTL0_FAKE_PAGES=16K           INFO is of a kernel of arm64 with pages of 16K
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "die.h"
#include "fake.h"
#include "text.h"

#define PAGE 4096
#define MAX_ADDRESS ((1ULL << 46) - 1)

/* Checks and trims the fields that ADD and PLAN share. */
static int check_values(uint32_t flags, uint64_t *start, uint64_t *length,
			uint64_t chunk_length, uint32_t max_order,
			uint64_t *edge)
{
	uint64_t end = *start + *length, align;

	if (!*length || max_order > 18 || chunk_length % MIN_ALIGN ||
	    (max_order && !(flags & VTL0_ADD_ORDER)) ||
	    !chunk_length != !(flags & VTL0_ADD_CHUNK))
		return EINVAL;
	if (flags & VTL0_ADD_COVER && flags & (VTL0_ADD_TRIM | VTL0_ADD_EXCLUSIVE | VTL0_ADD_NAME))
		return EINVAL;
	if (end < *start)
		return EOVERFLOW;
	if (end >> 63)
		return EOPNOTSUPP;
	if (flags & VTL0_ADD_TRIM) {
		*start = (*start + MIN_ALIGN - 1) / MIN_ALIGN * MIN_ALIGN;
		end = end / MIN_ALIGN * MIN_ALIGN;
		if (*start >= end)
			return EINVAL;
		*length = end - *start;
	}
	align = flags & VTL0_ADD_COVER ? PAGE : MIN_ALIGN;
	*edge = *start % align ? *start : end % align ? end : 0;
	if (*edge)
		return EINVAL;
	return end - 1 > MAX_ADDRESS ? ERANGE : 0;
}

static int conflict(struct vtl0_add *add, uint64_t from, uint64_t to, int err)
{
	uint64_t start = add->added_start, end = start + add->added_length;

	if (end <= from || to <= start)
		return 0;
	add->conflict_start = start > from ? start : from;
	add->conflict_length = min(end, to) - add->conflict_start;
	return err;
}

static int find_conflict(struct vtl0_add *add)
{
	size_t i;
	int err;

	for (i = 0; i < nr_ranges; i++) {
		err = conflict(add, ranges[i].start,
			       ranges[i].start + ranges[i].length, EEXIST);
		if (err)
			return err;
	}
	err = conflict(add, 0, G, EBUSY);
	if (!err)
		err = conflict(add, 64 * G, 65 * G, EBUSY);
	/* mapped uncached */
	if (!err)
		err = conflict(add, 66 * G, 69 * G, EBUSY);
	if (!err)
		err = conflict(add, 3 * G, 4 * G, ENXIO);
	/* reserved memory ends there */
	if (!err && add->added_start < 96 * G && add->added_start + add->added_length > 96 * G) {
		add->conflict_start = 96 * G;
		err = EXDEV;
	}
	return err;
}

/* commands.sh counts the ranges by it */
_Static_assert(sizeof(struct fake_range) == 104, "size of the state");

static struct fake_range wanted(const struct vtl0_add *add)
{
	struct fake_range r = {
		.start = add->added_start, .length = add->added_length,
		.chunk_length = add->chunk_length,
		.max_order = add->flags & VTL0_ADD_ORDER ? add->max_order : PMD_ORDER,
		.node = add->flags & VTL0_ADD_NODE ? (uint32_t)add->node :
			firmware_node(add->added_start),
		.one_node = !!(add->flags & VTL0_ADD_NODE),
		.mode = add->file_mode, .uid = add->file_uid, .gid = add->file_gid,
	};

	memcpy(r.name, add->name, sizeof(r.name));
	memcpy(r.cookie, add->cookie, sizeof(r.cookie));
	return r;
}

static int fake_cover(int fd, struct vtl0_add *add)
{
	uint64_t pos = add->start, last = add->start + add->length;
	int err;

	add->nr_chunks = 0;
	while (pos < last) {
		uint64_t end = last;
		struct fake_range *r = range_at(pos, &end);
		struct vtl0_add gap = *add;

		gap.start = pos;
		gap.length = end - pos;
		gap.added_start = gap.start;
		gap.added_length = gap.length;
		if (!r) {
			err = find_conflict(&gap);
			add->conflict_start = gap.conflict_start;
			add->conflict_length = gap.conflict_length;
			if (err)
				return err;
			r = insert_range(wanted(&gap));
			add->nr_chunks++;
		}
		r->persist |= !!(add->flags & VTL0_ADD_PERSIST);
		if (pos == add->start)
			add->id = r->id;
		pos = r->start + r->length;
	}
	save_ranges(fd, false);
	return 0;
}

static int fake_add(int fd, struct vtl0_add *add)
{
	uint64_t start = add->start, length = add->length, edge = 0;
	struct chunk_list list;
	struct fake_range *r;
	int err;

	if (add->size != sizeof(*add) || add->flags >> 10 ||
	    (add->node && !(add->flags & VTL0_ADD_NODE)))
		return EINVAL;
	err = check_values(add->flags, &start, &length, add->chunk_length,
			   add->max_order, &edge);
	add->added_start = start;
	add->added_length = length;
	add->conflict_start = edge;
	if (err)
		return err;
	if (add->node > 1)
		return ENODEV;
	if (add->flags & VTL0_ADD_COVER)
		return fake_cover(fd, add);
	r = find_range(add->added_start, add->added_length);
	add->mismatch = r ? mismatch(r, add) : 0;
	if (!r || add->mismatch) {
		err = find_conflict(add);
		if (!err && name_taken(add->name))
			err = ENOTUNIQ;
		if (err)
			return err;
		r = insert_range(wanted(add));
	}
	if (add->flags & VTL0_ADD_PERSIST)
		r->persist = 1;
	add->id = r->id;
	add->node_used = r->node;
	list = chunks_of(r);
	add->nr_chunks = list.nr;
	free(list.v);
	save_ranges(fd, false);
	return 0;
}

static int fake_remove(int fd, struct vtl0_remove *remove)
{
	struct fake_range *r = find_range(remove->start, remove->length);
	uint64_t pinned = number("VTL0_FAKE_PINNED");

	if (remove->size != sizeof(*remove) || remove->flags & ~VTL0_REMOVE_PART)
		return EINVAL;
	if (!r && remove->flags)
		return fake_remove_part(fd, remove);
	if (!r)
		return ENOENT;
	if (pinned >= r->start && pinned < r->start + r->length) {
		remove->busy_start = pinned;
		remove->busy_length = MIN_ALIGN;
		return EBUSY;
	}
	nr_ranges--;
	memmove(r, r + 1, (ranges + nr_ranges - r) * sizeof(*r));
	save_ranges(fd, false);
	return 0;
}

static struct vtl0_range_info describe(const struct fake_range *r)
{
	struct chunk_list list = chunks_of(r);
	struct vtl0_range_info info = {
		.start = r->start, .length = r->length, .id = r->id,
		.state = fake_state(r), .node = r->node,
		.flags = r->persist ? VTL0_RANGE_PERSIST : 0,
		.nr_chunks = list.nr, .owners = !r->persist,
		.memmap_bytes = memmap_sum(&list), .mappings = 514, .held = 3,
		.faults_pte = 7, .faults_pmd = 512, .faults_pud = 2,
		.fallbacks = 5, .bad_pages = fake_bad_pages(),
	};

	memcpy(info.name, r->name, sizeof(info.name));
	memcpy(info.cookie, r->cookie, sizeof(info.cookie));
	info.memmap_saved = memmap_of(r->length, 0) - info.memmap_bytes;
	free(list.v);
	return info;
}

/* Writes one entry if it ends behind the cursor; 0 when the array is full. */
static bool emit(struct vtl0_query *q, uint32_t room, const void *entry,
		 uint64_t end)
{
	char *buf = (char *)(uintptr_t)q->buf;

	if (end <= q->cursor)
		return true;
	if (q->count == room)
		return false;
	memcpy(buf + (size_t)q->count++ * q->entry_size, entry, q->entry_size);
	q->cursor = end;
	return true;
}

static bool emit_chunks(struct vtl0_query *q, uint32_t room,
			const struct fake_range *r)
{
	struct chunk_list list = chunks_of(r);
	bool more = true;
	uint32_t i;

	for (i = 0; more && i < list.nr; i++) {
		list.v[i].range_id = r->id;
		more = emit(q, room, &list.v[i],
			    list.v[i].start + list.v[i].length);
	}
	free(list.v);
	return more;
}

static void grow(int fd)
{
	if (nr_ranges >= number("VTL0_FAKE_GROW"))
		return;
	insert_range((struct fake_range) {
		.start = nr_ranges ? ranges[nr_ranges - 1].start + G : 128 * G,
		.length = 4 * M, .max_order = 9, .persist = 1,
	});
	save_ranges(fd, false);
}

/* The windows of this process, and one of another. */
static struct vtl0_window_info windows[8] = { { 512 * G, G, 2 * M } };
static size_t nr_windows = 1;

static int fake_query_windows(struct vtl0_query *q)
{
	uint32_t room = q->count;
	bool more = true;
	size_t i;

	if (q->entry_size != sizeof(*windows))
		return EINVAL;
	q->count = 0;
	for (i = 0; more && i < nr_windows; i++)
		more = emit(q, room, &windows[i], windows[i].start + windows[i].length);
	if (more)
		q->cursor = 0;
	return 0;
}

static int fake_window(struct vtl0_window *window)
{
	struct vtl0_add add = {
		.added_start = window->start, .added_length = window->length,
	};
	uint64_t start = window->start, length = window->length, edge = 0;
	size_t i;
	int err;

	if (window->size != sizeof(*window) || window->flags & ~VTL0_WINDOW_COOKIE ||
	    !window->cookie[0] != !window->flags)
		return EINVAL;
	err = check_values(VTL0_ADD_COVER, &start, &length, 0, 0, &edge);
	window->conflict_start = edge;
	if (err)
		return err;
	for (i = 0; !err && i < nr_windows; i++)
		err = conflict(&add, windows[i].start, windows[i].start + windows[i].length,
			       EEXIST);
	if (!err)
		err = find_conflict(&add);
	window->conflict_start = add.conflict_start;
	window->conflict_length = add.conflict_length;
	if (!err)
		windows[nr_windows++] = (struct vtl0_window_info) { start, length, 0 };
	return err;
}

static int fake_query(int fd, struct vtl0_query *q)
{
	uint32_t room = q->count, limit = number("VTL0_FAKE_BATCH");
	bool chunks = q->flags & VTL0_QUERY_CHUNKS, more = true;
	size_t i;

	if (q->size == sizeof(*q) && q->flags == VTL0_QUERY_WINDOWS && room)
		return fake_query_windows(q);
	if (q->size != sizeof(*q) || q->flags >> 1 || !room ||
	    q->entry_size != (chunks ? sizeof(struct vtl0_chunk_info)
				     : sizeof(struct vtl0_range_info)))
		return EINVAL;
	grow(fd);
	if (limit && limit < room)
		room = limit;
	q->count = 0;
	for (i = 0; more && i < nr_ranges; i++) {
		struct vtl0_range_info info = describe(&ranges[i]);

		more = chunks ? emit_chunks(q, room, &ranges[i])
			      : emit(q, room, &info, info.start + info.length);
	}
	if (more)
		q->cursor = 0;
	else if (number("VTL0_FAKE_STUCK"))
		q->cursor = 1;
	return 0;
}

static int fake_info(struct vtl0_info *info)
{
	size_t i;

	if (info->size != sizeof(*info) || info->flags)
		return EINVAL;
	*info = (struct vtl0_info) {
		.size = sizeof(*info), .page_size = 4096,
		.features = VTL0_FEATURE_MAP_PMD | VTL0_FEATURE_DEDUP | 1 << 9,
		.orders = 1 | 1 << 9 | 1 << 18,
		.min_align = MIN_ALIGN, .max_address = MAX_ADDRESS,
		.nr_ranges = nr_ranges,
	};
	if (*setting("VTL0_FAKE_PAGES")) {
		info->page_size = 16384;
		info->orders = 1 | 1 << 11;
		info->min_align = 2 * MIN_ALIGN;
	}
	for (i = 0; i < nr_ranges; i++) {
		struct vtl0_range_info r = describe(&ranges[i]);

		info->nr_chunks += r.nr_chunks;
		info->bytes += r.length;
		info->memmap_bytes += r.memmap_bytes;
		info->memmap_saved += r.memmap_saved;
	}
	return 0;
}

static int fake_plan(struct vtl0_plan *plan)
{
	uint64_t start = plan->start, length = plan->length, edge = 0;
	struct chunk_list list;
	int err;

	if (plan->size != sizeof(*plan) || plan->flags & ~0x87)
		return EINVAL;
	err = check_values(plan->flags, &start, &length, plan->chunk_length,
			   plan->max_order, &edge);
	plan->edge = edge;
	if (err)
		return err;
	list = split(start, length, plan->flags & VTL0_ADD_ORDER ?
		     plan->max_order : PMD_ORDER, plan->chunk_length, false);
	if (plan->count)
		memcpy((void *)(uintptr_t)plan->buf, list.v,
		       min(plan->count, list.nr) * sizeof(*list.v));
	plan->count = list.nr;
	plan->planned_start = start;
	plan->planned_length = length;
	plan->memmap_bytes = memmap_sum(&list);
	plan->memmap_saved = memmap_of(length, 0) - plan->memmap_bytes;
	free(list.v);
	return 0;
}

int dev_ioctl(int fd, unsigned long request, void *arg)
{
	static const char *const names[] = {
		"ADD", "REMOVE", "QUERY", "INFO", "PLAN", "OPEN", "WINDOW",
	};
	int err = wanted_failure(names[request - VTL0_ADD]);

	if (err)
		return err;
	switch (request) {
	case VTL0_ADD:
		return fake_add(fd, arg);
	case VTL0_REMOVE:
		return fake_remove(fd, arg);
	case VTL0_QUERY:
		return fake_query(fd, arg);
	case VTL0_INFO:
		return fake_info(arg);
	case VTL0_WINDOW:
		return fake_window(arg);
	}
	return fake_plan(arg);
}
