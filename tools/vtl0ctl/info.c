// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl info */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "die.h"
#include "json.h"
#include "message.h"
#include "text.h"
#include "vtl0ctl.h"

static const struct {
	uint64_t bit;
	const char *name;
} features[] = {
	{ VTL0_FEATURE_MSHV, "mshv" },
	{ VTL0_FEATURE_MAP_PMD, "map-pmd" },
	{ VTL0_FEATURE_MAP_PUD, "map-pud" },
	{ VTL0_FEATURE_DEDUP, "dedup" },
	{ VTL0_FEATURE_SEAMLESS, "seamless" },
	{ VTL0_FEATURE_COUNTS, "counts" },
	{ VTL0_FEATURE_EVENTS, "events" },
	{ VTL0_FEATURE_PARTS, "parts" },
};

#define NR_FEATURES (sizeof(features) / sizeof(features[0]))

static error_t parse_info(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		usage("info: it takes no argument, \"%s\" is too many", arg);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ .argp = &common_argp }, { }
};

static const struct argp argp = {
	.parser = parse_info,
	.doc = "Shows what the driver can do, and totals over the registered ranges.",
	.children = children,
};

static struct json_object *feature_list(uint64_t bits)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < NR_FEATURES; i++) {
		const char *name = features[i].name;

		if (bits & features[i].bit)
			json_object_array_add(array,
					      json_object_new_string(name));
		bits &= ~features[i].bit;
	}
	/* features that this version does not know by name, as one number */
	if (bits)
		json_object_array_add(array,
				      json_object_new_string(addr_text(bits).s));
	return array;
}

static struct json_object *order_list(uint64_t bits)
{
	struct json_object *array = json_object_new_array();
	int i;

	for (i = 0; i < 64; i++)
		if (bits >> i & 1)
			json_object_array_add(array, json_object_new_int(i));
	return array;
}

static void print_json(const struct vtl0_info *info)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *totals = json_object_new_object();

	json_object_object_add(obj, "features", feature_list(info->features));
	json_object_object_add(obj, "orders", order_list(info->orders));
	json_u64(obj, "page_size", info->page_size);
	json_u64(obj, "min_align", info->min_align);
	json_u64(obj, "max_address", info->max_address);
	json_u64(totals, "ranges", info->nr_ranges);
	json_u64(totals, "chunks", info->nr_chunks);
	json_u64(totals, "bytes", info->bytes);
	json_u64(totals, "memmap_bytes", info->memmap_bytes);
	json_u64(totals, "memmap_saved", info->memmap_saved);
	json_object_object_add(obj, "totals", totals);
	json_print(obj);
}

static void print_features(uint64_t bits)
{
	struct json_object *array = feature_list(bits);
	size_t i, nr = json_object_array_length(array);

	printf("features:       %s", nr ? "" : "none");
	for (i = 0; i < nr; i++) {
		struct json_object *name = json_object_array_get_idx(array, i);

		printf("%s%s", i ? " " : "", json_object_get_string(name));
	}
	putchar('\n');
	json_object_put(array);
}

static void print_orders(const struct vtl0_info *info)
{
	const char *separator = "";
	unsigned int i;

	printf("orders:         ");
	for (i = 0; i < 64; i++) {
		if (!(info->orders >> i & 1))
			continue;
		printf("%s%u", separator, i);
		/* no size for an order whose size does not fit into 64 bits */
		if ((uint64_t)info->page_size << i >> i == info->page_size)
			printf(" (%s)", size_text((uint64_t)info->page_size << i).s);
		separator = ", ";
	}
	putchar('\n');
}

static void print_info(const struct vtl0_info *info)
{
	print_features(info->features);
	print_orders(info);
	printf("page size:      %s\n", size_text(info->page_size).s);
	printf("alignment:      %s (%s)\n", addr_text(info->min_align).s,
	       size_text(info->min_align).s);
	printf("last address:   %s\n", addr_text(info->max_address).s);
	printf("ranges:         %" PRIu32 "\n", info->nr_ranges);
	printf("chunks:         %" PRIu64 "\n", (uint64_t)info->nr_chunks);
	printf("registered:     %s\n", about_text(info->bytes).s);
	printf("memmap:         %s\n", about_text(info->memmap_bytes).s);
	printf("memmap saved:   %s\n", about_text(info->memmap_saved).s);
}

int cmd_info(int argc, char **argv, struct common *common)
{
	struct vtl0_info info = { .size = sizeof(info) };
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, common);
	open_device(common);
	err = dev_ioctl(common->fd, VTL0_INFO, &info);
	if (err) {
		char *why = why_other(err);

		complain("info: %s", why);
		free(why);
	} else if (common->json) {
		print_json(&info);
	} else {
		print_info(&info);
	}
	dev_close(common->fd);
	return err ? STATUS_FAILED : STATUS_OK;
}
