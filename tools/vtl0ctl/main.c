// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl: registers, lists and unregisters memory through /dev/vtl0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "vtl0ctl.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

const char *argp_program_version = "vtl0ctl " VERSION;

struct command {
	const char *name;	/* "vtl0ctl NAME", as argp prints argv[0] in its messages */
	int (*run)(int argc, char **argv, struct common *common);
};

static const struct command commands[] = {
	{ "vtl0ctl add", cmd_add },
	{ "vtl0ctl list", cmd_list },
	{ "vtl0ctl remove", cmd_remove },
	{ "vtl0ctl info", cmd_info },
	{ "vtl0ctl plan", cmd_plan },
	{ "vtl0ctl window", cmd_window },
	{ "vtl0ctl monitor", cmd_monitor },
	{ "vtl0ctl save", cmd_save },
	{ "vtl0ctl restore", cmd_restore },
	{ "vtl0ctl check", cmd_check },
};

struct arguments {
	struct common common;
	int argc;		/* of the command; its name is argv[0] */
	char **argv;
};

static error_t parse_main(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->common;
		return 0;
	case ARGP_KEY_ARG:
		args->argv = &state->argv[state->next - 1];
		args->argc = state->argc - state->next + 1;
		state->next = state->argc;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ .argp = &common_argp }, { }
};

static const struct argp main_argp = {
	.parser = parse_main,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Registers physical memory that the kernel does not own, through /dev/vtl0."
	       "\vCommands:\n"
	       "  add RANGE...            register ranges\n"
	       "  list                    show the registered ranges\n"
	       "  remove RANGE...|--all   unregister ranges\n"
	       "  info                    show what the driver can do, and totals\n"
	       "  plan RANGE              show what add would make of a range\n"
	       "  window add RANGE...     declare memory, to be registered when touched\n"
	       "  window list             show what is declared\n"
	       "  monitor                 say what happens to ranges\n"
	       "  save                    write the persistent ranges to /etc/vtl0.d/saved.conf\n"
	       "  restore                 register the ranges in the files of /etc/vtl0.d\n"
	       "  check                   check these files\n"
	       "\n"
	       "RANGE is START+LENGTH, or START-END where END is the first byte behind the "
	       "range. Numbers are decimal or 0x..., with a suffix K, M, G or T (2^10 to 2^40).\n"
	       "\n"
	       "Exit status: 0 done, 1 the driver refused, 2 bad arguments or no device.\n"
	       "'vtl0ctl COMMAND --help' shows the options of a command.",
	.children = children,
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(strchr(commands[i].name, ' ') + 1, name))
			return &commands[i];
	usage("unknown command \"%s\": it is add, list, remove, info, plan, window, monitor, save, restore or check",
	      name);
}

int main(int argc, char **argv)
{
	struct arguments args = { .common = { .device = "/dev/vtl0" } };
	const struct command *command;
	int status;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
	if (!args.argc)
		usage("a command is missing: add, list, remove, info, plan, window, monitor, save, restore or check");
	command = find_command(args.argv[0]);
	args.argv[0] = (char *)command->name;
	status = command->run(args.argc, args.argv, &args.common);
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write the output: %m");
		return STATUS_FAILED;
	}
	return status;
}
