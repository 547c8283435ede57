// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl add */
#include <limits.h>
#include <stdlib.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "devicetree.h"
#include "die.h"
#include "hold.h"
#include "json.h"
#include "message.h"
#include "node.h"
#include "outcome.h"
#include "text.h"
#include "vtl0ctl.h"

enum {
	KEY_NODE = 0x200, KEY_PERSIST, KEY_EXCLUSIVE, KEY_HOLD, KEY_NAME, KEY_MODE, KEY_OWNER,
	KEY_CLEAR, KEY_COOKIE, KEY_DEVICETREE
};

struct add_args {
	struct common *common;
	struct layout layout;
	struct ranges ranges;
	struct vtl0_add add;	/* the options, except those in @layout */
	bool persist, hold;
};

static void set_node(struct add_args *args, const char *arg)
{
	uint32_t node = 0;
	const char *wrong = parse_number(arg, INT_MAX, &node);

	if (wrong)
		usage("--node \"%s\": %s (it is 0 to %d)", arg, wrong, INT_MAX);
	args->add.node = node;
	args->add.flags |= VTL0_ADD_NODE;
}

static void usage_if_wrong(const char *option, const char *arg, const char *wrong)
{
	if (wrong)
		usage("--%s \"%s\": %s", option, arg, wrong);
}

static void check_args(const struct add_args *args)
{
	if (!args->ranges.nr)
		usage("add: a range is missing");
	if (args->persist && args->hold)
		usage("add: --persist and --hold exclude each other");
	if (node_is_nameless(&args->add))
		usage("add: --mode and --owner need --name");
	if (args->add.flags & VTL0_ADD_NAME && args->ranges.nr > 1)
		usage("add: --name is for one range");
	if (args->add.flags & (VTL0_ADD_EXCLUSIVE | VTL0_ADD_NAME) &&
	    args->layout.flags & VTL0_ADD_COVER)
		usage("add: --cover excludes --exclusive and --name");
}

static error_t parse_add(int key, char *arg, struct argp_state *state)
{
	struct add_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->layout;
		state->child_inputs[1] = args->common;
		return 0;
	case KEY_NODE:
		set_node(args, arg);
		return 0;
	case KEY_PERSIST:
		args->persist = true;
		return 0;
	case KEY_EXCLUSIVE:
		args->add.flags |= VTL0_ADD_EXCLUSIVE;
		return 0;
	case KEY_CLEAR:
		args->add.flags |= VTL0_ADD_CLEAR;
		return 0;
	case KEY_DEVICETREE:
		usage_if_wrong("devicetree", arg, devicetree_ranges(arg, &args->ranges));
		return 0;
	case KEY_COOKIE:
		usage_if_wrong("cookie", arg, parse_cookie(arg, args->add.cookie));
		args->add.flags |= VTL0_ADD_COOKIE;
		return 0;
	case KEY_NAME:
		usage_if_wrong("name", arg, node_name(arg, &args->add));
		return 0;
	case KEY_MODE:
		usage_if_wrong("mode", arg, node_mode(arg, &args->add));
		return 0;
	case KEY_OWNER:
		usage_if_wrong("owner", arg, node_owner(arg, &args->add));
		return 0;
	case KEY_HOLD:
		args->hold = true;
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
	{ .name = "node", .key = KEY_NODE, .arg = "N",
	  .doc = "The NUMA node of the memory and of its memmap (default: what the firmware "
		 "says)" },
	{ .name = "persist", .key = KEY_PERSIST,
	  .doc = "Keep the ranges until they are removed or the module is; this is the default" },
	{ .name = "hold", .key = KEY_HOLD,
	  .doc = "Keep the ranges only as long as this command runs: wait for SIGINT, "
		 "SIGTERM or SIGHUP, then release them" },
	{ .name = "exclusive", .key = KEY_EXCLUSIVE,
	  .doc = "Fail if exactly this range is registered already" },
	{ .name = "clear", .key = KEY_CLEAR,
	  .doc = "Fill the memory with zeroes before it can be mapped" },
	{ .name = "cookie", .key = KEY_COOKIE, .arg = "UUID",
	  .doc = "Give the ranges this cookie; one that is registered must have it" },
	{ .name = "devicetree", .key = KEY_DEVICETREE, .arg = "NODE[:N]",
	  .doc = "Register the ranges that the devicetree reserves by NODE, or the one with number "
		 "N, from 0: NODE is a name in /reserved-memory, or the path of a node that has "
		 "memory-region" },
	{ .name = "name", .key = KEY_NAME, .arg = "NAME",
	  .doc = "Make the node /dev/vtl0_NAME, which shows this range alone: offset 0 is its "
		 "first byte" },
	{ .name = "mode", .key = KEY_MODE, .arg = "OCTAL",
	  .doc = "The permissions of that node (default 0600)" },
	{ .name = "owner", .key = KEY_OWNER, .arg = "USER[:GROUP]",
	  .doc = "Its owner and group (default root)" },
	{ }
};

