// SPDX-License-Identifier: GPL-2.0
/*
 * reproduce FILE SECONDS: one thread touches a mapping of 1 GiB of FILE, another drops it
 * by madvise(), whole and in part.
 */
#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common.h"

#define PART	(2UL << 20)

static char *map;
static bool stop;

static void *touch(void *arg)
{
	unsigned long *n = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		*(volatile char *)map = 1;
		(*n)++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long drops = 0, touches = 0;
	pthread_t thread;
	time_t end;

	if (argc != 3)
		errx(CANNOT, "usage: reproduce FILE SECONDS");
	map = map_at(reserve_space(GIB), GIB, argv[1]);
	if (pthread_create(&thread, NULL, touch, &touches))
		err(CANNOT, "pthread_create");
	for (end = time(NULL) + atoi(argv[2]); time(NULL) < end; drops++)
		if (madvise(map + (drops % 2 ? PART : 0), drops % 2 ? PART : GIB, MADV_DONTNEED))
			err(CANNOT, "madvise");
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	printf("# dropped %lu times, touched %lu times\n", drops, touches);
	return 0;
}
