// SPDX-License-Identifier: GPL-2.0
/* See inject.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "inject.h"

#define DEBUGFS "/sys/kernel/debug/"
#define FAIL_NTH "/proc/thread-self/fail-nth"

bool have_fail_nth(void)
{
	if (access(FAIL_NTH, W_OK) || access(DEBUGFS "failslab", F_OK))
		return false;
	return !write_file(DEBUGFS "failslab/ignore-gfp-wait", "N") &&
	       !write_file(DEBUGFS "failslab/verbose", "0") &&
	       !write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") &&
	       !write_file(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N") &&
	       !write_file(DEBUGFS "fail_page_alloc/min-order", "0") &&
	       !write_file(DEBUGFS "fail_page_alloc/verbose", "0");
}

/* Stays open: an open() for each test would allocate, and be counted. */
static int nth_fd = -1;

void fail_nth(unsigned int n)
{
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%u", n);

	if (nth_fd < 0)
		nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (pwrite(nth_fd, buf, len, 0) != len)
		abort();
}

static unsigned int fail_nth_left(void)
{
	char buf[16] = "";

	if (pread(nth_fd, buf, sizeof(buf) - 1, 0) <= 0)
		abort();
	if (pwrite(nth_fd, "0", 1, 0) != 1)
		abort();
	return strtoul(buf, NULL, 10);
}

bool fail_nth_hit(void)
{
	/* The kernel counts down: 0 means that the n-th allocation was reached. */
	return !fail_nth_left();
}

#define MANY 1000000

void count_allocations(void)
{
	fail_nth(MANY);
}

unsigned int counted_allocations(void)
{
	return MANY - fail_nth_left();
}
