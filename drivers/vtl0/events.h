/* SPDX-License-Identifier: GPL-2.0 */
/* Events for read() and poll() of the control node. */
#ifndef _VTL0_EVENTS_H
#define _VTL0_EVENTS_H

#include <linux/poll.h>
#include <linux/types.h>

#include <uapi/linux/vtl0_events.h>

struct file;

/* Each has a counter in struct vtl0_events. */
enum vtl0_event {
	VTL0_EVENT_GONE,
	VTL0_EVENT_DRAINING,
	VTL0_EVENT_BAD_PAGE,
	VTL0_NR_EVENTS
};

/**
 * struct vtl0_watch - the events that a file of the control node has seen
 * @seen: the counters at its open or its last read()
 */
struct vtl0_watch {
	struct vtl0_events seen;
};

void vtl0_event(enum vtl0_event event);
void vtl0_watch_init(struct vtl0_watch *watch);
__poll_t vtl0_watch_poll(struct vtl0_watch *watch, struct file *file, poll_table *wait);
ssize_t vtl0_watch_read(struct vtl0_watch *watch, struct file *file, char __user *buf,
			size_t count);

#endif /* _VTL0_EVENTS_H */
