// SPDX-License-Identifier: GPL-2.0
/*
 * Says in the log why a disk cannot be powered off: which processes have it open,
 * and whether something in the kernel has claimed it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fdtable.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_buf.h>

#include "dev.h"

#define MAX_NAMED 8

/* The disk itself or one of its partitions. */
static int is_of_disk(const void *disk, struct file *file, unsigned int fd)
{
	struct inode *inode = file->f_mapping->host;

	/* Not the node of an O_PATH descriptor, which is in another file system. */
	return sb_is_blkdev_sb(inode->i_sb) && I_BDEV(inode)->bd_disk == disk;
}

static bool has_open(struct task_struct *task, struct gendisk *disk)
{
	bool found;

	/* Keeps ->files. */
	task_lock(task);
	found = task->files && iterate_fd(task->files, 0, is_of_disk, disk);
	task_unlock(task);
	return found;
}

/* "name[pid], name[pid] and N more"; the number of processes */
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
 * bounce_openers_report - log which processes have a disk or its partitions open
 * @disk:	the disk
 *
 * And whether it is claimed, by something in the kernel or with O_EXCL. Files that
 * are only mapped, or on their way through a socket, are not found. bd_holder of the
 * whole disk is set for its partitions, too; it is only looked at.
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
