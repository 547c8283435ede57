// SPDX-License-Identifier: GPL-2.0
/*
 * What of the driver vtl0_fuzz has reached. It needs a kernel with CONFIG_KCOV and a vtl0.ko that
 * was built with KCOV_INSTRUMENT=y, which calls KCOV at each branch: nothing else of the kernel
 * is in the traces then. What the driver leaves to kernel threads, such as memremap_pages(), is
 * not in them either.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcov.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "kcov.h"
#include "tap.h"

#define KCOV		"/sys/kernel/debug/kcov"
/* longer traces are cut off */
#define AREA_WORDS	(1U << 16)
/* more than the module has */
#define TEXT_MAX	MIB(4)
#define EDGE_BITS	20

/* Shared by all processes. */
static struct {
	uint64_t nr_pcs, nr_edges;
	uint8_t pcs[TEXT_MAX / 8];
	uint8_t edges[(1U << EDGE_BITS) / 8];
} *reached;

/* where the module's text is; 0: calls are not traced */
static uint64_t base;

/* Sets a bit; was it clear? */
static bool set_bit(uint8_t *bits, uint64_t bit)
{
	uint8_t mask = 1U << bit % 8;

	if (__atomic_load_n(&bits[bit / 8], __ATOMIC_RELAXED) & mask)
		return false;
	return !(__atomic_fetch_or(&bits[bit / 8], mask, __ATOMIC_RELAXED) & mask);
}

static uint64_t edge(uint64_t from, uint64_t to)
{
	return (from << 32 | to) * 0x9e3779b97f4a7c15ULL >> (64 - EDGE_BITS);
}

void kcov_begin(struct trace *t)
{
	if (t->area)
		__atomic_store_n(&t->area[0], 0, __ATOMIC_RELAXED);
}

bool kcov_end(struct trace *t)
{
	uint64_t n = t->area ? __atomic_load_n(&t->area[0], __ATOMIC_RELAXED) : 0;
	uint64_t i, pc, bit, from = 0;
	bool fresh = false;

	for (i = 1; i <= n && i < AREA_WORDS; i++) {
		pc = t->area[i] - base;
		if (pc >= TEXT_MAX)
			continue;
		bit = edge(from, pc);
		from = pc;
		if (!set_bit(t->edges, bit))
			continue;
		fresh = true;
		if (set_bit(reached->pcs, pc))
			__atomic_fetch_add(&reached->nr_pcs, 1, __ATOMIC_RELAXED);
		if (set_bit(reached->edges, bit))
			__atomic_fetch_add(&reached->nr_edges, 1, __ATOMIC_RELAXED);
	}
	return fresh;
}

uint64_t kcov_pcs(void)
{
	return reached->nr_pcs;
}

uint64_t kcov_edges(void)
{
	return reached->nr_edges;
}

/* ------------------------------------------------------------------ */

/* Where the module's code begins, or 0. */
static uint64_t find_text(void)
{
	FILE *f = fopen("/proc/modules", "re");
	uint64_t start = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "vtl0 %*s %*s %*s %*s %" SCNx64, &start) == 1)
			break;
	if (f)
		fclose(f);
	return start;
}

/* Traces the calling thread until it ends, or until KCOV_DISABLE. The file, or -1. */
static int open_trace(struct trace *t)
{
	int fd = open(KCOV, O_RDWR | O_CLOEXEC);
	void *area;

	if (fd < 0)
		return -1;
	if (ioctl(fd, KCOV_INIT_TRACE, AREA_WORDS))
		die(KCOV);
	area = mmap(NULL, AREA_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	t->edges = calloc(1, sizeof(reached->edges));
	if (area == MAP_FAILED || !t->edges || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		die(KCOV);
	t->area = area;
	return fd;
}

static void close_trace(struct trace *t, int fd)
{
	if (ioctl(fd, KCOV_DISABLE, 0))
		die("KCOV_DISABLE");
	munmap(t->area, AREA_WORDS * sizeof(uint64_t));
	free(t->edges);
	close(fd);
}

/* The calling thread is traced in here only, for one call. */
const char *kcov_set_up(int control)
{
	struct vtl0_info info = { };
	struct trace t = { };
	bool traced;
	int fd;

	if (access(KCOV, F_OK))
		return "the kernel has no KCOV";
	reached = mmap(NULL, sizeof(*reached), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (reached == MAP_FAILED)
		die("mmap");
	fd = open_trace(&t);
	if (fd < 0)
		return "KCOV cannot be opened";
	base = find_text();
	kcov_begin(&t);
	cmd_info(control, &info);
	traced = kcov_end(&t);
	close_trace(&t, fd);
	if (traced)
		return NULL;
	base = 0;
	return "vtl0.ko was built without KCOV_INSTRUMENT=y";
}

void kcov_start(struct trace *t)
{
	int fd;

	if (!base)
		return;
	fd = open_trace(t);
	if (fd < 0)
		die(KCOV);
	/* the mapping keeps it */
	close(fd);
}

/* ------------------------------------------------------------------ */

struct symbol {
	uint64_t start;
	char name[64];
};

static int by_start(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* The functions of the module, sorted; free() them. */
static struct symbol *functions(unsigned int *nr)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	struct symbol *s = NULL, next;
	char line[512], type, module[64];

	*nr = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 " %c %63s [%63[^]]]", &next.start, &type, next.name,
			   module) != 4 || strcmp(module, "vtl0") || !strchr("tT", type) ||
		    next.start - base >= TEXT_MAX)
			continue;
		s = realloc(s, (*nr + 1) * sizeof(*s));
		if (!s)
			die("realloc");
		s[(*nr)++] = next;
	}
	if (f)
		fclose(f);
	qsort(s, *nr, sizeof(*s), by_start);
	return s;
}

static bool any_reached(uint64_t from, uint64_t to)
{
	uint64_t i;

	for (i = from - base; i < to - base && i < TEXT_MAX; i++)
		if (reached->pcs[i / 8] & 1U << i % 8)
			return true;
	return false;
}

/* Not what compilers and trace.h make. */
static bool is_ours(const char *name)
{
	return name[0] != '_' && !strstr(name, "trace_") && !strstr(name, ".cold");
}

void kcov_show_missed(void)
{
	unsigned int nr, i, all = 0, missed = 0;
	struct symbol *s = functions(&nr);

	for (i = 0; i < nr; i++) {
		if (!is_ours(s[i].name))
			continue;
		all++;
		if (any_reached(s[i].start, i + 1 < nr ? s[i + 1].start : s[i].start + PAGE))
			continue;
		tap_note("never entered: %s", s[i].name);
		missed++;
	}
	tap_note("%u of %u functions entered", all - missed, all);
	free(s);
}
