/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the commands of bounce_io. They end the program when a call fails. */
#ifndef _TESTS_BOUNCE_IO_H
#define _TESTS_BOUNCE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit status of a command that found other data than it should. */
#define BAD_DATA 1

struct command {
	const char *name;
	const char *arguments;
	const char *what;
	int nr_args;
	int (*run)(char **arg);
};

/* Each ends with an empty one. */
extern const struct command shapes_commands[];
extern const struct command in_flight_commands[];
extern const struct command ioctls_commands[];
extern const struct command others_commands[];
extern const struct command cost_commands[];
extern const struct command log_commands[];
extern const struct command acked_commands[];
extern const struct command torn_commands[];

/* The name of an error, or "0". */
const char *errno_word(int e);
/* With a suffix K or M. */
size_t number(const char *text);
int open_disk(const char *path, int flags);
/* Zeroed, aligned to a page. */
char *buffer(size_t size);
uint64_t rnd(uint64_t below);
/* Random, and no two fills alike. */
void fill(char *p, size_t len);

/* One asynchronous I/O, without a library. */
void aio_begin(int fd, bool write, void *buf, size_t len, off_t offset);
#define NOT_YET INT64_MIN
/* Its result, or NOT_YET when it has not come within @timeout seconds. */
int64_t aio_end(double timeout);

/*
 * For a disk whose I/O waits: print a line when the action on the waiting I/O has been
 * done. Then the script lets the I/O go on.
 */
void ready(const char *word);
/* The I/O that was begun has not ended. */
void must_wait(void);

#endif /* _TESTS_BOUNCE_IO_H */
