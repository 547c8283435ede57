// SPDX-License-Identifier: GPL-2.0
/*
 * The options of a table: NAME or NAME:VALUE, in any order.
 */
#include <linux/string.h>

#include "target.h"

/* The colon is a part of the prefix: "detect_every:" does not begin with "detect:". */
static const struct {
	const char *prefix;
	size_t offset;			/* in struct bounce_options */
} options_of_table[BOUNCE_NR_OPTIONS] = {
#define OPTION(id, field) \
	[BOUNCE_OPTION_##id] = { #field ":", offsetof(struct bounce_options, field) }
	OPTION(MODE, mode),
	OPTION(DETECT, detect),
	OPTION(DETECT_EVERY, detect_every),
	OPTION(RESERVE_KIB, reserve_kib),
	OPTION(MAX_BOUNCE_KIB, max_bounce_kib),
	OPTION(MAX_INFLIGHT_KIB, max_inflight_kib),
};

static int parse_option(const char *option, struct bounce_options *options)
{
	unsigned int i;
	size_t len;

	/* the only word without a value */
	if (!strcmp(option, "detect")) {
		options->detect = BOUNCE_DETECT_ALL;
		return 0;
	}
	for (i = 0; i < BOUNCE_NR_OPTIONS; i++) {
		len = str_has_prefix(option, options_of_table[i].prefix);
		if (len)
			return bounce_range_parse(&bounce_ranges[i], option + len,
						  strlen(option + len),
						  (void *)options + options_of_table[i].offset);
	}
	return -EINVAL;
}

/**
 * bounce_parse_options() - read the options of a table
 * @ti: the target; its error says what was refused, and the log names the option
 * @options: has the defaults; each option that is given replaces one
 * @args: the rest of the arguments; all are used up
 *
 * Return: 0 or -EINVAL.
 */
int bounce_parse_options(struct dm_target *ti, struct bounce_options *options,
			 struct dm_arg_set *args)
{
	static const struct dm_arg group = {
		0, BOUNCE_NR_OPTIONS, "Invalid number of options"
	};
	unsigned int nr = 0;
	int ret;

	/* a table without options needs no count of them */
	if (args->argc) {
		ret = dm_read_arg_group(&group, args, &nr, &ti->error);
		if (ret)
			return ret;
	}
	while (nr--) {
		const char *option = dm_shift_arg(args);

		ret = parse_option(option, options);
		if (ret) {
			DMERR("%s: invalid option %s", dm_table_device_name(ti->table),
			      option);
			ti->error = "Invalid option";
			return ret;
		}
	}
	if (args->argc) {
		ti->error = "More arguments than options";
		return -EINVAL;
	}
	return 0;
}

/**
 * bounce_print_options() - print "#OPTIONS OPTION..." with the values in force
 * @bt: the target
 * @result: where to write
 * @maxlen: bytes there
 *
 * Return: the length.
 */
unsigned int bounce_print_options(const struct bounce_target *bt, char *result,
				  unsigned int maxlen)
{
	const struct bounce_options *options = &bt->options;
	const struct bounce_engine *engine = &bt->engine;
	unsigned int sz = 0;

	/*
	 * All options, also defaults, so that the line makes the same target under a module
	 * with other defaults. Messages change @detect and @detect_every in the engine only.
	 */
	DMEMIT("%u mode:%s detect:%s detect_every:%u", BOUNCE_NR_OPTIONS,
	       bounce_mode_names[engine->mode],
	       bounce_detect_names[READ_ONCE(engine->detect)],
	       READ_ONCE(engine->detect_every));
	DMEMIT(" reserve_kib:%u max_bounce_kib:%u max_inflight_kib:%u",
	       options->reserve_kib, options->max_bounce_kib,
	       options->max_inflight_kib);
	return sz;
}
