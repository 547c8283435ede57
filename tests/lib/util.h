/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz, stress and bench programs share: KTAP lines, the machine they
 * run on (reserved RAM, /proc/iomem, memory), modules, and the vtl0 ioctls.
 */
#ifndef _VTL0_TESTS_UTIL_H
#define _VTL0_TESTS_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vtl0.h>

#define KIB		((uint64_t)1024)
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)
#define TIB		(1024 * GIB)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define CONTROL		"/dev/vtl0"
#define LOW		"/dev/vtl0_low"

/* KTAP. Thread-safe; a line starting with "# " is progress or a diagnostic. */
void tap_plan(unsigned int tests);
bool tap_ok(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tap_skip(const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* 0 if all tests of the plan ran and passed, else 1 */
int tap_status(void);
/* One skipped test; does not return. */
void tap_skip_all(const char *name, const char *reason) __attribute__((noreturn));
/* "Bail out!" with errno; does not return. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The machine. */
struct window {
	uint64_t start;
	uint64_t length;
};

/* RAM that memmap=SIZE$START on the command line keeps from the kernel. */
unsigned int windows(struct window *w, unsigned int max);
/* The first window, cut to what is aligned to @align; false if there is none. */
bool window_aligned(uint64_t align, uint64_t length, struct window *out);
/* A file as a string; the caller frees it. NULL and errno if it cannot be read. */
char *slurp(const char *path);
bool spit(const char *path, const char *text);
/* A line of /proc/meminfo in bytes. */
uint64_t meminfo(const char *name);
uint64_t now_ns(void);

/* Modules, without modprobe: no fork. 0 or -errno. */
int module_load(const char *name, const char *params);
int module_load_fd(int fd, const char *params);
/* The file of a module, or -errno. */
int module_file(const char *name);
/* Tries for a while if it is EAGAIN and @patient: work may hold a reference. */
int module_unload(const char *name, bool patient);

/* The ioctls: 0 or -errno. */
int vtl0_add(int fd, struct vtl0_add *add);
int vtl0_add_simple(int fd, uint64_t start, uint64_t length, uint32_t flags);
int vtl0_remove(int fd, uint64_t start, uint64_t length);
/* Removes every range, waiting for those that are pinned; their number or -errno. */
int vtl0_remove_all(int fd);
/* Ranges or chunks as text, one a line, without what faults change. */
char *vtl0_list(int fd);

/* Random numbers, the same for the same seed. */
struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
/* 0 <= result < n */
uint64_t rng_below(struct rng *rng, uint64_t n);

#endif /* _VTL0_TESTS_UTIL_H */
