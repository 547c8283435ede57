/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the parts of vtl0_failnth: the calls, and the sweep over each. */
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
 * system call or touch and returns 0 or -errno. forget_maps() and forget_calls(), the
 * same for all, undo the effects of both.
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

/* 0 or -errno */
int sys(long ret);
/* a range of SIZE, or a window */
void added(void);
void declared(void);
/* of those that add @current->add, behind the start of the window */
void set_add(void);
int do_add(void);
/* removals.c; all are of what chunks_added() adds, the first also of one chunk */
void chunks_added(void);
int do_remove(void);
int do_remove_end(void);
int do_remove_middle(void);
/* maps.c: first what opens a file that maps, maps it, touches it; then what prepares that */
int do_open_low(void);
int do_open_mshv_low(void);
int do_open_named(void);
int do_open_range(void);
int do_close_low(void);
int do_mmap(void);
int do_read(void);
int do_write(void);
int do_populate(void);
int do_drop_part(void);
int do_munmap_part(void);
int do_mprotect_part(void);
int do_mprotect_none(void);
int do_mremap(void);
void named_added(void);
void ready_to_map(void);
void ready_to_map_named(void);
void ready_to_map_range(void);
void ready_to_map_mshv(void);
void mapped_pte(void);
void mapped_pmd(void);
void mapped_pud(void);
void mapped_window(void);
void mapped_mshv(void);
void mapped_range(void);
void touched_pmd(void);
void touched_pud(void);
void touched_range(void);
/* not mapped any more */
void touched_before(void);
/* SIGBUS fails a touch */
void catch_bus_errors(void);
/* after each call, in this order */
void forget_maps(void);
void forget_calls(void);

#endif /* _TESTS_VTL0_FAILNTH_H */
