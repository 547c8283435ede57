// SPDX-License-Identifier: GPL-2.0
/*
 * The control node: copies arguments in, calls the function for the command,
 * copies results out. The ABI is described in include/uapi/linux/vtl0.h.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "events.h"
#include "request.h"
#include "vtl0.h"
#include "window.h"

/**
 * struct control - private_data of an open file
 * @owner: holds ranges
 * @watch: the counters that read() has returned
 */
struct control {
	struct vtl0_owner *owner;
	struct vtl0_watch watch;
};

/* The first two fields of every argument. */
struct head {
	__u32 size;
	__u32 flags;
};

union arg {
	struct head head;
	struct vtl0_add add;
	struct vtl0_remove remove;
	struct vtl0_query query;
	struct vtl0_info info;
	struct vtl0_plan plan;
	struct vtl0_open open;
	struct vtl0_window window;
};

/**
 * struct call - a command that runs
 * @owner: of the file that was called
 * @arg: copied in before and out afterwards
 * @file: NULL, or a file that VTL0_OPEN has opened for the descriptor @arg.open.fd; not
 *	installed yet
 */
struct call {
	struct vtl0_owner *owner;
	union arg arg;
	struct file *file;
};

static int do_add(struct call *call)
{
	return vtl0_add(call->owner, &call->arg.add, false);
}

static int do_remove(struct call *call)
{
	struct vtl0_remove *arg = &call->arg.remove;
	struct vtl0_span busy = { };
	int ret;

	arg->busy_start = 0;
	arg->busy_length = 0;
	if (arg->flags & ~VTL0_REMOVE_PART)
		return -EOPNOTSUPP;
	if (!arg->length)
		return -EINVAL;
	if (arg->flags)
		ret = vtl0_remove_part(vtl0_unalias(arg->start), arg->length, &busy);
	else
		ret = vtl0_remove(vtl0_unalias(arg->start), arg->length, &busy);
	arg->busy_start = busy.start;
	arg->busy_length = busy.length;
	return ret;
}

static int put_entry(const struct vtl0_query *arg, u32 index, const void *entry, size_t size)
{
	u8 __user *to = u64_to_user_ptr(arg->buf) + (u64)index * arg->entry_size;

	if (copy_to_user(to, entry, min_t(size_t, size, arg->entry_size)))
		return -EFAULT;
	if (arg->entry_size > size && clear_user(to + size, arg->entry_size - size))
		return -EFAULT;
	return 0;
}

static struct vtl0_chunk_info piece_info(const struct vtl0_piece *p, u32 range_id)
{
	return (struct vtl0_chunk_info) {
		.start = p->start,
		.length = p->length,
		.range_id = range_id,
		.order = p->order,
		.memmap_bytes = vtl0_memmap_bytes(&vtl0_geometry, p->length, p->order),
	};
}

union entry {
	struct vtl0_range_info range;
	struct vtl0_chunk_info chunk;
	struct vtl0_window_info window;
};

static size_t entry_size(u32 flags)
{
	if (flags & VTL0_QUERY_CHUNKS)
		return sizeof(struct vtl0_chunk_info);
	if (flags & VTL0_QUERY_WINDOWS)
		return sizeof(struct vtl0_window_info);
	return sizeof(struct vtl0_range_info);
}

static bool next_window(u64 *pos, struct vtl0_window_info *window)
{
	if (!vtl0_window_next(*pos, window))
		return false;
	*pos = window->start + window->length;
	return true;
}

/*
 * Fill @entry with the first range or chunk that ends above *@pos, and move *@pos to
 * its end. Returns false if there is none.
 */
static bool next_entry(bool chunks, u64 *pos, union entry *entry)
{
	struct vtl0_chunk *chunk;
	struct vtl0_range *range;
	int idx;

	idx = srcu_read_lock(&vtl0_srcu);
	chunk = vtl0_chunk_next(*pos);
	if (chunk && chunks) {
		entry->chunk = piece_info(&chunk->piece, chunk->range->id);
		*pos = entry->chunk.start + entry->chunk.length;
	} else if (chunk) {
		range = READ_ONCE(chunk->range);
		vtl0_range_info(range, &entry->range);
		vtl0_pgmaps_count(range, &entry->range.mappings, &entry->range.held);
		*pos = vtl0_behind(chunk, entry->range.start + entry->range.length);
	}
	srcu_read_unlock(&vtl0_srcu, idx);
	return chunk;
}

