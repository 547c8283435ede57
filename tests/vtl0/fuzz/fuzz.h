/* SPDX-License-Identifier: GPL-2.0 */
/* What the two halves of vtl0_fuzz share: callers (vtl0_fuzz.c), users (users.c). */
#ifndef _VTL0_FUZZ_H
#define _VTL0_FUZZ_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "util.h"

/* What must have happened now and then, or the run has tested little. */
enum event {
	ADDED,
	ADD_REFUSED,
	REMOVED,
	REMOVE_BUSY,
	QUERIED,
	PLANNED,
	MSHV_ADDED,
	REOPENED,
	TOUCHED,
	BUS_ERROR,
	PART_UNMAPPED,
	PROTECTED,
	MOVED,
	ADVISED,
	DIRECT_IO,
	DIRECT_IO_FAULT,
	BUFFERS_REGISTERED,
	FIXED_IO,
	SPLICED,
	READ_BY_PROCESS,
	FORKED,
	OWNER_KILLED,
	NR_EVENTS
};

/* Memory that all processes share. */
struct shared {
	bool stop;
	uint64_t calls;
	uint64_t events[NR_EVENTS];
	/* a line that says what went wrong, if something did */
	char failure[200];
};

extern struct shared *shared;
extern struct window window;	/* reserved RAM, aligned to 1 GiB */
extern const char *disk_path;

#define NR_SLOTS 9
/* Ranges of the window that valid calls use; the last one is all of it. */
extern const struct window slots[NR_SLOTS];

static inline void count(enum event event)
{
	__atomic_fetch_add(&shared->events[event], 1, __ATOMIC_RELAXED);
}

static inline bool stopped(void)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

void failure(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * A block that may get SIGBUS: if (!guard()) { access; unguard(); } else { it
 * happened }
 */
extern __thread sigjmp_buf guard_jump;
extern __thread volatile bool guarded;
#define guard()		(sigsetjmp(guard_jump, 1) ? (guarded = false, true) : \
			 (guarded = true, false))
#define unguard()	(guarded = false)
void catch_bus_errors(void);

/* Closes and unmaps what calls are made with; also in the users, which inherit it. */
void forget_callers(void);

/* Starts the processes that use the memory; waits for their end. */
void start_users(uint64_t seed);
void wait_for_users(void);

#endif /* _VTL0_FUZZ_H */
