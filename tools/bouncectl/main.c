// SPDX-License-Identifier: GPL-2.0
/* bouncectl: creates, shows and saves bounce disks by way of configfs. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bouncectl.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

const char *argp_program_version = "bouncectl " VERSION;

enum {
	KEY_CONFIGFS = 0x100, KEY_CONF, KEY_WAIT, KEY_JSON, KEY_ALL, KEY_INITRAMFS,
	KEY_IF_EXISTS,
};

struct arguments {
	struct options opt;
	char **words;
	size_t nr;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case KEY_CONFIGFS:
		args->opt.configfs = arg;
		return 0;
	case KEY_CONF:
		args->opt.conf = arg;
		return 0;
	case KEY_WAIT:
		if (arg[strspn(arg, "0123456789")] || !*arg || strlen(arg) > 4 ||
		    atoi(arg) > MAX_WAIT)
			argp_error(state, "--wait is 0 to %u seconds, not \"%s\"", MAX_WAIT, arg);
		args->opt.wait = atoi(arg);
		return 0;
	case KEY_JSON:
		args->opt.json = true;
		return 0;
	case KEY_ALL:
		args->opt.all = true;
		return 0;
	case KEY_INITRAMFS:
		args->opt.initramfs = true;
		return 0;
	case KEY_IF_EXISTS:
		args->opt.if_exists = true;
		return 0;
	case ARGP_KEY_ARGS:
		args->words = state->argv + state->next;
		args->nr = state->argc - state->next;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{ .name = "configfs", .key = KEY_CONFIGFS, .arg = "DIR",
	  .doc = "Where the module is (default /sys/kernel/config/bounce_blk)" },
	{ .name = "conf", .key = KEY_CONF, .arg = "DIR",
	  .doc = "Where the files for boot are (default /etc/bounce.d)" },
	{ .name = "wait", .key = KEY_WAIT, .arg = "SECONDS",
	  .doc = "restore: wait so long (default 0) for devices below, or as their wait says" },
	{ .name = "json", .key = KEY_JSON, .doc = "list, status: print one JSON object" },
	{ .name = "all", .key = KEY_ALL, .doc = "remove: every device" },
	{ .name = "if-exists", .key = KEY_IF_EXISTS,
	  .doc = "remove: a device that is not there is no failure" },
	{ .name = "initramfs", .key = KEY_INITRAMFS,
	  .doc = "restore, check: only the devices with initramfs = yes" },
	{ }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Makes, shows and keeps bounce disks."
	       "\vCommands:\n"
	       "  add NAME DEVICE [KEY=VALUE...]  make disk bounce-NAME on DEVICE\n"
	       "  list                    one line for each device\n"
	       "  status [NAME...]        all attributes\n"
	       "  remove NAME...|--all    power devices off and remove them\n"
	       "  save                    write the devices that are up to /etc/bounce.d/saved.conf\n"
	       "  restore [NAME...]       make the devices in the files of /etc/bounce.d\n"
	       "  check                   check these files\n"
	       "\n"
	       "Exit status: 0 done, 1 refused, 2 bad arguments or no module.",
};

static int run(const struct options *opt, const char *command, char **words, size_t nr)
{
	int status;

	if (!strcmp(command, "check"))
		return nr ? usage("check takes no argument") : cmd_check(opt);
	/* no module, no device */
	if (!strcmp(command, "remove") && opt->if_exists && access(opt->configfs, F_OK))
		return STATUS_OK;
	status = need_module(opt);
	if (status)
		return status;
	if (!strcmp(command, "add"))
		return cmd_add(opt, words, nr);
	if (!strcmp(command, "list"))
		return nr ? usage("list takes no argument") : cmd_list(opt);
	if (!strcmp(command, "status"))
		return cmd_status(opt, words, nr);
	if (!strcmp(command, "remove"))
		return cmd_remove(opt, words, nr);
	if (!strcmp(command, "save"))
		return nr ? usage("save takes no argument") : cmd_save(opt);
	if (!strcmp(command, "restore"))
		return cmd_restore(opt, words, nr);
	return usage("the command is add, list, status, remove, save, restore or check");
}

int main(int argc, char **argv)
{
	struct arguments args = {
		.opt = {
			.configfs = "/sys/kernel/config/bounce_blk",
			.conf = "/etc/bounce.d",
		},
	};
	int status;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (!args.nr)
		return usage("a command is missing");
	status = run(&args.opt, args.words[0], args.words + 1, args.nr - 1);
	if (fflush(stdout) || ferror(stdout))
		return complain("cannot write the output: %m");
	return status;
}
