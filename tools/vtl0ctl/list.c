// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl list */
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

enum { KEY_CHUNKS = 0x200 };

/* The ORDERS column shows at most this many runs of chunks that have the same order. */
#define MAX_RUNS 4

struct list_args {
	struct common *common;
	bool chunks;
};

struct totals {
	uint64_t chunks, bytes, memmap, saved;
};

static error_t parse_list(int key, char *arg, struct argp_state *state)
{
	struct list_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = args->common;
		return 0;
	case KEY_CHUNKS:
		args->chunks = true;
		return 0;
	case ARGP_KEY_ARG:
		usage("list: it takes no argument, \"%s\" is too many", arg);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{ .name = "chunks", .key = KEY_CHUNKS, .doc = "Show each chunk as well" },
	{ }
};

static const struct argp_child children[] = {
	{ .argp = &common_argp }, { }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_list,
	.doc = "Shows the registered ranges in the order of their addresses."
	       "\vMEMMAP is the memory that the page structures take, SAVED what they would "
	       "take more with order-0 folios. MAPPED counts page-table entries of any size, "
	       "HELD folios with other references (pins, pipes). The columns that are called "
	       "as a size (4K, 2M, 1G) count faults served with such entries; FALLBACK those "
	       "of a single page that a mapping with better alignment would have avoided.",
	.children = children,
};

static struct totals add_up(const struct inventory *inv)
{
	struct totals t = { };
	size_t i;

	for (i = 0; i < inv->nr_ranges; i++) {
		t.chunks += inv->ranges[i].nr_chunks;
		t.bytes += inv->ranges[i].length;
		t.memmap += inv->ranges[i].memmap_bytes;
		t.saved += inv->ranges[i].memmap_saved;
	}
	return t;
}

static void append(char **text, const char *separator, uint32_t order,
		   size_t count)
{
	char *times = count > 1 ? xasprintf("x%zu", count) : xasprintf("%s", "");
	char *longer = xasprintf("%s%s%u%s", *text, separator, order, times);

	free(times);
	free(*text);
	*text = longer;
}

/* "9,18x3,9": the orders of the range's chunks, by address; ",..." ends a list cut short. */
static char *orders_text(const struct inventory *inv, uint32_t range_id)
{
	char *text = xasprintf("%s", ""), *cut;
	size_t i, count = 0, runs = 0;
	uint32_t order = 0;

	/* One step more than there are chunks: it ends the last run. */
	for (i = 0; i <= inv->nr_chunks && runs < MAX_RUNS; i++) {
		const struct vtl0_chunk_info *c = &inv->chunks[i];
		bool last = i == inv->nr_chunks;

		if (!last && c->range_id != range_id)
			continue;
		if (count && (last || c->order != order)) {
			append(&text, runs++ ? "," : "", order, count);
			count = 0;
		}
		if (!last) {
			order = c->order;
			count++;
		}
	}
	if (!count && runs)
		return text;
	cut = xasprintf("%s%s", text, runs ? ",..." : "-");
	free(text);
	return cut;
}

static struct text flags_text(uint32_t flags)
{
	uint32_t unknown = flags & ~VTL0_RANGE_PERSIST;
	struct text t = { "-" };

	if (unknown)
		snprintf(t.s, sizeof(t.s), "0x%" PRIx32, flags);
	else if (flags)
		snprintf(t.s, sizeof(t.s), "persist");
	return t;
}

