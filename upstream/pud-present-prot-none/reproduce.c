// SPDX-License-Identifier: GPL-2.0
/*
 * reproduce FILE: reads a mapping of 1 GiB of FILE that has become PROT_NONE by ptrace(), as
 * a debugger does. Does that end?
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define SECONDS	10

static void be_traced(const char *path, char *space)
{
	char *map = map_at(space, GIB, path);

	*map = 'x';
	if (mprotect(map, GIB, PROT_NONE) || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		err(CANNOT, "the traced process");
	raise(SIGSTOP);
	if (mprotect(map, GIB, PROT_READ | PROT_WRITE))
		err(CANNOT, "mprotect");
	exit(*map == 'x' ? NOT_FOUND : CANNOT);
}

/* In a process of its own: it may have to be killed. */
static void trace(const char *path)
{
	char *space = reserve_space(GIB);
	int status;
	pid_t pid;
	long word;

	pid = fork();
	if (!pid)
		be_traced(path, space);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		errx(CANNOT, "the traced process did not stop");
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, space, NULL);
	if (errno)
		err(CANNOT, "PTRACE_PEEKDATA");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		errx(CANNOT, "the traced process did not end");
	exit((char)word == 'x' ? WEXITSTATUS(status) : CANNOT);
}

int main(int argc, char **argv)
{
	int s, status;
	pid_t pid;

	if (argc != 2)
		errx(CANNOT, "usage: reproduce FILE");
	pid = fork();
	if (!pid)
		trace(argv[1]);
	for (s = 0; s < SECONDS; s++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (!WIFEXITED(status))
				errx(CANNOT, "killed by signal %d", WTERMSIG(status));
			printf("# ended in less than %d s\n", s + 1);
			return WEXITSTATUS(status);
		}
		sleep(1);
	}
	printf("# still reading after %d s\n", SECONDS);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return FOUND;
}
