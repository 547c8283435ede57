// SPDX-License-Identifier: GPL-2.0
/*
 * vtl0ctl monitor: says what happens to ranges. The driver says that something did;
 * what it was shows the list, compared with the one before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/vtl0.h>
#include <linux/vtl0_events.h>

#include "dev.h"
#include "die.h"
#include "json.h"
#include "message.h"
#include "query.h"
#include "text.h"
#include "vtl0ctl.h"

enum { KEY_ONCE = 0x200 };

struct monitor_args {
	struct common *common;
	bool once;
};

static error_t parse_monitor(int key, char *arg, struct argp_state *state)
{
	struct monitor_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = args->common;
		return 0;
	case KEY_ONCE:
		args->once = true;
		return 0;
	case ARGP_KEY_ARG:
		usage("monitor: it takes no argument, \"%s\" is too many", arg);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{ .name = "once", .key = KEY_ONCE, .doc = "End when something has happened" },
	{ }
};

static const struct argp_child children[] = {
	{ .argp = &common_argp }, { }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_monitor,
	.doc = "Prints a line for each range that has gone, wholly or in part, has lost its last "
	       "owner, or has got pages with memory errors, until a signal ends it.",
	.children = children,
};

static void print_event(bool json, const struct vtl0_range_info *range, const char *event,
			uint64_t bad_pages)
{
	struct json_object *obj;

	if (!json) {
		printf("range %u %s: ", range->id, range_text(range->start, range->length).s);
		if (bad_pages)
			printf("%" PRIu64 " ", bad_pages);
		puts(event);
		return;
	}
	obj = json_range(range->start, range->length);
	json_u64(obj, "id", range->id);
	json_string(obj, "event", event);
	if (bad_pages)
		json_u64(obj, "bad_pages", bad_pages);
	puts(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
	json_object_put(obj);
}

static const struct vtl0_range_info *find_id(const struct inventory *inv, uint32_t id)
{
	size_t i;

	for (i = 0; i < inv->nr_ranges; i++)
		if (inv->ranges[i].id == id)
			return &inv->ranges[i];
	return NULL;
}

/* Parts of @old that no range of @now has; these are in the order of their addresses. */
static void compare_parts(bool json, const struct vtl0_range_info *old,
			  const struct inventory *now)
{
	struct vtl0_range_info part = *old;
	uint64_t end = old->start + old->length;
	size_t i;

	for (i = 0; i < now->nr_ranges && part.start < end; i++) {
		const struct vtl0_range_info *new = &now->ranges[i];

		if (new->start + new->length <= part.start)
			continue;
		if (new->start > part.start) {
			part.length = (new->start < end ? new->start : end) - part.start;
			print_event(json, &part, "part gone", 0);
		}
		part.start = new->start + new->length;
	}
	if (part.start >= end)
		return;
	part.length = end - part.start;
	print_event(json, &part, "part gone", 0);
}

static void compare(bool json, const struct inventory *before, const struct inventory *now)
{
	size_t i;

	for (i = 0; i < before->nr_ranges; i++) {
		const struct vtl0_range_info *old = &before->ranges[i];
		const struct vtl0_range_info *new = find_id(now, old->id);

		if (!new) {
			print_event(json, old, "gone", 0);
			continue;
		}
		compare_parts(json, old, now);
		if (new->state == VTL0_STATE_DRAINING && old->state != new->state)
			print_event(json, new, "draining", 0);
		if (new->bad_pages != old->bad_pages)
			print_event(json, new, "bad pages", new->bad_pages);
	}
	fflush(stdout);
}

/* Returns an errno, or 0 after the first event of @args->once. */
static int monitor(const struct monitor_args *args, struct inventory *before)
{
	struct vtl0_events events;
	int err;

	do {
		struct inventory now = { };

		err = dev_read(args->common->fd, &events, sizeof(events));
		if (!err)
			err = query_ranges(args->common->fd, &now);
		if (!err)
			compare(args->common->json, before, &now);
		inventory_free(before);
		*before = now;
	} while (!err && !args->once);
	return err;
}

int cmd_monitor(int argc, char **argv, struct common *common)
{
	struct monitor_args args = { .common = common };
	struct inventory before = { };
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	/* from here on the driver keeps what happens for the first read */
	open_device(common);
	err = query_ranges(common->fd, &before);
	if (!err)
		err = monitor(&args, &before);
	if (err) {
		char *why = why_other(err);

		complain("monitor: %s", why);
		free(why);
	}
	inventory_free(&before);
	dev_close(common->fd);
	return err ? STATUS_FAILED : STATUS_OK;
}