static void range_row(struct table *table, const struct inventory *inv,
		      const struct vtl0_range_info *r)
{
	char *orders = orders_text(inv, r->id);

	table_cell(table, "%u", r->id);
	table_cell(table, "%s", addr_text(r->start).s);
	table_cell(table, "%s", addr_text(r->length).s);
	table_cell(table, "%s", about_text(r->length).s);
	table_cell(table, "%d", r->node);
	table_cell(table, "%s", state_text(r->state));
	table_cell(table, "%u", r->nr_chunks);
	table_cell(table, "%s", orders);
	table_cell(table, "%s", about_text(r->memmap_bytes).s);
	table_cell(table, "%s", about_text(r->memmap_saved).s);
	if (r->mappings == VTL0_MAPPINGS_UNKNOWN)
		table_cell(table, "?");
	else
		table_cell(table, "%" PRIu64, (uint64_t)r->mappings);
	table_cell(table, "%" PRIu64, (uint64_t)r->held);
	table_cell(table, "%" PRIu64, (uint64_t)r->faults_pte);
	table_cell(table, "%" PRIu64, (uint64_t)r->faults_pmd);
	table_cell(table, "%" PRIu64, (uint64_t)r->faults_pud);
	table_cell(table, "%" PRIu64, (uint64_t)r->fallbacks);
	table_cell(table, "%u", r->owners);
	table_cell(table, "%s", flags_text(r->flags).s);
	table_cell(table, "%s", r->name[0] ? r->name : "-");
	table_cell(table, "%s", cookie_text(r->cookie).s[0] ? cookie_text(r->cookie).s : "-");
	free(orders);
}

/*
 * Names the columns that count faults: by the size of the entries, or by the level where
 * VTL0_INFO has no order for it.
 */
static void name_levels(int fd, struct text names[3])
{
	struct vtl0_info info = { .size = sizeof(info) };
	unsigned int order, level = 0;

	names[0] = (struct text) { ">PTE" };
	names[1] = (struct text) { ">PMD" };
	names[2] = (struct text) { ">PUD" };
	if (dev_ioctl(fd, VTL0_INFO, &info))
		return;
	for (order = 0; order < 64 && level < 3; order++)
		if (info.orders >> order & 1)
			snprintf(names[level++].s, sizeof(names[0].s), ">%.12s",
				 size_text((uint64_t)info.page_size << order).s);
}

static void print_ranges(const struct inventory *inv, int fd)
{
	struct text levels[3];
	const char *const columns[] = {
		">ID", ">START", ">LENGTH", ">SIZE", ">NODE", "<STATE",
		">CHUNKS", "<ORDERS", ">MEMMAP", ">SAVED", ">MAPPED", ">HELD",
		levels[0].s, levels[1].s, levels[2].s, ">FALLBACK", ">OWNERS", "<FLAGS", "<NAME",
		"<COOKIE",
	};
	struct table table = {
		.columns = columns,
		.nr_columns = sizeof(columns) / sizeof(columns[0]),
	};
	size_t i;

	name_levels(fd, levels);
	for (i = 0; i < inv->nr_ranges; i++)
		range_row(&table, inv, &inv->ranges[i]);
	table_print(&table);
	table_free(&table);
}

static void print_chunks(const struct inventory *inv)
{
	static const char *const columns[] = {
		">RANGE", ">START", ">LENGTH", ">SIZE", ">ORDER", ">MEMMAP",
	};
	struct table table = {
		.columns = columns,
		.nr_columns = sizeof(columns) / sizeof(columns[0]),
	};
	size_t i;

	for (i = 0; i < inv->nr_chunks; i++) {
		const struct vtl0_chunk_info *c = &inv->chunks[i];

		table_cell(&table, "%u", c->range_id);
		table_cell(&table, "%s", addr_text(c->start).s);
		table_cell(&table, "%s", addr_text(c->length).s);
		table_cell(&table, "%s", about_text(c->length).s);
		table_cell(&table, "%u", c->order);
		table_cell(&table, "%s", about_text(c->memmap_bytes).s);
	}
	putchar('\n');
	table_print(&table);
	table_free(&table);
}

static void print_list(const struct inventory *inv, bool chunks, int fd)
{
	struct totals t = add_up(inv);

	if (!inv->nr_ranges) {
		puts("no ranges are registered");
		return;
	}
	print_ranges(inv, fd);
	if (chunks)
		print_chunks(inv);
	printf("total: %zu range%s, %" PRIu64 " chunk%s, %s, memmap %s, saved %s\n",
	       inv->nr_ranges, inv->nr_ranges == 1 ? "" : "s", t.chunks,
	       t.chunks == 1 ? "" : "s", about_text(t.bytes).s,
	       about_text(t.memmap).s, about_text(t.saved).s);
}

