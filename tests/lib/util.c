// SPDX-License-Identifier: GPL-2.0
/* See util.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

/* ------------------------------------------------------------------ */
/* KTAP */

static pthread_mutex_t tap_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int tap_planned, tap_run, tap_failed;

void tap_plan(unsigned int tests)
{
	tap_planned = tests;
	printf("KTAP version 1\n1..%u\n", tests);
	fflush(stdout);
}

static void tap_line(bool ok, const char *directive, const char *fmt, va_list ap)
{
	pthread_mutex_lock(&tap_lock);
	tap_run++;
	tap_failed += !ok;
	printf("%sok %u - ", ok ? "" : "not ", tap_run);
	vprintf(fmt, ap);
	printf("%s%s\n", directive ? " # SKIP " : "", directive ?: "");
	fflush(stdout);
	pthread_mutex_unlock(&tap_lock);
}

bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(ok, NULL, fmt, ap);
	va_end(ap);
	return ok;
}

void tap_skip(const char *reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(true, reason, fmt, ap);
	va_end(ap);
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&tap_lock);
	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
	pthread_mutex_unlock(&tap_lock);
}

int tap_status(void)
{
	return tap_failed || tap_run != tap_planned;
}

void tap_skip_all(const char *name, const char *reason)
{
	tap_plan(1);
	tap_skip(reason, "%s", name);
	exit(0);
}

void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! ");
	vprintf(fmt, ap);
	printf(": %s\n", strerror(err));
	va_end(ap);
	fflush(stdout);
	_exit(1);
}

/* ------------------------------------------------------------------ */
/* The machine */

static uint64_t parse_size(const char **p)
{
	char *end;
	uint64_t v = strtoull(*p, &end, 0);

	switch (*end) {
	case 'G':
	case 'g':
		v *= GIB;
		end++;
		break;
	case 'M':
	case 'm':
		v *= MIB;
		end++;
		break;
	case 'K':
	case 'k':
		v *= KIB;
		end++;
		break;
	}
	*p = end;
	return v;
}

unsigned int windows(struct window *w, unsigned int max)
{
	char *line = slurp("/proc/cmdline");
	const char *p = line;
	unsigned int n = 0;

	while (p && n < max && (p = strstr(p, "memmap="))) {
		p += strlen("memmap=");
		w[n].length = parse_size(&p);
		if (*p++ != '$')
			continue;
		w[n].start = parse_size(&p);
		n++;
	}
	free(line);
	return n;
}

bool window_aligned(uint64_t align, uint64_t length, struct window *out)
{
	struct window w[16];
	unsigned int i, n = windows(w, ARRAY_SIZE(w));

	for (i = 0; i < n; i++) {
		uint64_t start = (w[i].start + align - 1) & ~(align - 1);
		uint64_t end = w[i].start + w[i].length;

		if (start + length > end)
			continue;
		out->start = start;
		out->length = end - start;
		return true;
	}
	return false;
}

char *slurp(const char *path)
{
	size_t size = 4096, len = 0;
	char *buf = malloc(size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || !buf) {
		free(buf);
		return NULL;
	}
	while ((n = read(fd, buf + len, size - len - 1)) > 0) {
		len += n;
		if (size - len < 2048)
			buf = realloc(buf, size *= 2);
	}
	close(fd);
	buf[len] = '\0';
	return buf;
}

bool spit(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

uint64_t meminfo(const char *name)
{
	char *all = slurp("/proc/meminfo");
	size_t len = strlen(name);
	uint64_t kib = 0;
	char *p;

	for (p = all; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, len) && p[len] == ':') {
			kib = strtoull(p + len + 1, NULL, 10);
			break;
		}
	}
	free(all);
	return kib * KIB;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* ------------------------------------------------------------------ */
/* Modules */

