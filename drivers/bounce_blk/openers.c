// SPDX-License-Identifier: GPL-2.0
/*
 * Logs why a disk cannot be powered off: which processes have it open, and whether it
 * is claimed in the kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fdtable.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_buf.h>

#include "dev.h"

#define MAX_NAMED 8

/* Is the file open on the disk or on one of its partitions? */
static int is_of_disk(const void *disk, struct file *file, unsigned int fd)
{
	struct inode *inode = file->f_mapping->host;

	/* the node of an O_PATH descriptor is in another file system, and does not count */
	return sb_is_blkdev_sb(inode->i_sb) && I_BDEV(inode)->bd_disk == disk;
}

static bool has_open(struct task_struct *task, struct gendisk *disk)
{
	bool found;

	/* keeps task->files */
	task_lock(task);
	found = task->files && iterate_fd(task->files, 0, is_of_disk, disk);
	task_unlock(task);
	return found;
}

/* Writes "name[pid], name[pid] and N more" to @names; returns the number of processes. */
static unsigned int list_processes(struct gendisk *disk, struct seq_buf *names)
{
	struct task_struct *task;
	unsigned int nr = 0;

	rcu_read_lock();
	for_each_process(task) {
		if (!has_open(task, disk))
			continue;
		if (nr++ < MAX_NAMED)
			seq_buf_printf(names, "%s%.*s[%d]", nr > 1 ? ", " : "",
				       TASK_COMM_LEN, task->comm, task_pid_nr(task));
	}
	rcu_read_unlock();
	if (nr > MAX_NAMED)
		seq_buf_printf(names, " and %u more", nr - MAX_NAMED);
	return nr;
}

/**
 * bounce_openers_report() - log which processes have a disk or its partitions open
 * @disk: the disk
 *
 * Also logs whether the disk or a partition is claimed, in the kernel or with O_EXCL:
 * bd_holder of the whole disk is set in both cases. Does not find files that are only
 * mapped, or on their way through a socket.
 */
void bounce_openers_report(struct gendisk *disk)
{
	bool claimed = READ_ONCE(disk->part0->bd_holder);
	DECLARE_SEQ_BUF(names, MAX_NAMED * (TASK_COMM_LEN + 16) + 32);
	unsigned int nr = list_processes(disk, &names);

	pr_info("%s: is open%s%s%s\n", disk->disk_name, nr ? " by " : "",
		seq_buf_str(&names),
		claimed ? ", and claimed: mounted, swap, or below another disk" : "");
}
