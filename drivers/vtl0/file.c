// SPDX-License-Identifier: GPL-2.0
/*
 * Files that show one range: the device node /dev/vtl0_NAME shows all of it, the descriptor
 * of VTL0_OPEN all or a part. File offset 0 is the first byte shown. The files are for
 * programs that do not know physical addresses and must not see other ranges: opening a
 * device node needs its permissions and no capability, and a descriptor can be passed on.
 *
 * An open file does not hold its range. After a removal, touching a mapping raises SIGBUS,
 * also if another range is registered at the same addresses later.
 */
#include <linux/anon_inodes.h>
#include <linux/cdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "request.h"
#include "vtl0.h"

static struct cdev names_cdev;

/* The view takes over the caller's reference on @range, which is dropped on failure. */
static struct vtl0_view *alloc_view(struct vtl0_range *range, u64 start, u64 length)
{
	struct vtl0_view *view = kzalloc_obj(*view);

	if (!view) {
		vtl0_range_put(range);
		return ERR_PTR(-ENOMEM);
	}
	view->range = range;
	view->start = start;
	view->length = length;
	return view;
}

static void free_view(struct vtl0_view *view)
{
	vtl0_range_put(view->range);
	kfree(view);
}

/* Can a view of @range be made? Also during a removal, as that may be refused. */
static bool can_be_opened(const struct vtl0_range *range)
{
	unsigned int state = READ_ONCE(range->state);

	return state == VTL0_STATE_LIVE || state == VTL0_STATE_REMOVING;
}

/* A view of @length bytes from @start; -ENOENT unless all of them lie in one range. */
static struct vtl0_view *find_view(u64 start, u64 length)
{
	struct vtl0_range *found, *range = NULL;
	struct vtl0_chunk *chunk;
	struct vtl0_span span;
	int idx;

	idx = srcu_read_lock(&vtl0_srcu);
	chunk = vtl0_chunk_find(start);
	if (chunk) {
		/* read it once, as the removal of a part may change it */
		found = READ_ONCE(chunk->range);
		span = vtl0_range_span(found);
		if (can_be_opened(found) && start >= span.start && length <= span.length &&
		    start - span.start <= span.length - length) {
			range = found->origin;
			get_device(&range->dev);
		}
	}
	srcu_read_unlock(&vtl0_srcu, idx);
	return range ? alloc_view(range, start, length) : ERR_PTR(-ENOENT);
}

static int file_open(struct inode *inode, struct file *file)
{
	struct vtl0_range *range;
	struct vtl0_view *view;
	int ret;

	range = vtl0_name_find(inode->i_rdev);
	if (!range)
		return -ENXIO;
	ret = can_be_opened(range) ?
	      vtl0_locked_down(range->whole.start, range->whole.length) : -ENXIO;
	if (ret) {
		vtl0_range_put(range);
		return ret;
	}
	/* with the addresses that the range had when it was added, so that offsets stay */
	view = alloc_view(range, range->whole.start, range->whole.length);
	if (IS_ERR(view))
		return PTR_ERR(view);
	file->private_data = view;
	vtl0_mapping_use(file);
	vtl0_mapper_get();
	return 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	free_view(file->private_data);
	vtl0_mapper_put();
	return 0;
}

static loff_t file_llseek(struct file *file, loff_t offset, int whence)
{
	const struct vtl0_view *view = file->private_data;

	return fixed_size_llseek(file, offset, whence, view->length);
}

/* Was the range of @view removed, even if another one has its addresses now? */
static bool has_gone(const struct vtl0_view *view)
{
	u64 pos = view->start, end = view->start + view->length;
	struct vtl0_chunk *chunk;
	bool gone = true;
	int idx;

	idx = srcu_read_lock(&vtl0_srcu);
	/* parts of it may have been removed, and may belong to other ranges now */
	while (gone && pos < end && (chunk = vtl0_chunk_next(pos))) {
		gone = chunk->piece.start >= end ||
		       READ_ONCE(chunk->range)->origin != view->range;
		pos = chunk->piece.start + chunk->piece.length;
	}
	srcu_read_unlock(&vtl0_srcu, idx);
	return gone;
}

static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct vtl0_view *view = file->private_data;
	u64 offset = PFN_PHYS((u64)vma->vm_pgoff);

	if (vma->vm_pgoff >= PHYS_PFN(view->length) ||
	    vma->vm_end - vma->vm_start > view->length - offset)
		return -ENXIO;
	if (has_gone(view))
		return -ENODEV;
	return vtl0_mmap(vma, view->start + offset);
}

static unsigned long file_get_area(struct file *file, unsigned long addr, unsigned long len,
				   unsigned long pgoff, unsigned long flags)
{
	const struct vtl0_view *view = file->private_data;

	return vtl0_get_area(file, addr, len, PHYS_PFN(view->start) + pgoff, flags);
}

static const struct file_operations file_fops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.mmap = file_mmap,
	.get_unmapped_area = file_get_area,
	.llseek = file_llseek,
	/* there is nothing to write back */
	.fsync = noop_fsync,
};

static struct file *anon_file(struct vtl0_view *view, bool writable)
{
	struct file *file = anon_inode_getfile("[vtl0_range]", &file_fops, view,
					       writable ? O_RDWR : O_RDONLY);

	if (IS_ERR(file))
		return file;
	vtl0_mapping_use(file);
	vtl0_mapper_get();
	return file;
}

/**
 * vtl0_open() - VTL0_OPEN, but for installing the descriptor
 * @arg: from user space; its output field is filled
 * @file: out: the open file. The caller installs the file as @arg->fd with fd_install(); if
 *	@arg cannot be copied to user space, the caller uses fput() and put_unused_fd().
 *
 * Context: sleeps.
 * Return: 0 or an errno of the table in uapi/linux/vtl0.h.
 */
int vtl0_open(struct vtl0_open *arg, struct file **file)
{
	struct vtl0_view *view;
	struct file *opened;
	int fd, ret;

	arg->fd = -1;
	if (arg->flags & ~VTL0_OPEN_WRITE)
		return -EOPNOTSUPP;
	if (arg->reserved || !PAGE_ALIGNED(arg->start) || !PAGE_ALIGNED(arg->length))
		return -EINVAL;
	ret = vtl0_check_range(vtl0_unalias(arg->start), arg->length) ?:
	      vtl0_locked_down(vtl0_unalias(arg->start), arg->length);
	if (ret)
		return ret;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	view = find_view(vtl0_unalias(arg->start), arg->length);
	ret = PTR_ERR_OR_ZERO(view);
	if (ret)
		goto put_fd;
	opened = anon_file(view, arg->flags & VTL0_OPEN_WRITE);
	ret = PTR_ERR_OR_ZERO(opened);
	if (ret)
		goto free_view;
	*file = opened;
	arg->fd = fd;
	return 0;

free_view:
	free_view(view);
put_fd:
	put_unused_fd(fd);
	return ret;
}

int vtl0_files_init(void)
{
	unsigned int count;
	dev_t first;

	count = vtl0_name_devts(&first);
	cdev_init(&names_cdev, &file_fops);
	names_cdev.owner = THIS_MODULE;
	return cdev_add(&names_cdev, first, count);
}

void vtl0_files_exit(void)
{
	cdev_del(&names_cdev);
}