/*
 * Fill the user's array of @arg->count entries. User memory is written outside of
 * vtl0_srcu: a write can block for ever (userfaultfd), and removal waits for readers.
 */
static int query(struct vtl0_query *arg, u32 *filled)
{
	bool chunks = arg->flags & VTL0_QUERY_CHUNKS, windows = arg->flags & VTL0_QUERY_WINDOWS;
	size_t size = entry_size(arg->flags);
	u64 pos = vtl0_unalias(arg->cursor);
	union entry entry;
	int ret;

	for (*filled = 0; ; (*filled)++) {
		u64 before = pos;
		bool more = windows ? next_window(&pos, &entry.window) :
				      next_entry(chunks, &pos, &entry);

		arg->cursor = more ? before : 0;
		if (!more || *filled == arg->count)
			return 0;
		ret = put_entry(arg, *filled, &entry, size);
		if (ret)
			return ret;
		/* entries were written already: only a fatal signal ends the call */
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

static int do_query(struct call *call)
{
	struct vtl0_query *arg = &call->arg.query;
	u32 filled;
	int ret;

	if (arg->flags & ~(VTL0_QUERY_CHUNKS | VTL0_QUERY_WINDOWS))
		return -EOPNOTSUPP;
	if (arg->flags == (VTL0_QUERY_CHUNKS | VTL0_QUERY_WINDOWS))
		return -EINVAL;
	if (arg->entry_size < 16 || arg->entry_size > PAGE_SIZE || !arg->count)
		return -EINVAL;
	/* no range lies above max_address, and PHYS_PFN() could wrap to an address below */
	if (vtl0_unalias(arg->cursor) > vtl0_max_address())
		return -ERANGE;
	ret = query(arg, &filled);
	arg->count = filled;
	return ret;
}

static int do_info(struct call *call)
{
	const struct vtl0_geometry *g = &vtl0_geometry;
	struct vtl0_totals totals = vtl0_totals();
	struct vtl0_info *arg = &call->arg.info;
	unsigned int i;

	if (arg->flags)
		return -EOPNOTSUPP;
	*arg = (struct vtl0_info) {
		.size = arg->size,
		.features = VTL0_FEATURE_MSHV | VTL0_FEATURE_EVENTS | VTL0_FEATURE_PARTS |
			    (g->dedup ? VTL0_FEATURE_DEDUP : 0) |
			    (vtl0_identity_works() ? VTL0_FEATURE_SEAMLESS : 0) |
			    (COMPAT_COUNTS_MAPPINGS ? VTL0_FEATURE_COUNTS : 0),
		.min_align = g->min_align,
		.max_address = vtl0_max_address(),
		.page_size = PAGE_SIZE,
		.nr_ranges = totals.nr_ranges,
		.nr_chunks = totals.nr_chunks,
		.bytes = totals.bytes,
		.memmap_bytes = totals.memmap_bytes,
		.memmap_saved = totals.memmap_saved,
	};
	for (i = 0; i < g->nr_orders; i++) {
		arg->orders |= BIT_ULL(g->orders[i]);
		if (g->orders[i] == PMD_ORDER)
			arg->features |= VTL0_FEATURE_MAP_PMD;
		if (g->orders[i] == PUD_ORDER)
			arg->features |= VTL0_FEATURE_MAP_PUD;
	}
	return 0;
}

static int do_plan(struct call *call)
{
	struct vtl0_plan *arg = &call->arg.plan;
	struct vtl0_query out = {
		.buf = arg->buf,
		.entry_size = sizeof(struct vtl0_chunk_info),
		.count = arg->count,
	};
	struct vtl0_chunk_walk walk;
	struct vtl0_piece piece;
	struct vtl0_request rq;
	u32 nr = 0;
	int ret;

	arg->edge = 0;
	ret = vtl0_check_plan(arg, &rq, &arg->edge);
	if (ret)
		return ret;
	arg->planned_start = rq.start;
	arg->planned_length = rq.length;
	arg->memmap_bytes = 0;
	walk = vtl0_chunk_walk_begin(&rq);
	while (vtl0_chunk_walk_next(&walk, &piece)) {
		struct vtl0_chunk_info info = piece_info(&piece, 0);

		arg->memmap_bytes += info.memmap_bytes;
		ret = nr < out.count ? put_entry(&out, nr, &info, sizeof(info)) : 0;
		if (ret)
			return ret;
		nr++;
	}
	arg->count = nr;
	arg->memmap_saved = vtl0_memmap_bytes(&vtl0_geometry, rq.length, 0) -
			    arg->memmap_bytes;
	return 0;
}

static int do_open(struct call *call)
{
	return vtl0_open(&call->arg.open, &call->file);
}

static int do_window(struct call *call)
{
	return vtl0_window(call->owner, &call->arg.window);
}

/*
 * Indexed by _IOC_NR(). Structures only grow at their end: @min_size is the size that the
 * structure had when it was introduced, and a caller built then still passes that size.
 */
static const struct command {
	unsigned int cmd;
	unsigned int min_size;
	unsigned int size;
	int (*func)(struct call *call);
} commands[] = {
#define COMMAND(name, type, last, fn)						\
	{									\
		.cmd = name,							\
		.min_size = offsetofend(struct type, last),			\
		.size = sizeof(struct type) +					\
			BUILD_BUG_ON_ZERO(sizeof(union arg) < sizeof(struct type)), \
		.func = fn,							\
	}
	COMMAND(VTL0_ADD, vtl0_add, conflict_length, do_add),
	COMMAND(VTL0_REMOVE, vtl0_remove, busy_length, do_remove),
	COMMAND(VTL0_QUERY, vtl0_query, count, do_query),
	COMMAND(VTL0_INFO, vtl0_info, memmap_saved, do_info),
	COMMAND(VTL0_PLAN, vtl0_plan, memmap_saved, do_plan),
	COMMAND(VTL0_OPEN, vtl0_open, reserved, do_open),
	COMMAND(VTL0_WINDOW, vtl0_window, conflict_length, do_window),
#undef COMMAND
};

/* Install the file of VTL0_OPEN, unless the caller was not told the descriptor. */
static void install_file(const struct call *call, int error)
{
	int fd = call->arg.open.fd;

	if (error) {
		put_unused_fd(fd);
		fput(call->file);
	} else {
		fd_install(fd, call->file);
	}
}

static long run_command(struct vtl0_owner *owner, const struct command *c, void __user *uarg)
{
	struct call call = { .owner = owner };
	unsigned int size = c->size;
	__u32 user_size;
	int ret;

	if (get_user(user_size, (__u32 __user *)uarg))
		return -EFAULT;
	if (user_size < c->min_size)
		return -EINVAL;
	if (user_size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&call.arg, size, uarg, user_size);
	if (ret)
		return ret;
	/* another thread may have changed the size after get_user() */
	if (call.arg.head.size != user_size)
		return -EINVAL;
	size = min(size, user_size);
	/*
	 * Fail before the command runs if its result could not be written back.
	 * fault_in_writeable() would overwrite the first byte, that of @size.
	 */
	if (fault_in_safe_writeable(uarg, size))
		return -EFAULT;
	ret = c->func(&call);
	/* another thread may have unmapped the structure */
	if (copy_to_user(uarg, &call.arg, size))
		ret = -EFAULT;
	if (call.file)
		install_file(&call, ret);
	return ret;
}

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct control *control = file->private_data;
	unsigned int nr = _IOC_NR(cmd);

	if (nr < ARRAY_SIZE(commands) && commands[nr].cmd == cmd)
		return run_command(control->owner, &commands[nr], (void __user *)arg);
	return vtl0_mshv_ioctl(control->owner, cmd, arg);
}

static int control_open(struct inode *inode, struct file *file)
{
	struct control *control;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	control = kzalloc_obj(*control);
	if (!control)
		return -ENOMEM;
	control->owner = vtl0_owner_alloc();
	if (!control->owner) {
		kfree(control);
		return -ENOMEM;
	}
	vtl0_watch_init(&control->watch);
	file->private_data = control;
	return 0;
}

static int control_release(struct inode *inode, struct file *file)
{
	struct control *control = file->private_data;

	vtl0_windows_close(control->owner);
	vtl0_owner_release(control->owner);
	kfree(control);
	return 0;
}

static ssize_t control_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct control *control = file->private_data;

	return vtl0_watch_read(&control->watch, file, buf, count);
}

static __poll_t control_poll(struct file *file, poll_table *wait)
{
	struct control *control = file->private_data;

	return vtl0_watch_poll(&control->watch, file, wait);
}

const struct file_operations vtl0_control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = control_release,
	.read = control_read,
	.poll = control_poll,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};
