// SPDX-License-Identifier: GPL-2.0
/* See hold.h. */
#include <signal.h>
#include <stdio.h>

#include "hold.h"
#include "vtl0ctl.h"

/*
 * A signal that comes before this ends the program: the kernel closes /dev/vtl0, and the
 * driver removes the ranges. SIGINT and SIGHUP stay ignored if the parent process ignores
 * them (nohup, a background job).
 */
void hold(const struct common *common, size_t nr, const char *what)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;
	sigset_t set;
	size_t i;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!sigaction(ends[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!common->json)
		printf("holding %zu %s%s until a signal comes (SIGINT, SIGTERM)\n", nr, what,
		       nr == 1 ? "" : "s");
	fflush(stdout);
	sigwait(&set, &sig);
}