static void flags_json(struct json_object *obj, uint32_t flags)
{
	struct json_object *array = json_object_new_array();
	uint32_t unknown = flags & ~VTL0_RANGE_PERSIST;

	if (flags & VTL0_RANGE_PERSIST)
		json_object_array_add(array, json_object_new_string("persist"));
	if (unknown)
		json_object_array_add(array,
				      json_object_new_string(addr_text(unknown).s));
	json_object_object_add(obj, "flags", array);
}

static struct json_object *chunks_json(const struct inventory *inv,
				       uint32_t range_id)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < inv->nr_chunks; i++)
		if (inv->chunks[i].range_id == range_id)
			json_object_array_add(array,
					      json_chunk(&inv->chunks[i]));
	return array;
}

static struct json_object *range_json(const struct vtl0_range_info *r)
{
	struct json_object *obj = json_range(r->start, r->length);

	json_u64(obj, "id", r->id);
	json_object_object_add(obj, "node", json_object_new_int(r->node));
	json_string(obj, "state", state_text(r->state));
	flags_json(obj, r->flags);
	json_u64(obj, "owners", r->owners);
	json_u64(obj, "nr_chunks", r->nr_chunks);
	json_u64(obj, "memmap_bytes", r->memmap_bytes);
	json_u64(obj, "memmap_saved", r->memmap_saved);
	if (r->mappings == VTL0_MAPPINGS_UNKNOWN)
		json_object_object_add(obj, "mappings", NULL);
	else
		json_u64(obj, "mappings", r->mappings);
	json_u64(obj, "held", r->held);
	json_u64(obj, "faults_pte", r->faults_pte);
	json_u64(obj, "faults_pmd", r->faults_pmd);
	json_u64(obj, "faults_pud", r->faults_pud);
	json_u64(obj, "fallbacks", r->fallbacks);
	json_u64(obj, "bad_pages", r->bad_pages);
	if (r->name[0])
		json_string(obj, "name", r->name);
	if (cookie_text(r->cookie).s[0])
		json_string(obj, "cookie", cookie_text(r->cookie).s);
	return obj;
}

static struct json_object *totals_json(const struct inventory *inv)
{
	struct json_object *obj = json_object_new_object();
	struct totals t = add_up(inv);

	json_u64(obj, "ranges", inv->nr_ranges);
	json_u64(obj, "chunks", t.chunks);
	json_u64(obj, "bytes", t.bytes);
	json_u64(obj, "memmap_bytes", t.memmap);
	json_u64(obj, "memmap_saved", t.saved);
	return obj;
}

static void print_json(const struct inventory *inv, bool chunks)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ranges = json_object_new_array();
	size_t i;

	for (i = 0; i < inv->nr_ranges; i++) {
		const struct vtl0_range_info *r = &inv->ranges[i];
		struct json_object *entry = range_json(r);

		if (chunks)
			json_object_object_add(entry, "chunks",
					       chunks_json(inv, r->id));
		json_object_array_add(ranges, entry);
	}
	json_object_object_add(obj, "ranges", ranges);
	json_object_object_add(obj, "totals", totals_json(inv));
	json_print(obj);
}

int cmd_list(int argc, char **argv, struct common *common)
{
	struct list_args args = { .common = common };
	struct inventory inv = { };
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	open_device(common);
	err = query_ranges(common->fd, &inv);
	if (!err && (args.chunks || !common->json))
		err = query_chunks(common->fd, &inv);
	if (err) {
		char *why = why_other(err);

		complain("list: %s", why);
		free(why);
	} else if (common->json) {
		print_json(&inv, args.chunks);
	} else {
		print_list(&inv, args.chunks, common->fd);
	}
	inventory_free(&inv);
	dev_close(common->fd);
	return err ? STATUS_FAILED : STATUS_OK;
}
