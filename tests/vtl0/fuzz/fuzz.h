/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the halves of vtl0_fuzz: callers (callers.c, args.c), users (users.h). */
#ifndef _VTL0_FUZZ_H
#define _VTL0_FUZZ_H

#include <linux/mshv.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "guide.h"
#include "ioctl.h"
#include "window.h"

/* Events that a run counts; one that stays 0 means that the run has tested little. */
enum event {
	ADDED,
	ADD_REFUSED,
	REMOVED,
	PART_REMOVED,
	REMOVE_BUSY,
	QUERIED,
	EVENT_READ,
	PLANNED,
	OPENED,
	DECLARED,
	MSHV_ADDED,
	MSHV_MAPPED,
	ALIASED,
	REOPENED,
	TOUCHED,
	BUS_ERROR,
	PART_UNMAPPED,
	PROTECTED,
	NO_ACCESS,
	MOVED,
	ADVISED,
	DIRECT_IO,
	DIRECT_IO_FAULT,
	BUFFERS_REGISTERED,
	FIXED_IO,
	SPLICED,
	READ_BY_PROCESS,
	NAMED,
	GIGABYTE_ADDED,
	GIGABYTE_MAPPED,
	FORKED,
	OWNER_KILLED,
	SIGNALLED,
	USER_SIGNALLED,
	NR_EVENTS
};

/* A thread that calls, or a process that uses the memory; watch.c sees whether it gets on. */
struct worker {
	/* calls or rounds that it has begun */
	uint64_t begun;
	/* by a caller itself; of a process when there is none any more */
	bool ended;
};

#define NR_CALLERS	2
#define NR_USERS	8
#define NR_WORKERS	(NR_CALLERS + NR_USERS)

/* Memory that all processes share. */
struct shared {
	bool stop;
	/* gigabyte.c removes what is in the window: what is added is added elsewhere */
	bool clearing;
	uint64_t events[NR_EVENTS];
	/* the callers first */
	struct worker workers[NR_WORKERS];
	/* a line that names the failure, if there was one */
	char failure[200];
};

extern struct shared *shared;
extern struct window window;	/* reserved RAM, aligned to 1 GiB */

#define PAGE 4096UL
/* of the module's alias_bit: a second address of the same memory */
#define ALIAS_BIT 46
#define ALIAS (1ULL << ALIAS_BIT)

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

static inline bool clearing(void)
{
	return __atomic_load_n(&shared->clearing, __ATOMIC_RELAXED);
}

/* A call or a round begins. */
static inline void begin_turn(struct worker *worker)
{
	__atomic_fetch_add(&worker->begun, 1, __ATOMIC_RELAXED);
}

static inline void end_worker(struct worker *worker)
{
	__atomic_store_n(&worker->ended, true, __ATOMIC_RELEASE);
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

/*
 * SIGALRM for this process from now on, every @us microseconds; calls are restarted. Each
 * counts as @event.
 */
void start_signals(unsigned int us, enum event event);

/* ------------------------------------------------------------------ */
/* callers.c and args.c */

#define OUT_SIZE MIB(4)

struct caller {
	pthread_t thread;
	struct worker *worker;
	struct guide guide;
	uint64_t seed;
	/* those that are left */
	int64_t calls;
	/* the same page writable and read-only, then one that is not mapped */
	char *page;
	char *out;
};

union arg {
	struct vtl0_add add;
	struct vtl0_remove remove;
	struct vtl0_query query;
	struct vtl0_info info;
	struct vtl0_plan plan;
	struct vtl0_open open;
	struct vtl0_window window;
	struct mshv_vtl_ram_disposition ram;
	uint32_t words[64];
};

/* all of the window, mapped for the whole run */
extern char *arena;

/* Of the caller's random numbers: 0 <= result < n; one time in 16 */
uint64_t pick(struct caller *c, uint64_t n);
bool rarely(struct caller *c);
/* An address to which the kernel may write, or not */
uint64_t pick_out(struct caller *c);

/* Fills in an argument and returns the command that it is for. */
typedef unsigned int (*fill_fn)(struct caller *c, union arg *arg);
unsigned int fill_add(struct caller *c, union arg *arg);
unsigned int fill_remove(struct caller *c, union arg *arg);
unsigned int fill_query(struct caller *c, union arg *arg);
unsigned int fill_info(struct caller *c, union arg *arg);
unsigned int fill_plan(struct caller *c, union arg *arg);
unsigned int fill_open(struct caller *c, union arg *arg);
unsigned int fill_window(struct caller *c, union arg *arg);
unsigned int fill_mshv_add(struct caller *c, union arg *arg);
unsigned int fill_mshv_check(struct caller *c, union arg *arg);
unsigned int fill_garbage(struct caller *c, union arg *arg);

void open_files(void);
void start_caller(struct caller *c);
/* Closes and unmaps the files and maps of the calls; also in the users, which inherit it. */
void forget_callers(void);

#endif /* _VTL0_FUZZ_H */