int module_file(const char *name)
{
	const char *dir = getenv("VTL0_MODULES");
	struct utsname uts;
	char path[512];
	int fd;

	if (dir) {
		snprintf(path, sizeof(path), "%s/%s.ko", dir, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/%s.ko", uts.release, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int module_load_fd(int fd, const char *params)
{
	return syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
}

int module_load(const char *name, const char *params)
{
	int fd = module_file(name);
	int ret;

	if (fd < 0)
		return fd;
	ret = module_load_fd(fd, params);
	close(fd);
	return ret;
}

int module_unload(const char *name, bool patient)
{
	int tries = patient ? 1000 : 1;

	while (syscall(SYS_delete_module, name, O_NONBLOCK)) {
		if ((errno != EAGAIN && errno != EBUSY) || !--tries)
			return -errno;
		usleep(10000);
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* The ioctls */

int vtl0_add(int fd, struct vtl0_add *add)
{
	add->size = sizeof(*add);
	return ioctl(fd, VTL0_ADD, add) ? -errno : 0;
}

int vtl0_add_simple(int fd, uint64_t start, uint64_t length, uint32_t flags)
{
	struct vtl0_add add = { .flags = flags, .start = start, .length = length };

	return vtl0_add(fd, &add);
}

int vtl0_remove(int fd, uint64_t start, uint64_t length)
{
	struct vtl0_remove remove = {
		.size = sizeof(remove), .start = start, .length = length,
	};

	return ioctl(fd, VTL0_REMOVE, &remove) ? -errno : 0;
}

static int first_range(int fd, struct vtl0_range_info *info)
{
	struct vtl0_query q = {
		.size = sizeof(q),
		.buf = (uintptr_t)info,
		.entry_size = sizeof(*info),
		.count = 1,
	};

	if (ioctl(fd, VTL0_QUERY, &q))
		return -errno;
	return q.count;
}

int vtl0_remove_all(int fd)
{
	struct vtl0_range_info info;
	int tries = 1000, removed = 0, ret;

	while ((ret = first_range(fd, &info)) > 0) {
		ret = vtl0_remove(fd, info.start, info.length);
		if (!ret) {
			removed++;
		} else if (ret != -ENOENT) {
			if (ret != -EBUSY || !--tries)
				return ret;
			usleep(10000);
		}
	}
	return ret ?: removed;
}

static void list_ranges(int fd, FILE *out)
{
	struct vtl0_range_info info[16];
	struct vtl0_query q = {
		.size = sizeof(q),
		.buf = (uintptr_t)info,
		.entry_size = sizeof(info[0]),
	};
	unsigned int i;

	do {
		q.count = ARRAY_SIZE(info);
		if (ioctl(fd, VTL0_QUERY, &q))
			die("VTL0_QUERY of ranges");
		for (i = 0; i < q.count; i++)
			fprintf(out, "range %u %#llx+%#llx state %u flags %u node %d chunks %u owners %u memmap %llu/%llu\n",
				info[i].id, info[i].start, info[i].length, info[i].state,
				info[i].flags, info[i].node, info[i].nr_chunks,
				info[i].owners, info[i].memmap_bytes, info[i].memmap_saved);
	} while (q.cursor);
}

static void list_chunks(int fd, FILE *out)
{
	struct vtl0_chunk_info info[64];
	struct vtl0_query q = {
		.size = sizeof(q),
		.flags = VTL0_QUERY_CHUNKS,
		.buf = (uintptr_t)info,
		.entry_size = sizeof(info[0]),
	};
	unsigned int i;

	do {
		q.count = ARRAY_SIZE(info);
		if (ioctl(fd, VTL0_QUERY, &q))
			die("VTL0_QUERY of chunks");
		for (i = 0; i < q.count; i++)
			fprintf(out, "chunk of %u %#llx+%#llx order %u\n", info[i].range_id,
				info[i].start, info[i].length, info[i].order);
	} while (q.cursor);
}

char *vtl0_list(int fd)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		die("open_memstream");
	list_ranges(fd, out);
	list_chunks(fd, out);
	fclose(out);
	return text;
}

/* ------------------------------------------------------------------ */
/* Random numbers: splitmix64 */

uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return rng_next(rng) % n;
}