static const struct argp_child children[] = {
	{ .argp = &layout_argp }, { .argp = &common_argp }, { }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_add,
	.args_doc = "[--devicetree=NODE[:N]]... [RANGE...]",
	.doc = "Registers ranges of physical memory, in the order given, up to the first that fails."
	       "\vRANGE is START+LENGTH, or START-END where END is the first byte behind the "
	       "range. Without --hold the ranges stay when the command ends.",
	.children = children,
};

static char *added_line(const struct vtl0_add *add)
{
	/*
	 * Not by the start: with the module parameter alias_bit the driver returns
	 * another address of the same memory.
	 */
	bool trimmed = add->added_length != add->length;
	char *from = trimmed ?
		xasprintf(" (trimmed from %s)",
			  range_text(add->start, add->length).s) :
		xasprintf("%s", "");
	char *line = xasprintf("added %s%s: id %u, %u chunk%s%s%s",
			       range_text(add->added_start,
					  add->added_length).s, from, add->id,
			       add->nr_chunks, add->nr_chunks == 1 ? "" : "s",
			       add->name[0] ? ", /dev/vtl0_" : "", add->name);

	free(from);
	return line;
}

static void report_added(struct outcome *outcome, const struct vtl0_add *add)
{
	struct json_object *entry = json_range(add->added_start,
					       add->added_length);
	char *line = added_line(add);

	json_u64(entry, "id", add->id);
	json_u64(entry, "nr_chunks", add->nr_chunks);
	json_u64(entry, "node", add->node_used);
	json_u64(entry, "requested_start", add->start);
	json_u64(entry, "requested_length", add->length);
	outcome_done(outcome, entry, line);
	free(line);
}

static int add_one(const struct add_args *args, const struct range *range,
		   struct outcome *outcome)
{
	struct vtl0_add add = args->add;
	int fd = args->common->fd, err;

	add.size = sizeof(add);
	add.flags |= args->layout.flags;
	add.start = range->start;
	add.length = range->length;
	add.chunk_length = args->layout.chunk_length;
	add.max_order = args->layout.max_order;
	err = dev_ioctl(fd, VTL0_ADD, &add);
	if (err)
		outcome_failed(outcome, range, err, why_add(err, fd, &add));
	else
		report_added(outcome, &add);
	return err;
}

int cmd_add(int argc, char **argv, struct common *common)
{
	struct add_args args = { .common = common };
	struct outcome outcome;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (!args.hold)
		args.add.flags |= VTL0_ADD_PERSIST;
	open_device(common);
	outcome_init(&outcome, "add", common->json);
	for (i = 0; i < args.ranges.nr; i++)
		if (add_one(&args, &args.ranges.v[i], &outcome))
			break;
	if (i < args.ranges.nr)
		outcome_not_tried(&outcome, args.ranges.v + i + 1,
				  args.ranges.nr - i - 1);
	outcome_print(&outcome, "added");
	if (args.hold && outcome.status == STATUS_OK)
		hold(common, args.ranges.nr, "range");
	else if (args.hold && i)
		complain("add: --hold: the ranges added before this failure are released again");
	dev_close(common->fd);
	free(args.ranges.v);
	return outcome.status;
}
