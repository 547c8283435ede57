/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The structure that read() of /dev/vtl0 returns. */
#ifndef _UAPI_LINUX_VTL0_EVENTS_H
#define _UAPI_LINUX_VTL0_EVENTS_H

#include <linux/types.h>

/**
 * struct vtl0_events - read() of /dev/vtl0: counters of what has happened to ranges
 * @gone: ranges, and parts of ranges, that were removed or have drained to the end
 * @draining: ranges that have lost their last owner and began to drain
 * @bad_pages: pages in which hardware reported an error
 *
 * The counters begin when the module is loaded, and count the ranges of all files. read()
 * returns all of them. It waits until one has changed since this file was opened or read
 * last; with O_NONBLOCK it is EAGAIN until then. So no change is lost between two reads.
 * VTL0_QUERY shows a change before the counter does: a program that reads first and then
 * queries misses nothing. poll() reports POLLIN when read() would return at once, and
 * POLLPRI, too, if @bad_pages has changed. No ioctl counts as a read.
 *
 * The structure can only grow, at its end: read() returns as many bytes as fit into the
 * buffer, which needs room for these three fields (else EINVAL).
 */
struct vtl0_events {
	__aligned_u64 gone;
	__aligned_u64 draining;
	__aligned_u64 bad_pages;
};

#endif /* _UAPI_LINUX_VTL0_EVENTS_H */
