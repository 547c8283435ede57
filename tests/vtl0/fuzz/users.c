// SPDX-License-Identifier: GPL-2.0
/* The processes of vtl0_fuzz that use the memory, and those that they fork; see users.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "users.h"

/* longer than for a caller: signals of all the processes would take most of the time */
#define SIGNAL_US	20000

/* 0 when it has ended */
static pid_t users[NR_USERS];

/* Inherits a mapping, touches and changes it, and ends in one way or another. */
static void child(char *p, uint64_t length)
{
	touch_some(p, length, 3);
	change_part(p, length);
	if (below(2))
		kill(getpid(), SIGKILL);
	_exit(0);
}

/* A VMM that dies with its ranges, mapped and perhaps touched. */
static void owner(char *p, uint64_t length)
{
	const struct window *slot = &slots[below(NR_SLOTS)];
	int control = open(CONTROL, O_RDWR | O_CLOEXEC);

	add_range(control, window.start + slot->start, slot->length, 0);
	touch_some(p, length, 3);
	kill(getpid(), SIGKILL);
	_exit(0);
}

static void use_processes(void)
{
	bool owning = !below(3) && !clearing();
	uint64_t offset, length;
	pid_t pid;
	char *p;

	pick_piece(&offset, &length);
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	touch_some(p, length, 2);
	pid = fork();
	if (!pid) {
		if (owning)
			owner(p, length);
		child(p, length);
	}
	if (pid > 0 && wait_for_child(pid))
		count(owning ? OWNER_KILLED : FORKED);
	munmap(p, length);
	if (!below(4))
		reopen_low();
}

/* ------------------------------------------------------------------ */

static void user(void (*round)(void), uint64_t seed, struct worker *worker, const char *disk)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	forget_callers();
	catch_bus_errors();
	pieces_start(seed, worker);
	io_start(disk);
	start_signals(SIGNAL_US, USER_SIGNALLED);
	pieces_run(round);
	_exit(0);
}

void start_users(uint64_t seed, const char *disk)
{
	static void (* const rounds[])(void) = {
		use_mappings, use_declaring_maps, use_names, use_direct_io, use_fixed_buffers,
		use_pipes, use_processes, use_gigabyte,
	};
	unsigned int i;

	_Static_assert(ARRAY_SIZE(rounds) == NR_USERS, "a worker for each");
	for (i = 0; i < NR_USERS; i++) {
		users[i] = fork();
		if (users[i] < 0)
			die("fork");
		if (!users[i])
			user(rounds[i], seed + i, &shared->workers[NR_CALLERS + i], disk);
	}
}

bool users_ended(void)
{
	unsigned int i, running = 0;
	int status;
	pid_t pid;

	for (i = 0; i < NR_USERS; i++) {
		pid = users[i] ? waitpid(users[i], &status, WNOHANG) : 0;
		if (pid == users[i] && pid) {
			if (status || !stopped())
				failure("user %u ended with status %#x", i, status);
			end_worker(&shared->workers[NR_CALLERS + i]);
			users[i] = 0;
		}
		running += users[i] != 0;
	}
	return !running;
}
