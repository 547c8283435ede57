// SPDX-License-Identifier: GPL-2.0
/*
 * Makes every allocation of every call fail, one after the other: N = 1, 2, 3, ...
 * is written to /proc/thread-self/fail-nth before a call, until the call ends
 * with the injection unused. After a call that failed: the errno is ENOMEM,
 * nothing has changed, and the same call then succeeds. A call that survives is
 * right as well: some allocations have a fallback.
 *
 * fail-nth counts the allocations of the calling thread. drivers/vtl0/pgmap.c calls
 * memremap_pages() on a kernel thread, out of its reach, and that is on purpose:
 * core mm cannot survive there. add_pages() warns when a section cannot be added
 * and leaves the earlier ones, and the page tables that alloc_low_pages() could
 * not get are used all the same. For that part the driver has an injection of its
 * own (debugfs vtl0/fail_pgmap), swept here too, and it counts the memory before
 * it begins.
 *
 * Loading the module is swept by module.init_failures in ../module.c.
 *
 * vtl0_failnth [TEXT]: only those with TEXT in their names.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failnth.h"
#include "file.h"
#include "inject.h"
#include "module.h"
#include "tap.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define MAX_NTH		3000

/*
 * What is mapped of the module's files, whatever they are called: nothing else here is
 * mapped as shared. Summed up, as a call that failed may have split a mapping.
 */
static char *describe_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	uint64_t start, end, all = 0, writable = 0;
	char line[512], access[5], *text;

	if (!f)
		die("/proc/self/maps");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, access) != 3)
			die("a line of /proc/self/maps: %s", line);
		if (access[3] != 's')
			continue;
		all += end - start;
		if (access[1] == 'w')
			writable += end - start;
	}
	fclose(f);
	if (asprintf(&text, "%" PRIu64 " bytes mapped, %" PRIu64 " writable\n", all,
		     writable) < 0)
		die("asprintf");
	return text;
}

/* Everything a failed call must leave as it was. */
static char *snapshot(void)
{
	char *list = describe_ranges(watch), *iomem = slurp("/proc/iomem"), *maps = describe_maps();
	char *all;
	DIR *dir = opendir("/sys/class/vtl0");
	unsigned int dirs = 0;

	while (dir && readdir(dir))
		dirs++;
	if (dir)
		closedir(dir);
	if (asprintf(&all, "%s%s%u directories, %s", list, iomem, dirs, maps) < 0)
		die("asprintf");
	free(list);
	free(iomem);
	free(maps);
	return all;
}

static void cleanup(void)
{
	forget_maps();
	forget_calls();
}

struct outcome {
	unsigned int failed, survived;
	char why[200];
};

/* One call with the Nth allocation failing; true if there are no more. */
static bool attempt(const struct test *t, unsigned int n, struct outcome *out)
{
	char *before, *after;
	bool used, same;
	int ret;

	if (t->prepare)
		t->prepare();
	before = snapshot();
	fail_nth(n);
	ret = t->call();
	used = fail_nth_hit();
	if (ret == t->result) {
		out->survived += used;
		goto done;
	}
	if (!used || ret != -ENOMEM) {
		snprintf(out->why, sizeof(out->why), "allocation %u%s: %s, not %s", n,
			 used ? "" : " (did not fail)", strerrorname_np(-ret),
			 used ? "ENOMEM" : "as expected");
		goto done;
	}
	out->failed++;
	after = snapshot();
	same = !strcmp(before, after);
	if (!same)
		tap_note("before:\n%safter:\n%s", before, after);
	free(after);
	ret = t->call();
	if (!same || ret != t->result)
		snprintf(out->why, sizeof(out->why), "allocation %u: %s, then %s", n,
			 same ? "nothing changed" : "it left something behind",
			 ret ? strerrorname_np(-ret) : "success");
done:
	free(before);
	cleanup();
	return !used || out->why[0];
}

static void sweep(const struct test *t)
{
	struct outcome out = { };
	unsigned int n = 1;

	current = t;
	while (!attempt(t, n, &out) && n < MAX_NTH)
		n++;
	if (n == MAX_NTH)
		snprintf(out.why, sizeof(out.why), "no end after %u", n);
	tap_ok(!out.why[0], "%s (%u allocations: %u calls failed, %u survived)%s%s",
	       t->name, n - 1, out.failed, out.survived, out.why[0] ? ": " : "", out.why);
}

/* ------------------------------------------------------------------ */
/* The pgmaps, through the driver's own knob */

static void pgmap_knobs(unsigned int pass)
{
	char text[16];

	/* the counter stops at 1 */
	snprintf(text, sizeof(text), "%u", pass + 1);
	if (write_file(DEBUGFS "vtl0/fail_pgmap/space", text) ||
	    write_file(DEBUGFS "vtl0/fail_pgmap/times", "1") ||
	    write_file(DEBUGFS "vtl0/fail_pgmap/verbose", "0") ||
	    write_file(DEBUGFS "vtl0/fail_pgmap/probability", "100"))
		die(DEBUGFS "vtl0/fail_pgmap");
}

static void sweep_pgmaps(void)
{
	static const struct test t = { .name = "pgmaps", .add = {
		.flags = VTL0_ADD_CHUNK, .length = SIZE, .chunk_length = MIB(2) } };
	unsigned int pass, failed = 0, left = 0, after = 0;
	char *before, *now;

	current = &t;
	for (pass = 0; pass <= CHUNKS; pass++) {
		before = snapshot();
		set_add();
		pgmap_knobs(pass);
		failed += do_add() == -ENOMEM;
		write_file(DEBUGFS "vtl0/fail_pgmap/probability", "0");
		if (pass < CHUNKS) {
			now = snapshot();
			left += strcmp(before, now) != 0;
			free(now);
			set_add();
			after += do_add() == 0;
		}
		free(before);
		cleanup();
	}
	tap_ok(failed == CHUNKS && !left && after == CHUNKS,
	       "VTL0_ADD in %u chunks, each pgmap failing (%u failed, %u left something, %u worked then)",
	       CHUNKS, failed, left, after);
}

/* ------------------------------------------------------------------ */

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "";
	unsigned int i, nr = !text[0];
	int ret;

	if (!have_fail_nth())
		tap_skip_all("fail-nth", "the kernel has no fault injection");
	if (!window_aligned(GIB(1), GIB(1), &window)) {
		errno = ENODEV;
		die("needs 1 GiB of reserved RAM, aligned to it (memmap=)");
	}
	/* faults on the program itself must not use up the injection */
	if (mlockall(MCL_CURRENT))
		die("mlockall");
	catch_bus_errors();
	for (i = 0; i < nr_tests; i++)
		nr += !!strstr(tests[i].name, text);
	tap_plan(nr);
	ret = module_load("vtl0", "mshv_names=1");
	errno = -ret;
	if (ret)
		die("cannot load vtl0");
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	watch = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0 || watch < 0)
		die(CONTROL);
	for (i = 0; i < nr_tests; i++)
		if (strstr(tests[i].name, text))
			sweep(&tests[i]);
	if (!text[0])
		sweep_pgmaps();
	close(control);
	close(watch);
	ret = module_unload("vtl0", true);
	errno = -ret;
	if (ret)
		die("cannot unload vtl0");
	return tap_status();
}
