// SPDX-License-Identifier: GPL-2.0
/*
 * Measures the cost of registering, mapping and removing, beside the upstream way of doing
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "ioctl.h"
#include "measure.h"
#include "module.h"
#include "tap.h"

bool json, check;
unsigned int reps = 5;
int control, upstream;

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
	fputs("usage: vtl0_bench [--json | --check] [--reps N] [--seed N] [--only a,b,c,d,e,f]\n"
	      "  a: 64 GiB aligned to 2 MiB   b: 1 TiB aligned to 1 GiB\n"
	      "  c: random ranges             d: faults\n"
	      "  e: many ranges, and mmap() beside a removal\n"
	      "  f: direct I/O\n", status ? stderr : stdout);
	exit(status);
}

static void bench_random(uint64_t seed)
{
	bench_plans(seed);
	bench_samples(seed);
}

/* @only has the letters of the parts that run. */
static void run_parts(const char *only, uint64_t seed)
{
	bool a = strchr(only, 'a'), b = strchr(only, 'b'), c = strchr(only, 'c');
	bool d = strchr(only, 'd'), e = strchr(only, 'e'), f = strchr(only, 'f');

	if (check)
		tap_plan(a * 2 + b + c * 3 + d * 2 + e * 3 + f);
	if (a)
		bench_unaligned();
	if (b)
		bench_aligned();
	if (c)
		bench_random(seed);
	if (d)
		bench_faults();
	if (e)
		bench_many();
	if (f)
		bench_io();
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
	const char *only = "a,b,c,d,e,f";
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
	run_parts(only, seed);
	if (json)
		print_json();
	else
		print_table();
	return check ? tap_status() : 0;
}
