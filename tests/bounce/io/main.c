// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O that the bounce_blk tests need and no shell command does: bounce_io
 * COMMAND ARGUMENT... Prints a line or two of NAME=VALUE words; exit status 0 when
 * the I/O could be tried, also when it failed, 1 when the data is wrong, 2 else.
 * Judging is left to the scripts.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "io.h"

static const struct command * const groups[] = {
	shapes_commands, in_flight_commands, ioctls_commands, others_commands,
	cost_commands, log_commands, acked_commands, torn_commands,
};

#define NR_GROUPS (sizeof(groups) / sizeof(*groups))

static int help(void)
{
	puts("usage: bounce_io COMMAND ARGUMENT...");
	for (size_t i = 0; i < NR_GROUPS; i++)
		for (const struct command *c = groups[i]; c->name; c++)
			printf("  %s %s: %s\n", c->name, c->arguments, c->what);
	puts("Sizes may end in K or M. Exit status: 0 tried, 1 wrong data, 2 else.");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return help();
	for (size_t i = 0; argc > 1 && i < NR_GROUPS; i++)
		for (const struct command *c = groups[i]; c->name; c++)
			if (!strcmp(argv[1], c->name) && argc - 2 == c->nr_args)
				return c->run(argv + 2);
	errx(2, "no such command, or not its number of arguments; see --help");
}
