// SPDX-License-Identifier: GPL-2.0
/* See clock.h. */
#include <time.h>
#include <unistd.h>

#include "clock.h"

u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

bool wait_until(bool (*done)(void *arg), void *arg, unsigned int seconds)
{
	u64 end = now_ns() + seconds * 1000000000ULL;

	while (!done(arg)) {
		if (now_ns() > end)
			return false;
		usleep(1000);
	}
	return true;
}
