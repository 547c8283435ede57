// SPDX-License-Identifier: GPL-2.0
/*
 * With one processor and "-icount shift=0,sleep=off" a nanosecond of guest time
 * is one instruction. But not of time spent idle: there the emulator jumps to
 * the next timer, and adding or removing a pgmap waits for RCU grace periods.
 * So a thread of the lowest class spins all the time: the processor is never
 * idle, and the time that is left after taking the spinner's own processor time
 * off is work, of any thread or interrupt.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "measure.h"
#include "memory.h"
#include "tap.h"

static clockid_t spinner_clock;
static volatile bool spinning;
static sem_t go;

/* Only during a measurement: other waiting shall not take real time. */
static void *spin(void *unused)
{
	(void)unused;
	for (;;) {
		sem_wait(&go);
		while (spinning)
			;
	}
	return NULL;
}

void measure_init(void)
{
	struct sched_param zero = { };
	pthread_t thread;

	/* pages in the allocator's per-processor lists are not in MemFree: keep few */
	if (write_file("/proc/sys/vm/percpu_pagelist_high_fraction", "10000000"))
		die("percpu_pagelist_high_fraction");
	sem_init(&go, 0, 0);
	errno = pthread_create(&thread, NULL, spin, NULL);
	if (errno)
		die("pthread_create");
	errno = pthread_setschedparam(thread, SCHED_IDLE, &zero);
	if (errno)
		die("pthread_setschedparam");
	errno = pthread_getcpuclockid(thread, &spinner_clock);
	if (errno)
		die("pthread_getcpuclockid");
}

static uint64_t spun_ns(void)
{
	struct timespec ts;

	clock_gettime(spinner_clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void measure_begin(struct measure *m)
{
	/* work that the code before left to grace periods and kworkers */
	usleep(30000);
	m->begin_free = meminfo("MemFree");
	spinning = true;
	sem_post(&go);
	m->begin_idle = spun_ns();
	m->begin_elapsed = now_ns();
}

void measure_end(struct measure *m)
{
	m->elapsed = now_ns() - m->begin_elapsed;
	m->work = m->elapsed - (spun_ns() - m->begin_idle);
	spinning = false;
	m->memory = m->begin_free - meminfo("MemFree");
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t median(uint64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

int64_t median_signed(int64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}
