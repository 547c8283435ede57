/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The half of vtl0_fuzz that uses the memory while it comes and goes: processes that map, touch,
 * split and move mappings (maps.c, gigabyte.c), do direct I/O, register buffers, splice (io.c),
 * fork, and die while they own ranges (users.c). Processes and not threads: they remap their own
 * addresses with MAP_FIXED, which no other thread may then have got.
 *
 * Almost any call may fail with EFAULT or ENOMEM here; a failure is another errno where one is
 * checked, a signal but SIGBUS, or a report of the kernel, which the lab sees.
 */
#ifndef _VTL0_FUZZ_USERS_H
#define _VTL0_FUZZ_USERS_H

#include "fuzz.h"

/* Starts the processes, with @disk for their I/O. They end when stopped(). */
void start_users(uint64_t seed, const char *disk);
/* Collects the status of those that have ended; true when all have. */
bool users_ended(void);

/* ------------------------------------------------------------------ */
/* pieces.c: what of the memory a process uses */

/* By the process, @worker: opens the files, and begins with its numbers. */
void pieces_start(uint64_t seed, struct worker *worker);
/* Makes rounds until stopped(). */
void pieces_run(void (*round)(void));
/* A round begins, or the next part of a long one: see watch.h. */
void get_on(void);
/* The files anew, also so that there is a moment without any. */
void reopen_low(void);

/* 0 <= result < n */
uint64_t below(uint64_t n);
/* An offset in a slot, and a length that may reach out of it */
const struct window *pick_piece(uint64_t *offset, uint64_t *length);
/* MAP_FAILED, errno; at @offset in the window */
void *map_piece(uint64_t offset, uint64_t length);
void touch_some(char *p, uint64_t length, unsigned int times);
/* Any signal but SIGKILL is a failure; has it ended? */
bool wait_for_child(pid_t pid);

/* ------------------------------------------------------------------ */
/* Rounds; change_part() and take_access() also for others that have a mapping */

void use_mappings(void);
void use_declaring_maps(void);
void use_names(void);
void change_part(char *p, uint64_t length);
void take_access(char *p, uint64_t length);
void use_gigabyte(void);

void io_start(const char *disk);
void use_direct_io(void);
void use_fixed_buffers(void);
void use_pipes(void);

#endif /* _VTL0_FUZZ_USERS_H */
