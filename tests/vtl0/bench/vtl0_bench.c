// SPDX-License-Identifier: GPL-2.0
/*
 * What registering, mapping and removing costs, beside the upstream way of doing
 * it (tests/vtl0/modules/vtl0_upstream.c: one pgmap, as large folios as the alignment
 * of the range allows, special page-table entries). Runs in a guest whose time
 * counts instructions; see measure.c and tests/vtl0/bench/bench.
 *
 * Ranges without RAM behind them are registered, but never touched. Faults are
 * measured on reserved RAM (memmap= on the command line).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "baseline.h"
#include "measure.h"
#include "upstream.h"
#include "util.h"

#define MAX_REPS	9
#define PLAN_RANGES	1000
#define SAMPLE_RANGES	20
#define SAMPLE_MAX	(64 * GIB)
#define PUD_ORDER	18
#define PMD_ORDER	9
/* 4K, 2M and 1G: what one page-table entry maps */
#define MAP_ORDERS	(1ULL << PUD_ORDER | 1ULL << PMD_ORDER | 1)
#define MANY_CHUNKS	4096

/* Where a machine with a few GiB has neither RAM nor devices. */
#define NO_RAM		(64 * GIB)
#define NO_RAM_HIGH	(1 * TIB)

static bool json, check;
static unsigned int reps = 5;
static int control, upstream;

/* ------------------------------------------------------------------ */
/* Results */

struct row {
	const char *section;
	char name[64];
	const char *unit;
	double vtl0;
	double other;
};

static struct row rows[128];
static unsigned int nr_rows;

static void add_row(const char *section, const char *name, const char *unit,
		    double vtl0, double other)
{
	struct row *r = &rows[nr_rows++];

	if (nr_rows == ARRAY_SIZE(rows))
		die("too many results");
	r->section = section;
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->unit = unit;
	r->vtl0 = vtl0;
	r->other = other;
}

static void print_table(void)
{
	const char *mark = check ? "# " : "";
	const char *section = "";
	unsigned int i;

	for (i = 0; i < nr_rows; i++) {
		struct row *r = &rows[i];

		if (strcmp(section, r->section)) {
			section = r->section;
			printf("%s\n%s%-46s %12s %12s %8s\n", check ? "#" : "", mark,
			       section, "vtl0", "other", "ratio");
		}
		printf("%s  %-32s %11s %12.2f", mark, r->name, r->unit, r->vtl0);
		if (r->other)
			printf(" %12.2f %8.3f", r->other, r->vtl0 / r->other);
		putchar('\n');
	}
}

static void print_json(void)
{
	unsigned int i;

	printf("[\n");
	for (i = 0; i < nr_rows; i++)
		printf("  {\"section\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"vtl0\": %.3f, \"other\": %.3f}%s\n",
		       rows[i].section, rows[i].name, rows[i].unit, rows[i].vtl0,
		       rows[i].other, i + 1 < nr_rows ? "," : "");
	printf("]\n");
}

