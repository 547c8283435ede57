// SPDX-License-Identifier: GPL-2.0
/* What of the memory a process of vtl0_fuzz uses, by its random numbers; see users.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "users.h"

/* pause between rounds: the callers shall get most of the processors */
#define PAUSE_US	2000

static struct guide guide;
static struct worker *self;
static int low;

uint64_t below(uint64_t n)
{
	return guide_next(&guide) % n;
}

void reopen_low(void)
{
	close(low);
	low = open(LOW, O_RDWR | O_CLOEXEC);
	if (low < 0)
		die(LOW);
}

void pieces_start(uint64_t seed, struct worker *worker)
{
	self = worker;
	low = -1;
	reopen_low();
	guide_start(&guide, seed);
}

void get_on(void)
{
	begin_turn(self);
}

static void round_and_pause(void *arg)
{
	void (**round)(void) = arg;

	get_on();
	(*round)();
	usleep(PAUSE_US + below(PAUSE_US));
}

void pieces_run(void (*round)(void))
{
	while (!stopped())
		guide_run(&guide, round_and_pause, &round);
}

const struct window *pick_piece(uint64_t *offset, uint64_t *length)
{
	const struct window *slot = &slots[below(NR_SLOTS)];

	*offset = slot->start + below(slot->length / PAGE) * PAGE;
	if (below(2))
		*offset &= ~(MIB(2) - 1);
	*length = (1 + below(below(2) ? 16 : 4096)) * PAGE;
	if (*offset + *length > window.length)
		*length = window.length - *offset;
	return slot;
}

void *map_piece(uint64_t offset, uint64_t length)
{
	uint64_t alias = below(8) ? 0 : ALIAS;
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, low,
		       alias + window.start + offset);

	if (p != MAP_FAILED && alias)
		count(ALIASED);
	return p;
}

bool wait_for_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return false;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		failure("a child got signal %d", WTERMSIG(status));
	return true;
}

void touch_some(char *p, uint64_t length, unsigned int times)
{
	while (times--) {
		char *at = p + below(length / PAGE) * PAGE + below(PAGE);

		if (guard())
			continue;
		if (below(2))
			*(volatile char *)at;
		else
			*(volatile char *)at = 1;
		unguard();
		count(TOUCHED);
	}
}
