// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl remove */
#include <errno.h>
#include <stdlib.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "die.h"
#include "json.h"
#include "message.h"
#include "outcome.h"
#include "query.h"
#include "text.h"
#include "vtl0ctl.h"

enum { KEY_ALL = 0x200, KEY_PART };

struct remove_args {
	struct common *common;
	struct ranges ranges;
	bool all;
	bool part;
};

static void check_args(const struct remove_args *args)
{
	if (!args->all && !args->ranges.nr)
		usage("remove: a range or --all is missing");
	if (args->all && args->ranges.nr)
		usage("remove: --all and ranges exclude each other");
	if (args->all && args->part)
		usage("remove: --all and --part exclude each other");
}

static error_t parse_remove(int key, char *arg, struct argp_state *state)
{
	struct remove_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = args->common;
		return 0;
	case KEY_ALL:
		args->all = true;
		return 0;
	case KEY_PART:
		args->part = true;
		return 0;
	case ARGP_KEY_ARG:
		ranges_add(&args->ranges, arg);
		return 0;
	case ARGP_KEY_SUCCESS:
		check_args(args);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{ .name = "all", .key = KEY_ALL,
	  .doc = "Remove every range, and go on when one of them fails" },
	{ .name = "part", .key = KEY_PART,
	  .doc = "Let each RANGE be a part of a registered range, of whole chunks" },
	{ }
};

static const struct argp_child children[] = {
	{ .argp = &common_argp }, { }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_remove,
	.args_doc = "RANGE...\n--all",
	.doc = "Unregisters ranges, in the order given, up to the first that fails. "
	       "Programs that still map them get SIGBUS."
	       "\vRANGE is START+LENGTH or START-END as in the list, or with --part as "
	       "in list --chunks: one chunk or several.",
	.children = children,
};

static int remove_one(int fd, const struct range *range, bool all, bool part,
		      struct outcome *outcome)
{
	struct vtl0_remove remove = {
		.size = sizeof(remove),
		.flags = part ? VTL0_REMOVE_PART : 0,
		.start = range->start,
		.length = range->length,
	};
	char *line;
	int err;

	err = dev_ioctl(fd, VTL0_REMOVE, &remove);
	/* --all: another process has removed the range since query_ranges(). */
	if (err == ENOENT && all)
		return 0;
	if (err) {
		outcome_failed(outcome, range, err,
			       why_remove(err, fd, &remove));
		return err;
	}
	line = xasprintf("removed %s",
			 range_text(range->start, range->length).s);
	outcome_done(outcome, json_range(range->start, range->length), line);
	free(line);
	return 0;
}

static void remove_listed(const struct remove_args *args,
			  struct outcome *outcome)
{
	size_t i;

	for (i = 0; i < args->ranges.nr; i++)
		if (remove_one(args->common->fd, &args->ranges.v[i], false,
			       args->part, outcome))
			break;
	if (i < args->ranges.nr)
		outcome_not_tried(outcome, args->ranges.v + i + 1,
				  args->ranges.nr - i - 1);
}

static void remove_all(int fd, struct outcome *outcome)
{
	struct inventory inv = { };
	int err = query_ranges(fd, &inv);
	size_t i;

	if (err) {
		char *why = why_other(err);

		complain("remove --all: cannot list the ranges: %s", why);
		free(why);
		outcome->status = STATUS_FAILED;
	}
	for (i = 0; !err && i < inv.nr_ranges; i++) {
		struct range range = {
			inv.ranges[i].start, inv.ranges[i].length,
		};

		remove_one(fd, &range, true, false, outcome);
	}
	if (!err && !inv.nr_ranges && !outcome->json)
		puts("no ranges are registered");
	inventory_free(&inv);
}

int cmd_remove(int argc, char **argv, struct common *common)
{
	struct remove_args args = { .common = common };
	struct outcome outcome;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	open_device(common);
	outcome_init(&outcome, "remove", common->json);
	if (args.all)
		remove_all(common->fd, &outcome);
	else
		remove_listed(&args, &outcome);
	outcome_print(&outcome, "removed");
	dev_close(common->fd);
	free(args.ranges.v);
	return outcome.status;
}
