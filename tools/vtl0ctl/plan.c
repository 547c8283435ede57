// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl plan */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "die.h"
#include "json.h"
#include "message.h"
#include "query.h"
#include "text.h"
#include "vtl0ctl.h"

struct plan_args {
	struct common *common;
	struct layout layout;
	struct ranges ranges;
};

static error_t parse_plan(int key, char *arg, struct argp_state *state)
{
	struct plan_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->layout;
		state->child_inputs[1] = args->common;
		return 0;
	case ARGP_KEY_ARG:
		if (args->ranges.nr)
			usage("plan: it takes one range, \"%s\" is too many",
			      arg);
		ranges_add(&args->ranges, arg);
		return 0;
	case ARGP_KEY_SUCCESS:
		if (!args->ranges.nr)
			usage("plan: a range is missing");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ .argp = &layout_argp }, { .argp = &common_argp }, { }
};

static const struct argp argp = {
	.parser = parse_plan,
	.args_doc = "RANGE",
	.doc = "Shows into which chunks add would split a range, and what its memmap would cost. "
	       "It changes nothing and does not look at what is registered or in use."
	       "\vRANGE is START+LENGTH, or START-END where END is the first byte behind the range.",
	.children = children,
};

static struct vtl0_chunk_info *chunks_of(const struct vtl0_plan *plan)
{
	return (struct vtl0_chunk_info *)(uintptr_t)plan->buf;
}

static void print_json(const struct vtl0_plan *plan)
{
	struct json_object *obj = json_range(plan->planned_start,
					     plan->planned_length);
	struct json_object *chunks = json_object_new_array();
	uint32_t i;

	for (i = 0; i < plan->count; i++)
		json_object_array_add(chunks, json_chunk(&chunks_of(plan)[i]));
	json_u64(obj, "requested_start", plan->start);
	json_u64(obj, "requested_length", plan->length);
	json_u64(obj, "nr_chunks", plan->count);
	json_u64(obj, "memmap_bytes", plan->memmap_bytes);
	json_u64(obj, "memmap_saved", plan->memmap_saved);
	json_object_object_add(obj, "chunks", chunks);
	json_print(obj);
}

static void print_plan(const struct vtl0_plan *plan)
{
	static const char *const columns[] = {
		">START", ">LENGTH", ">SIZE", ">ORDER", ">MEMMAP",
	};
	struct table table = {
		.columns = columns,
		.nr_columns = sizeof(columns) / sizeof(columns[0]),
	};
	uint32_t i;

	for (i = 0; i < plan->count; i++) {
		const struct vtl0_chunk_info *c = &chunks_of(plan)[i];

		table_cell(&table, "%s", addr_text(c->start).s);
		table_cell(&table, "%s", addr_text(c->length).s);
		table_cell(&table, "%s", about_text(c->length).s);
		table_cell(&table, "%u", c->order);
		table_cell(&table, "%s", about_text(c->memmap_bytes).s);
	}
	table_print(&table);
	table_free(&table);
	printf("total: %s in %u chunk%s, memmap %s, saved %s against order 0\n",
	       range_text(plan->planned_start, plan->planned_length).s,
	       plan->count, plan->count == 1 ? "" : "s",
	       about_text(plan->memmap_bytes).s,
	       about_text(plan->memmap_saved).s);
}

static void complain_plan(int err, int fd, const struct vtl0_plan *plan)
{
	char *why = why_plan(err, fd, plan);

	complain("plan %s: %s", range_text(plan->start, plan->length).s, why);
	free(why);
}

int cmd_plan(int argc, char **argv, struct common *common)
{
	struct plan_args args = { .common = common };
	struct vtl0_plan plan = { .size = sizeof(plan) };
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	plan.flags = args.layout.flags;
	plan.start = args.ranges.v->start;
	plan.length = args.ranges.v->length;
	plan.chunk_length = args.layout.chunk_length;
	plan.max_order = args.layout.max_order;
	open_device(common);
	err = query_plan(common->fd, &plan);
	if (err)
		complain_plan(err, common->fd, &plan);
	else if (common->json)
		print_json(&plan);
	else
		print_plan(&plan);
	free(chunks_of(&plan));
	dev_close(common->fd);
	free(args.ranges.v);
	return err ? STATUS_FAILED : STATUS_OK;
}
