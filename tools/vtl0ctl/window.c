// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl window: memory that is registered when it is touched */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "die.h"
#include "hold.h"
#include "json.h"
#include "message.h"
#include "outcome.h"
#include "query.h"
#include "text.h"
#include "vtl0ctl.h"

enum { KEY_COOKIE = 0x200 };

struct window_args {
	struct common *common;
	const char *action;	/* add or list */
	struct ranges ranges;
	struct vtl0_window window;	/* what the options say */
};

static void check_args(const struct window_args *args)
{
	if (!args->action)
		usage("window: it is window add or window list");
	if (!strcmp(args->action, "add") && !args->ranges.nr)
		usage("window add: a range is missing");
	if (args->window.flags && strcmp(args->action, "add"))
		usage("window list: --cookie is for window add");
}

static void set_action(struct window_args *args, const char *arg)
{
	if (strcmp(arg, "add") && strcmp(arg, "list"))
		usage("window: \"%s\": it is window add or window list", arg);
	args->action = arg;
}

static error_t parse_window(int key, char *arg, struct argp_state *state)
{
	struct window_args *args = state->input;
	const char *wrong;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = args->common;
		return 0;
	case KEY_COOKIE:
		wrong = parse_cookie(arg, args->window.cookie);
		if (wrong)
			usage("--cookie \"%s\": %s", arg, wrong);
		args->window.flags |= VTL0_WINDOW_COOKIE;
		return 0;
	case ARGP_KEY_ARG:
		if (!args->action)
			set_action(args, arg);
		else if (!strcmp(args->action, "add"))
			ranges_add(&args->ranges, arg);
		else
			usage("window list: it takes no argument, \"%s\" is too many", arg);
		return 0;
	case ARGP_KEY_SUCCESS:
		check_args(args);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{ .name = "cookie", .key = KEY_COOKIE, .arg = "UUID",
	  .doc = "With add: give what is registered in the windows this cookie" },
	{ }
};

static const struct argp_child children[] = {
	{ .argp = &common_argp }, { }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_window,
	.args_doc = "add RANGE...\nlist",
	.doc = "Declares memory that is registered when it is touched through /dev/vtl0_low, "
	       "and keeps it as long as the command runs: it waits for SIGINT, SIGTERM or "
	       "SIGHUP; or shows what is declared, by whichever program."
	       "\vRANGE is START+LENGTH, or START-END where END is the first byte behind the "
	       "range.",
	.children = children,
};

static int add_one(const struct window_args *args, const struct range *range,
		   struct outcome *outcome)
{
	struct vtl0_window window = args->window;
	int fd = args->common->fd, err;
	char *line;

	window.size = sizeof(window);
	window.start = range->start;
	window.length = range->length;
	err = dev_ioctl(fd, VTL0_WINDOW, &window);
	if (err) {
		outcome_failed(outcome, range, err, why_window(err, fd, &window));
		return err;
	}
	line = xasprintf("declared %s", range_text(range->start, range->length).s);
	outcome_done(outcome, json_range(range->start, range->length), line);
	free(line);
	return 0;
}

static int add(struct window_args *args)
{
	struct common *common = args->common;
	struct outcome outcome;
	size_t i;

	outcome_init(&outcome, "window add", common->json);
	for (i = 0; i < args->ranges.nr; i++)
		if (add_one(args, &args->ranges.v[i], &outcome))
			break;
	if (i < args->ranges.nr)
		outcome_not_tried(&outcome, args->ranges.v + i + 1, args->ranges.nr - i - 1);
	outcome_print(&outcome, "declared");
	if (outcome.status == STATUS_OK)
		hold(common, args->ranges.nr, "window");
	else if (i)
		complain("window add: what was declared is released again");
	return outcome.status;
}

static void print_table(const struct vtl0_window_info *windows, size_t nr)
{
	static const char *const columns[] = { "<START", "<LENGTH", ">SIZE", ">REGISTERED" };
	struct table table = {
		.columns = columns, .nr_columns = sizeof(columns) / sizeof(columns[0]),
	};
	size_t i;

	if (!nr) {
		puts("no windows are declared");
		return;
	}
	for (i = 0; i < nr; i++) {
		table_cell(&table, "0x%" PRIx64, (uint64_t)windows[i].start);
		table_cell(&table, "0x%" PRIx64, (uint64_t)windows[i].length);
		table_cell(&table, "%s", about_text(windows[i].length).s);
		table_cell(&table, "%s", about_text(windows[i].registered).s);
	}
	table_print(&table);
	table_free(&table);
}

static void print_json(const struct vtl0_window_info *windows, size_t nr)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < nr; i++) {
		struct json_object *entry = json_range(windows[i].start, windows[i].length);

		json_u64(entry, "registered", windows[i].registered);
		json_object_array_add(array, entry);
	}
	json_object_object_add(obj, "windows", array);
	json_print(obj);
}

static int list(const struct common *common)
{
	struct vtl0_window_info *windows;
	size_t nr = 0;
	int err = query_windows(common->fd, &windows, &nr);

	if (err) {
		char *why = why_other(err);

		complain("window list: %s", why);
		free(why);
	} else if (common->json) {
		print_json(windows, nr);
	} else {
		print_table(windows, nr);
	}
	free(windows);
	return err ? STATUS_FAILED : STATUS_OK;
}

int cmd_window(int argc, char **argv, struct common *common)
{
	struct window_args args = { .common = common };
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	open_device(common);
	status = strcmp(args.action, "add") ? list(common) : add(&args);
	dev_close(common->fd);
	free(args.ranges.v);
	return status;
}
