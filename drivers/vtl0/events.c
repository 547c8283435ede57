// SPDX-License-Identifier: GPL-2.0
/*
 * Events for read() and poll() of the control node: a range was removed, began to drain, or
 * got a bad page. Events are counted, and each file compares the counters with those that it
 * has read, so that no event is lost between a read and a poll. VTL0_QUERY shows which range
 * is meant.
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "events.h"

static atomic64_t counts[VTL0_NR_EVENTS];
static DECLARE_WAIT_QUEUE_HEAD(event_wq);
/* Protects the watches of all files: one lock for all, as it is held for a moment only. */
static DEFINE_SPINLOCK(seen_lock);

static struct vtl0_events snapshot(void)
{
	return (struct vtl0_events) {
		.gone = atomic64_read(&counts[VTL0_EVENT_GONE]),
		.draining = atomic64_read(&counts[VTL0_EVENT_DRAINING]),
		.bad_pages = atomic64_read(&counts[VTL0_EVENT_BAD_PAGE]),
	};
}

/**
 * vtl0_event() - count an event, and wake the files that wait for one
 * @event: VTL0_QUERY shows it already
 *
 * Context: any but hard interrupts.
 */
void vtl0_event(enum vtl0_event event)
{
	/* fully ordered: a reader that sees the new counter finds the change with VTL0_QUERY */
	atomic64_inc_return(&counts[event]);
	wake_up_interruptible_poll(&event_wq, EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

/**
 * vtl0_watch_init() - let a file see only events that happen from now on
 * @watch: of the file
 */
void vtl0_watch_init(struct vtl0_watch *watch)
{
	watch->seen = snapshot();
}

static __poll_t news(struct vtl0_watch *watch)
{
	struct vtl0_events now = snapshot();
	__poll_t mask = 0;

	guard(spinlock)(&seen_lock);
	if (memcmp(&now, &watch->seen, sizeof(now)))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (now.bad_pages != watch->seen.bad_pages)
		mask |= EPOLLPRI;
	return mask;
}

/**
 * vtl0_watch_poll() - poll() of the control node
 * @watch: of the file
 * @file: the file
 * @wait: of the caller
 *
 * Return: EPOLLIN and EPOLLRDNORM if read() would return at once, EPOLLPRI if there
 * also is a new bad page.
 */
__poll_t vtl0_watch_poll(struct vtl0_watch *watch, struct file *file, poll_table *wait)
{
	poll_wait(file, &event_wq, wait);
	return news(watch);
}

/**
 * vtl0_watch_read() - read() of the control node
 * @watch: of the file
 * @file: the file
 * @buf: for struct vtl0_events
 * @count: room in it
 *
 * Context: sleeps until a counter differs from @watch, unless @file is O_NONBLOCK.
 * Return: bytes written, -EINVAL (too little room), -EAGAIN, -EFAULT, -ERESTARTSYS.
 */
ssize_t vtl0_watch_read(struct vtl0_watch *watch, struct file *file, char __user *buf,
			size_t count)
{
	struct vtl0_events now;
	int ret;

	if (count < offsetofend(struct vtl0_events, bad_pages))
		return -EINVAL;
	if (!(file->f_flags & O_NONBLOCK)) {
		ret = wait_event_interruptible(event_wq, news(watch));
		if (ret)
			return ret;
	} else if (!news(watch)) {
		return -EAGAIN;
	}
	now = snapshot();
	count = min(count, sizeof(now));
	/* then the next read() returns at once */
	if (copy_to_user(buf, &now, count))
		return -EFAULT;
	guard(spinlock)(&seen_lock);
	watch->seen = now;
	return count;
}
