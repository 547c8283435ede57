/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What read() of /dev/vtl0 returns. */
#ifndef _UAPI_LINUX_VTL0_EVENTS_H
#define _UAPI_LINUX_VTL0_EVENTS_H

#include <linux/types.h>

/**
 * struct vtl0_events - read() of /dev/vtl0: what has happened to ranges
 * @gone: how many have gone, or parts of them: removed, or drained to the end
 * @draining: how many have lost their last owner and go when the last pin goes
 * @bad_pages: in how many pages hardware reported an error
 *
 * The counters begin when the module is loaded, and count the ranges of all files. read()
 * waits until one of them has another value than it had when the file was opened or
 * read last, and returns all of them; with O_NONBLOCK it is EAGAIN meanwhile. So nothing is
 * lost between a read and the next. What they count VTL0_QUERY shows already: a program
 * that reads first and then queries misses nothing. poll() reports POLLIN when
 * read() would return at once, and POLLPRI, too, if @bad_pages is one of the reasons.
 * An ioctl does not change either.
 *
 * The structure can only grow, at its end: read() returns what it has room for, as few
 * as the three fields (else EINVAL).
 */
struct vtl0_events {
	__aligned_u64 gone;
	__aligned_u64 draining;
	__aligned_u64 bad_pages;
};

#endif /* _UAPI_LINUX_VTL0_EVENTS_H */
