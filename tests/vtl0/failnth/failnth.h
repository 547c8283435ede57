/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the two halves of vtl0_failnth: the calls, and the sweep over each. */
#ifndef _TESTS_VTL0_FAILNTH_H
#define _TESTS_VTL0_FAILNTH_H

#include "ioctl.h"
#include "window.h"

#define CHUNKS		8
#define SIZE		(CHUNKS * MIB(2))

extern struct window window;	/* 1 GiB-aligned reserved RAM */
extern int control;		/* through which calls are made */
extern int watch;		/* through which is looked; opened before */

/*
 * prepare() brings the state about in which call() succeeds, call() does one
 * system call or touch and returns 0 or -errno. cleanup(), the
 * same for all, undoes the effects of call().
 */
struct test {
	const char *name;
	void (*prepare)(void);
	int (*call)(void);
	/* the return value of call() if no allocation fails */
	int result;
	struct vtl0_add add;
};

extern const struct test tests[];
extern const unsigned int nr_tests;
extern const struct test *current;

/* of those that add @current->add, behind the start of the window */
void set_add(void);
int do_add(void);
/* removals.c; all are of what chunks_added() adds, the first also of one chunk */
void chunks_added(void);
int do_remove(void);
int do_remove_end(void);
int do_remove_middle(void);
/* SIGBUS fails a touch */
void catch_bus_errors(void);
void cleanup(void);

#endif /* _TESTS_VTL0_FAILNTH_H */
