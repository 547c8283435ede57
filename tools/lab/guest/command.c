// SPDX-License-Identifier: GPL-2.0
/* Runs the guest's one command, ends the processes it left behind, and looks for leaks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
/* kmemleak does not report what is younger than 5 s (MSECS_MIN_AGE). */
#define KMEMLEAK_AGE_S	6

bool use_tty;
struct winsize winsize;
unsigned int show_tasks_at;

/* The child: a session of its own, and a pipe (or the terminal) for its output. */
static void run_command(char **argv, int out)
{
	sigset_t none;
	int in;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	in = open(use_tty ? TTY : "/dev/null", O_RDWR);
	if (use_tty) {
		ioctl(in, TIOCSCTTY, 0);
		if (winsize.ws_row)
			ioctl(in, TIOCSWINSZ, &winsize);
		out = in;
	}
	dup2(out, 1);
	dup2(out, 2);
	dup2(in, 0);
	if (in > 2)
		close(in);
	if (chdir("/src"))
		perror("lab: /src");
	execvp(argv[0], argv);
	fprintf(stderr, "lab: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void write_all(int fd, const char *buf, ssize_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, buf, len);
		/* ENOMEM: a test may have used up the memory for a while, so try again. */
		if (n < 0 && errno != EINTR && errno != ENOMEM)
			fail("cannot write", "the output");
		if (n > 0) {
			buf += n;
			len -= n;
		}
	}
}

/* Passes on at most @limit bytes; false when nothing is left. */
static bool copy_output(int from, int to, size_t limit)
{
	static char buf[1 << 16];
	ssize_t len;

	while (limit) {
		len = read(from, buf, limit < sizeof(buf) ? limit : sizeof(buf));
		if (len <= 0)
			return len < 0 && errno == EINTR;
		write_all(to, buf, len);
		limit -= len;
	}
	return true;
}

/* Reaps all ended processes; true and its status when @pid is one of them. */
static bool reap(pid_t pid, int *status)
{
	bool found = false;
	pid_t p;
	int st;

	while ((p = waitpid(-1, &st, WNOHANG)) > 0) {
		if (p != pid)
			continue;
		*status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
		found = true;
	}
	return found;
}

/* Milliseconds for poll() until the tasks are to be shown; -1 if never or no more. */
static int until_tasks(void)
{
	struct timespec now;
	long long left;

	if (!show_tasks_at)
		return -1;
	clock_gettime(CLOCK_BOOTTIME, &now);
	left = (show_tasks_at - now.tv_sec) * 1000LL;
	return left > 0 ? left : 0;
}

/**
 * supervise() - run the command and copy its output until it has ended
 * @argv: the command
 * @out_port: where its output goes
 *
 * Return: its exit status, or 128 + the signal that ended it.
 */
int supervise(char **argv, int out_port)
{
	struct signalfd_siginfo info;
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int pipefd[2], status = 0;
	sigset_t chld;
	pid_t pid;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	/*
	 * A pipe, not the port itself: a port can be open only once, so
	 * "echo >/dev/stderr" in a script would fail with EBUSY.
	 */
	if (pipe2(pipefd, O_CLOEXEC))
		fail("cannot make", "a pipe");
	fds[0].fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	fds[1].fd = pipefd[0];
	pid = fork();
	if (!pid)
		run_command(argv, pipefd[1]);
	close(pipefd[1]);
	fcntl(pipefd[0], F_SETFL, O_NONBLOCK);
	for (;;) {
		if (!poll(fds, fds[1].fd < 0 ? 1 : 2, until_tasks()) && !until_tasks()) {
			show_tasks();
			show_tasks_at = 0;
		}
		if (fds[1].fd >= 0 && (fds[1].revents & POLLIN))
			copy_output(pipefd[0], out_port, 1 << 16);
		else if (fds[1].fd >= 0 && (fds[1].revents & POLLHUP))
			fds[1].fd = -1;
		while (read(fds[0].fd, &info, sizeof(info)) == sizeof(info))
			;
		if (reap(pid, &status))
			break;
	}
	/* The rest of the command's output fits into the pipe. */
	copy_output(pipefd[0], out_port, fcntl(pipefd[0], F_GETPIPE_SZ));
	close(fds[0].fd);
	return status;
}

/** kill_the_rest() - end every process that the command left */
void kill_the_rest(void)
{
	int ms, status;

	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	for (ms = 0; ms < 1000; ms++) {
		reap(0, &status);
		if (waitpid(-1, NULL, WNOHANG) < 0)
			return;
		usleep(1000);
	}
	kill(-1, SIGKILL);
	usleep(10000);
	reap(0, &status);
}

/**
 * leaks_found() - let kmemleak scan
 * @out_port: where its report goes
 *
 * Scans twice: an object is only reported once its checksum stood still for a scan.
 *
 * Return: whether it reported something.
 */
bool leaks_found(int out_port)
{
	static char buf[1 << 16];
	int fd = open(KMEMLEAK, O_WRONLY | O_CLOEXEC);
	struct timespec now;
	bool found = false;
	ssize_t len;
	time_t ended;

	if (fd < 0)
		fail("cannot open", KMEMLEAK);
	clock_gettime(CLOCK_MONOTONIC, &now);
	ended = now.tv_sec;
	if (write(fd, "scan", 4) != 4)
		fail("cannot scan with", KMEMLEAK);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < ended + KMEMLEAK_AGE_S)
		sleep(ended + KMEMLEAK_AGE_S - now.tv_sec);
	if (write(fd, "scan", 4) != 4)
		fail("cannot scan with", KMEMLEAK);
	close(fd);
	fd = open(KMEMLEAK, O_RDONLY | O_CLOEXEC);
	while ((len = read(fd, buf, sizeof(buf))) > 0) {
		found = true;
		write_all(out_port, buf, len);
	}
	close(fd);
	return found;
}
