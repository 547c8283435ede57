// SPDX-License-Identifier: GPL-2.0
/* Options and arguments that several commands share. */
#include <errno.h>
#include <string.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "die.h"
#include "message.h"
#include "vtl0ctl.h"

enum { KEY_DEVICE = 0x100, KEY_JSON, KEY_ORDER, KEY_TRIM, KEY_CHUNK, KEY_COVER };

#define MAX_ORDER 63	/* the bits of struct vtl0_info.orders */

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct common *common = state->input;

	switch (key) {
	case KEY_DEVICE:
		common->device = arg;
		return 0;
	case KEY_JSON:
		common->json = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option common_options[] = {
	{ .name = "device", .key = KEY_DEVICE, .arg = "PATH",
	  .doc = "The control device (default /dev/vtl0)" },
	{ .name = "json", .key = KEY_JSON,
	  .doc = "Print one JSON object; addresses and sizes are numbers, in bytes" },
	{ }
};

const struct argp common_argp = {
	.options = common_options, .parser = parse_common,
};

static void set_order(struct layout *layout, const char *arg)
{
	const char *wrong;

	layout->flags &= ~VTL0_ADD_ORDER;
	layout->max_order = 0;
	if (!strcmp(arg, "auto"))
		return;
	wrong = parse_number(arg, MAX_ORDER, &layout->max_order);
	if (wrong)
		usage("--order \"%s\": %s (it is auto, or 0 to %u)", arg, wrong, MAX_ORDER);
	layout->flags |= VTL0_ADD_ORDER;
}

static void set_chunk(struct layout *layout, const char *arg)
{
	const char *wrong = parse_size(arg, &layout->chunk_length);

	if (!wrong && !layout->chunk_length)
		wrong = "a chunk cannot be empty";
	if (wrong)
		usage("--chunk \"%s\": %s", arg, wrong);
	layout->flags |= VTL0_ADD_CHUNK;
}

static error_t parse_layout(int key, char *arg, struct argp_state *state)
{
	struct layout *layout = state->input;

	switch (key) {
	case KEY_ORDER:
		set_order(layout, arg);
		return 0;
	case KEY_TRIM:
		layout->flags |= VTL0_ADD_TRIM;
		return 0;
	case KEY_CHUNK:
		set_chunk(layout, arg);
		return 0;
	case KEY_COVER:
		layout->flags |= VTL0_ADD_COVER;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (layout->flags & VTL0_ADD_COVER && layout->flags & VTL0_ADD_TRIM)
			usage("--cover and --trim exclude each other");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option layout_options[] = {
	{ .name = "order", .key = KEY_ORDER, .arg = "auto|ORDER",
	  .doc = "No folio is larger than 2^ORDER pages; 'vtl0ctl info' shows the orders (default "
		 "auto: that of a PMD entry. On x86-64: 9, which is 2M and needs 4 MiB of memory "
		 "per GiB; 18 is 1G and needs 40 KiB)" },
	{ .name = "trim", .key = KEY_TRIM,
	  .doc = "Leave out what is not aligned at the edges instead of failing" },
	{ .name = "chunk", .key = KEY_CHUNK, .arg = "SIZE",
	  .doc = "Split into chunks of at most SIZE that end at multiples of SIZE" },
	{ .name = "cover", .key = KEY_COVER,
	  .doc = "Make what was asked for usable, to the last page: skip what is registered "
		 "already, register the gaps" },
	{ }
};

const struct argp layout_argp = {
	.options = layout_options, .parser = parse_layout,
};

void ranges_add(struct ranges *ranges, const char *text)
{
	const char *wrong;

	ranges->v = xrealloc(ranges->v, ranges->nr + 1, sizeof(*ranges->v));
	wrong = parse_range(text, &ranges->v[ranges->nr]);
	if (wrong)
		usage("range \"%s\": %s", text, wrong);
	ranges->nr++;
}

void open_device(struct common *common)
{
	common->fd = dev_open(common->device);
	if (common->fd < 0)
		usage("%s", why_open(errno, common->device));
}
