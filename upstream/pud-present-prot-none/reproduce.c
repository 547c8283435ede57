// SPDX-License-Identifier: GPL-2.0
/*
 * reproduce FILE: reads a mapping of 1 GiB of FILE that has become PROT_NONE through
 * /proc/self/mem, as a debugger does. Does that end?
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define SECONDS	20

/* In a process of its own: it may have to be killed. */
static void read_mapping(const char *path)
{
	char *map = map_at(reserve_space(GIB), GIB, path), c = 0;
	int fd;

	*map = 'x';
	if (mprotect(map, GIB, PROT_NONE))
		err(CANNOT, "mprotect");
	fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(CANNOT, "/proc/self/mem");
	if (pread(fd, &c, 1, (uintptr_t)map) != 1)
		err(CANNOT, "/proc/self/mem");
	if (mprotect(map, GIB, PROT_READ | PROT_WRITE))
		err(CANNOT, "mprotect");
	exit(c == 'x' && *map == 'x' ? NOT_FOUND : CANNOT);
}

int main(int argc, char **argv)
{
	int s, status;
	pid_t pid;

	if (argc != 2)
		errx(CANNOT, "usage: reproduce FILE");
	pid = fork();
	if (!pid)
		read_mapping(argv[1]);
	for (s = 0; s < SECONDS; s++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (!WIFEXITED(status))
				errx(CANNOT, "killed by signal %d", WTERMSIG(status));
			printf("# read in less than %d s\n", s + 1);
			return WEXITSTATUS(status);
		}
		sleep(1);
	}
	printf("# still reading after %d s\n", SECONDS);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return FOUND;
}
