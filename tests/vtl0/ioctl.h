/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The nodes of vtl0 and their ioctls. Functions return 0 (or a file descriptor) or
 * -errno where nothing else is said. They know nothing of the harness.
 */
#ifndef _TESTS_VTL0_IOCTL_H
#define _TESTS_VTL0_IOCTL_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/vtl0.h>

#include "units.h"

#define CONTROL "/dev/vtl0"
#define LOW "/dev/vtl0_low"

int open_control(void);				/* read-write */
int open_low(int flags);			/* with O_RDWR or O_RDONLY */
void *map_low(int low, u64 start, size_t length, int prot);	/* MAP_FAILED, errno */

/*
 * The ioctls. A structure whose size is 0 gets the right one. Any fd that takes
 * the ioctls will do.
 */
int vtl0_ioctl(int fd, unsigned long cmd, void *arg);
int cmd_add(int fd, struct vtl0_add *arg);
int cmd_remove(int fd, struct vtl0_remove *arg);
int cmd_query(int fd, struct vtl0_query *arg);
int cmd_info(int fd, struct vtl0_info *arg);
int cmd_plan(int fd, struct vtl0_plan *arg);
int cmd_open(int fd, struct vtl0_open *arg);
int cmd_window(int fd, struct vtl0_window *arg);
/* The short ones. */
int add_range(int fd, u64 start, u64 length, u32 flags);
int add_chunked(int fd, u64 start, u64 length, u64 chunk_length);
int add_order(int fd, u64 start, u64 length, u32 max_order);
int remove_range(int fd, u64 start, u64 length);
/*
 * For memory that was used for I/O just now: calls again for a minute while the answer is
 * EBUSY, as it once was although the I/O was over. By the source of Linux 7.3, which is all that
 * this says, pins may go later: those of a direct read that needs several bios from a work; one
 * of io_uring when its worker lets go of a request and the thread that submitted it next returns
 * to user space, which it cannot from inside of REMOVE; those of a closed ring from a work.
 */
int remove_unpinned(int fd, u64 start, u64 length);
int declare_window(int fd, u64 start, u64 length);
/* With the node /dev/vtl0_NAME. */
int add_named(int fd, u64 start, u64 length, const char *name, u32 mode);
/* Removes every range, waiting for those that are pinned; their number or -errno. */
int remove_all(int fd);
/* Iterate with QUERY; return how many there are (at most @max are stored). */
int list_ranges(int fd, struct vtl0_range_info *info, unsigned int max);
int list_chunks(int fd, struct vtl0_chunk_info *info, unsigned int max);
int list_windows(int fd, struct vtl0_window_info *info, unsigned int max);
/* The range that begins at @start, or -ENOENT. */
int find_range(int fd, u64 start, struct vtl0_range_info *info);
/* Does the driver know how often memory is mapped? Linux 6.12 does not count that. */
bool counts_mappings(void);
/* Ranges and chunks as text, one a line, without the counters of faults; free() it. */
char *describe_ranges(int fd);

/* /sys/class/vtl0/rangeID/NAME without its last newline. */
int range_attr(u32 id, const char *name, char *buf, size_t size);
int range_attr_u64(u32 id, const char *name, u64 *value);

/*
 * Looks for ranges that a test left behind: returns 0 if no range is registered and none is in
 * /proc/iomem. Else the number of ranges, with a description in @why; they are
 * removed, so that only this test fails.
 */
int left_behind(char *why, size_t size);

#endif /* _TESTS_VTL0_IOCTL_H */