static void progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void progress(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("# ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* ------------------------------------------------------------------ */
/* Registering and removing */

struct cost {
	uint64_t add;
	uint64_t remove;
	int64_t memory;
};

static void vtl0_once(uint64_t start, uint64_t length, struct cost *cost)
{
	struct measure m;
	int ret;

	measure_begin(&m);
	ret = vtl0_add_simple(control, start, length, 0);
	measure_end(&m);
	errno = -ret;
	if (ret)
		die("VTL0_ADD %#" PRIx64 "+%#" PRIx64, start, length);
	cost->add = m.work;
	cost->memory = m.memory;

	measure_begin(&m);
	ret = vtl0_remove(control, start, length);
	measure_end(&m);
	errno = -ret;
	if (ret)
		die("VTL0_REMOVE %#" PRIx64 "+%#" PRIx64, start, length);
	cost->remove = m.work;
}

static void upstream_add(uint64_t start, uint64_t length, int order)
{
	struct upstream_add add = { .start = start, .length = length, .order = order };

	if (ioctl(upstream, UPSTREAM_ADD, &add))
		die("UPSTREAM_ADD %#" PRIx64 "+%#" PRIx64 " order %d", start, length, order);
}

static void upstream_remove(void)
{
	if (ioctl(upstream, UPSTREAM_REMOVE))
		die("UPSTREAM_REMOVE");
}

static void upstream_once(uint64_t start, uint64_t length, int order, struct cost *cost)
{
	struct measure m;

	measure_begin(&m);
	upstream_add(start, length, order);
	measure_end(&m);
	cost->add = m.work;
	cost->memory = m.memory;

	measure_begin(&m);
	upstream_remove();
	measure_end(&m);
	cost->remove = m.work;
}

static void median_cost(struct cost *all, unsigned int n, struct cost *out)
{
	uint64_t add[MAX_REPS], del[MAX_REPS];
	int64_t memory[MAX_REPS];
	unsigned int i;

	for (i = 0; i < n; i++) {
		add[i] = all[i].add;
		del[i] = all[i].remove;
		memory[i] = all[i].memory;
	}
	out->add = median(add, n);
	out->remove = median(del, n);
	out->memory = median_signed(memory, n);
}

/* Alternating, so that what drifts hits both. */
static void compare(uint64_t start, uint64_t length, int order, unsigned int n,
		    struct cost *ours, struct cost *theirs)
{
	struct cost a[MAX_REPS], b[MAX_REPS];
	unsigned int i;

	for (i = 0; i < n; i++) {
		vtl0_once(start, length, &a[i]);
		upstream_once(start, length, order, &b[i]);
	}
	median_cost(a, n, ours);
	median_cost(b, n, theirs);
}

static uint64_t plan_memmap(uint64_t start, uint64_t length, uint32_t *chunks)
{
	struct vtl0_plan plan = { .size = sizeof(plan), .start = start, .length = length };

	if (ioctl(control, VTL0_PLAN, &plan))
		die("VTL0_PLAN %#" PRIx64 "+%#" PRIx64, start, length);
	if (chunks)
		*chunks = plan.count;
	return plan.memmap_bytes;
}

static void add_cost_rows(const char *section, const struct cost *ours,
			  const struct cost *theirs, double planned, double modelled)
{
	add_row(section, "register", "Minstr", ours->add / 1e6, theirs->add / 1e6);
	add_row(section, "memory taken (MemFree)", "MiB", (double)ours->memory / MIB,
		(double)theirs->memory / MIB);
	add_row(section, "memmap, calculated", "MiB", planned / MIB, modelled / MIB);
	add_row(section, "remove", "Minstr", ours->remove / 1e6, theirs->remove / 1e6);
}

static void bench_unaligned(void)
{
	uint64_t start = NO_RAM + 2 * MIB, length = 64 * GIB;
	struct cost ours, theirs;
	double planned, modelled;
	struct baseline base;

	progress("64 GiB, aligned to 2 MiB: %u times", reps);
	compare(start, length, UPSTREAM_ORDER_CTZ, reps, &ours, &theirs);
	baseline_init(&base, start, length, MAP_ORDERS);
	planned = plan_memmap(start, length, NULL);
	modelled = base.memmap_ctz;
	add_cost_rows("64 GiB aligned to 2 MiB; other: upstream", &ours, &theirs,
		      planned, modelled);
	if (!check)
		return;
	tap_ok(ours.add * 3 <= theirs.add,
	       "64 GiB aligned to 2 MiB is registered at least 3 times faster than upstream (%.1f to %.1f Minstr: %.2f times)",
	       ours.add / 1e6, theirs.add / 1e6, (double)theirs.add / ours.add);
	tap_ok(ours.memory * 10 <= theirs.memory && planned * 10 <= modelled,
	       "64 GiB aligned to 2 MiB takes at least 90 %% less memmap than upstream (measured %.1f to %.1f MiB: %.1f %%, calculated %.1f to %.1f MiB: %.1f %%)",
	       (double)ours.memory / MIB, (double)theirs.memory / MIB,
	       100 - 100.0 * ours.memory / theirs.memory, planned / MIB, modelled / MIB,
	       100 - 100 * planned / modelled);
}

static void bench_aligned(void)
{
	uint64_t start = NO_RAM_HIGH, length = TIB;
	unsigned int n = reps < 3 ? reps : 3;
	struct cost ours, theirs;

	progress("1 TiB, aligned to 1 GiB: %u times", n);
	compare(start, length, PUD_ORDER, n, &ours, &theirs);
	add_cost_rows("1 TiB aligned to 1 GiB; other: one pgmap, order 18", &ours, &theirs,
		      plan_memmap(start, length, NULL), baseline_memmap(length, PUD_ORDER));
	if (check)
		tap_ok(ours.add <= theirs.add * 1.1,
		       "1 TiB aligned to 1 GiB is registered within 10 %% of a bare memremap_pages() at order 18 (%.1f to %.1f Minstr: %+.1f %%)",
		       ours.add / 1e6, theirs.add / 1e6,
		       100.0 * ours.add / theirs.add - 100);
}

/* ------------------------------------------------------------------ */
/* Random ranges */

/* 2 MiB to @max, every size class as likely as any other, any 2 MiB alignment. */
static void random_range(struct rng *rng, uint64_t max, uint64_t *start, uint64_t *length)
{
	unsigned int bits = 21 + rng_below(rng, __builtin_ctzll(max) - 20);

	*length = ((1ULL << bits) + rng_below(rng, 1ULL << bits)) & ~(2 * MIB - 1);
	if (*length > max)
		*length = max;
	*start = (NO_RAM + rng_below(rng, TIB / 2)) & ~(2 * MIB - 1);
}

struct hunger {
	unsigned int map_worse, ctz_worse, too_many;
	double map_worst, ctz_worst;
	uint64_t ctz_excess;
	double ours, map, ctz;
};

static void weigh(struct hunger *h, const struct baseline *b, uint64_t memmap,
		  uint32_t chunks)
{
	double by_map = (double)memmap / b->memmap_map;
	double by_ctz = (double)memmap / b->memmap_ctz;

	h->ours += memmap;
	h->map += b->memmap_map;
	h->ctz += b->memmap_ctz;
	h->too_many += chunks > 3;
	h->map_worse += by_map > 1.05;
	h->ctz_worse += by_ctz > 1.05;
	if (by_map > h->map_worst)
		h->map_worst = by_map;
	if (by_ctz > h->ctz_worst)
		h->ctz_worst = by_ctz;
	if (by_ctz > 1.05 && memmap - b->memmap_ctz > h->ctz_excess)
		h->ctz_excess = memmap - b->memmap_ctz;
}

/*
 * Upstream takes whatever order the range is aligned to, since its entries have
 * no folios. An order between those of a PMD and a PUD saves memmap, but such a
 * folio could only be mapped 4K at a time; so two comparisons: with what
 * upstream would take if its folios were to be mapped as large as possible, and
 * with what it does take.
 */
static void bench_plans(uint64_t seed)
{
	static const char section[] = "1000 random ranges; other: upstream";
	struct rng rng = { seed };
	struct hunger h = { };
	unsigned int i;

	progress("%u random plans, seed %#" PRIx64, PLAN_RANGES, seed);
	for (i = 0; i < PLAN_RANGES; i++) {
		uint64_t start, length, memmap;
		struct baseline base;
		uint32_t chunks;

		random_range(&rng, TIB, &start, &length);
		memmap = plan_memmap(start, length, &chunks);
		baseline_init(&base, start, length, MAP_ORDERS);
		weigh(&h, &base, memmap, chunks);
	}
	add_row(section, "memmap, all, mappable orders", "MiB", h.ours / MIB, h.map / MIB);
	add_row(section, "memmap, all, any order", "MiB", h.ours / MIB, h.ctz / MIB);
	add_row(section, "hungrier by > 5 %, mappable", "ranges", h.map_worse, 0);
	add_row(section, "hungrier by > 5 %, any order", "ranges", h.ctz_worse, 0);
	add_row(section, "worst of these: too much", "MiB", (double)h.ctz_excess / MIB, 0);
	if (!check)
		return;
	tap_ok(!h.map_worse,
	       "no range of %u is hungrier by more than 5 %% than one pgmap at the largest mappable order (%u are, the worst at %.3f; in sum %.0f to %.0f MiB)",
	       PLAN_RANGES, h.map_worse, h.map_worst, h.ours / MIB, h.map / MIB);
	tap_note("against bare alignment, with folios that no large entry can map: %u of %u hungrier by more than 5 %%, by at most %.2f MiB; in sum %.0f to %.0f MiB",
		 h.ctz_worse, PLAN_RANGES, (double)h.ctz_excess / MIB, h.ours / MIB,
		 h.ctz / MIB);
	tap_ok(!h.too_many, "no range of %u gets more than 3 chunks", PLAN_RANGES);
}

/*
 * What a range costs besides its pgmaps: the claim, the index, sysfs. It is the
 * same for all ranges, and only counts where the range is small.
 */
#define FIXED_COST	100000

struct slowness {
	unsigned int slower;
	double worst;
};

static void sample(uint64_t start, uint64_t length, struct slowness *slow)
{
	static const char section[] = "random ranges, registered; other: upstream";
	unsigned int n = reps < 3 ? reps : 3;
	struct cost ours, theirs;
	struct baseline base;
	uint32_t chunks;
	char name[64];
	double ratio;

	plan_memmap(start, length, &chunks);
	baseline_init(&base, start, length, MAP_ORDERS);
	compare(start, length, base.map_order, n, &ours, &theirs);
	snprintf(name, sizeof(name), "%" PRIu64 " MiB, %u chunks; order %u", length / MIB,
		 chunks, base.map_order);
	add_row(section, name, "Minstr", ours.add / 1e6, theirs.add / 1e6);
	ratio = ((double)ours.add - FIXED_COST) / theirs.add;
	if (ratio > slow->worst)
		slow->worst = ratio;
	slow->slower += ratio > 1.05;
	if (base.ctz_order == base.map_order)
		return;
	upstream_once(start, length, UPSTREAM_ORDER_CTZ, &theirs);
	snprintf(name, sizeof(name), "  the same; order %u", base.ctz_order);
	add_row(section, name, "Minstr", ours.add / 1e6, theirs.add / 1e6);
}

static void bench_samples(uint64_t seed)
{
	struct slowness slow = { };
	struct rng rng = { ~seed };
	uint64_t start, length;
	unsigned int i;

	for (i = 0; i < SAMPLE_RANGES; i++) {
		random_range(&rng, SAMPLE_MAX, &start, &length);
		progress("range %u of %u: %#" PRIx64 "+%" PRIu64 " MiB", i + 1, SAMPLE_RANGES,
			 start, length / MIB);
		sample(start, length, &slow);
	}
	if (check)
		tap_ok(!slow.slower, "no range of %u is registered slower by more than 5 %% and %u instructions than one pgmap at the largest mappable order (%u are, the worst at %.3f)",
		       SAMPLE_RANGES, FIXED_COST, slow.slower, slow.worst);
}

/* ------------------------------------------------------------------ */
/* Faults */

/* Reads a byte every @step; returns the work for each of the faults. */
static uint64_t touch(char *p, uint64_t length, uint64_t step)
{
	struct measure m;
	uint64_t i;

	measure_begin(&m);
	for (i = 0; i < length; i += step)
		(void)*(volatile char *)(p + i);
	measure_end(&m);
	return m.work / (length / step);
}

static char *map_at(int fd, uint64_t offset, uint64_t length, uint64_t skew)
{
	uint64_t align = GIB;
	char *p, *area;

	area = mmap(NULL, length + 2 * align, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		die("mmap of an area");
	p = (char *)(((uintptr_t)area + align - 1) & ~(align - 1)) + offset % align + skew;
	if (mmap(p, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, offset) != p)
		die("mmap of %#" PRIx64, offset);
	return p;
}

/* @skew: how far the mapping is off the alignment of the memory */
static uint64_t fault_cost(int fd, uint64_t offset, uint64_t length, uint64_t step,
			   uint64_t skew)
{
	uint64_t v[MAX_REPS];
	unsigned int i;

	for (i = 0; i < reps; i++) {
		char *p = map_at(fd, offset, length, skew);

		v[i] = touch(p, length, step);
		munmap(p, length);
	}
	return median(v, reps);
}

static void add_window(const struct window *w, unsigned int max_order, uint64_t chunk)
{
	struct vtl0_add add = {
		.flags = VTL0_ADD_ORDER | (chunk ? VTL0_ADD_CHUNK : 0),
		.start = w->start,
		.length = w->length,
		.max_order = max_order,
		.chunk_length = chunk,
	};

	errno = -vtl0_add(control, &add);
	if (errno)
		die("VTL0_ADD of the window at %#" PRIx64, w->start);
}

struct faults {
	uint64_t pte, pmd, pud;
};

/* One page of every 64, so page tables are shared as in real use. */
#define PTE_STEP	(64 * 4 * KIB)

static void vtl0_faults(const struct window *w, uint64_t chunk, struct faults *f)
{
	int low = open(LOW, O_RDWR | O_CLOEXEC);

	if (low < 0)
		die(LOW);
	add_window(w, PMD_ORDER, chunk);
	f->pmd = fault_cost(low, w->start, w->length, 2 * MIB, 0);
	f->pte = fault_cost(low, w->start, w->length, PTE_STEP, 4 * KIB);
	vtl0_remove(control, w->start, w->length);
	add_window(w, PUD_ORDER, chunk && chunk < GIB ? GIB : chunk);
	f->pud = fault_cost(low, w->start, w->length, GIB, 0);
	vtl0_remove(control, w->start, w->length);
	close(low);
}

static void upstream_faults(const struct window *w, struct faults *f)
{
	upstream_add(w->start, w->length, PMD_ORDER);
	f->pmd = fault_cost(upstream, w->start, w->length, 2 * MIB, 0);
	f->pte = fault_cost(upstream, w->start, w->length, PTE_STEP, 4 * KIB);
	upstream_remove();
}

/* Pages that exist already: only the fault is measured, not their allocation. */
static uint64_t shmem_fault(void)
{
	uint64_t length = 64 * MIB, v[MAX_REPS];
	int fd = memfd_create("bench", MFD_CLOEXEC);
	unsigned int i;

	if (fd < 0 || ftruncate(fd, length))
		die("memfd");
	for (i = 0; i <= reps; i++) {
		char *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		struct measure m;
		uint64_t j;

		if (p == MAP_FAILED)
			die("mmap of a memfd");
		measure_begin(&m);
		for (j = 0; j < length; j += 4 * KIB)
			*(volatile char *)(p + j) = 1;
		measure_end(&m);
		if (i)
			v[i - 1] = m.work / (length / (4 * KIB));
		munmap(p, length);
	}
	close(fd);
	return median(v, reps);
}

static void bench_faults(void)
{
	static const char section[] = "fault; other: upstream";
	static const char chunks[] = "fault among 4096 chunks; other: among 1";
	uint64_t others = MANY_CHUNKS * 2 * MIB;
	struct faults one, many, up;
	struct vtl0_add add = {
		.flags = VTL0_ADD_ORDER | VTL0_ADD_CHUNK, .start = NO_RAM,
		.length = others, .chunk_length = 2 * MIB, .max_order = PMD_ORDER,
	};
	uint64_t begin, add_ns, remove_ns;
	struct window w;

	if (!window_aligned(GIB, GIB, &w)) {
		progress("faults: no reserved RAM of 1 GiB (memmap=), left out");
		return;
	}
	w.length &= ~(GIB - 1);
	progress("faults on %" PRIu64 " GiB", w.length / GIB);
	vtl0_faults(&w, 0, &one);
	upstream_faults(&w, &up);
	begin = now_ns();
	errno = -vtl0_add(control, &add);
	if (errno)
		die("VTL0_ADD of %u chunks", MANY_CHUNKS);
	add_ns = now_ns() - begin;
	vtl0_faults(&w, 2 * MIB, &many);
	begin = now_ns();
	vtl0_remove(control, add.start, add.length);
	remove_ns = now_ns() - begin;
	add_row(section, "4K", "instr", one.pte, up.pte);
	add_row(section, "4K, other: shmem", "instr", one.pte, shmem_fault());
	add_row(section, "2M", "instr", one.pmd, up.pmd);
	add_row(section, "1G", "instr", one.pud, 0);
	add_row(chunks, "4K", "instr", many.pte, one.pte);
	add_row(chunks, "2M", "instr", many.pmd, one.pmd);
	add_row(chunks, "1G", "instr", many.pud, one.pud);
	add_row("a range of 4096 chunks, with waiting", "add", "ms", add_ns / 1e6, 0);
	add_row("a range of 4096 chunks, with waiting", "remove", "ms", remove_ns / 1e6, 0);
	if (!check)
		return;
	tap_ok(many.pte < one.pte * 1.5 && many.pmd < one.pmd * 1.5 && many.pud < one.pud * 1.5,
	       "a fault among %u chunks costs less than 1.5 times one in a single chunk (instructions: 4K %"
	       PRIu64 " to %" PRIu64 ", 2M %" PRIu64 " to %" PRIu64 ", 1G %" PRIu64 " to %"
	       PRIu64 ")", MANY_CHUNKS, many.pte, one.pte, many.pmd, one.pmd, many.pud,
	       one.pud);
}

/* ------------------------------------------------------------------ */

static void set_up(void)
{
	int ret = module_load("vtl0", "");

	errno = -ret;
	if (ret && ret != -EEXIST)
		die("cannot load vtl0");
	ret = module_load("vtl0_upstream", "");
	errno = -ret;
	if (ret && ret != -EEXIST)
		die("cannot load vtl0_upstream (build the modules with VTL0_TESTS=1)");
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0)
		die(CONTROL);
	upstream = open("/dev/vtl0_upstream", O_RDWR | O_CLOEXEC);
	if (upstream < 0)
		die("/dev/vtl0_upstream");
	measure_init();
}

static void usage(int status)
{
	fputs("usage: vtl0_bench [--json | --check] [--reps N] [--seed N] [--only a,b,c,d]\n"
	      "  a: 64 GiB aligned to 2 MiB   b: 1 TiB aligned to 1 GiB\n"
	      "  c: random ranges             d: faults\n", status ? stderr : stdout);
	exit(status);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "check", no_argument, NULL, 'c' },
		{ "reps", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *only = "a,b,c,d";
	uint64_t seed = 1;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'c':
			check = true;
			break;
		case 'r':
			reps = strtoul(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'o':
			only = optarg;
			break;
		default:
			usage(c == 'h' ? 0 : 2);
		}
	}
	if (optind != argc || !reps || reps > MAX_REPS || (json && check) ||
	    (check && reps < 3))
		usage(2);
	setvbuf(stdout, NULL, _IOLBF, 0);
	set_up();
	if (check)
		tap_plan(!!strchr(only, 'a') * 2 + !!strchr(only, 'b') +
			 !!strchr(only, 'c') * 3 + !!strchr(only, 'd'));
	if (strchr(only, 'a'))
		bench_unaligned();
	if (strchr(only, 'b'))
		bench_aligned();
	if (strchr(only, 'c')) {
		bench_plans(seed);
		bench_samples(seed);
	}
	if (strchr(only, 'd'))
		bench_faults();
	if (json)
		print_json();
	else
		print_table();
	return check ? tap_status() : 0;
}
