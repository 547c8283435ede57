// SPDX-License-Identifier: GPL-2.0
/* Says what the guest's tasks wait for, when the time of the run is nearly over. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define PF_KTHREAD	0x00200000	/* of include/linux/sched.h */

/* Reads a small file of /proc/@pid/task/@tid; an empty string if the task has ended. */
static void read_of_task(int pid, int tid, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, buf, size - 1);
		close(fd);
	}
	buf[len > 0 ? len : 0] = '\0';
}

/*
 * The functions in /proc/PID/stack, "[<0>] name+0x1/0x2" in each line, callee first. Prints
 * nothing for a task of the kernel that only waits for work. Reads no file that takes mmap_lock,
 * as cmdline does: a task that sleeps with it may be the one that is looked for.
 */
static void show_task(int pid, int tid)
{
	char stat[512], stack[4096], line[1024], *name, *state, *save;
	unsigned int flags;
	int len;

	read_of_task(pid, tid, "stat", stat, sizeof(stat));
	read_of_task(pid, tid, "stack", stack, sizeof(stack));
	name = strchr(stat, '(');
	state = strrchr(stat, ')');
	/* behind the state: ppid, pgrp, session, tty_nr, tpgid, flags */
	if (!name || !state || sscanf(state + 3, "%*d %*d %*d %*d %*d %u", &flags) != 1)
		return;
	if ((flags & PF_KTHREAD) && !strchr("DR", state[2]))
		return;
	*state = '\0';
	state += 2;
	state[1] = '\0';
	len = snprintf(line, sizeof(line), "lab: %d %s %s", tid, name + 1, state);
	for (name = strtok_r(stack, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
		name += strcspn(name, " ");
		name[strcspn(name, "+")] = '\0';
		if (len < (int)sizeof(line))
			len += snprintf(line + len, sizeof(line) - len, "%s", name);
	}
	fprintf(stderr, "%s\n", line);
}

static int next_number(DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)))
		if (isdigit(entry->d_name[0]))
			return atoi(entry->d_name);
	return 0;
}

static void show_all(void)
{
	char path[64];
	DIR *procs = opendir("/proc"), *tasks;
	int pid, tid;

	if (!procs)
		return;
	fprintf(stderr, "lab: the time is nearly over; the tasks, and where each is in the kernel:\n");
	while ((pid = next_number(procs))) {
		snprintf(path, sizeof(path), "/proc/%d/task", pid);
		tasks = opendir(path);
		while (tasks && (tid = next_number(tasks)))
			show_task(pid, tid);
		if (tasks)
			closedir(tasks);
	}
	closedir(procs);
}

/**
 * show_tasks() - print each task that does or waits for something, with its stack
 *
 * To the console, so that it is read behind what the kernel said before. Another process
 * does it: the caller has to go on if a lock that it needs is not released.
 */
void show_tasks(void)
{
	if (fork())
		return;
	show_all();
	_exit(0);
}
