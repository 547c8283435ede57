// SPDX-License-Identifier: GPL-2.0
/*
 * The options of a table: NAME or NAME:VALUE, in any order.
 */
#include <linux/kstrtox.h>
#include <linux/string.h>

#include "target.h"

#define PAGE_KIB		((unsigned int)(PAGE_SIZE / SZ_1K))
#define MAX_RESERVE_KIB		(SZ_1G / SZ_1K)
#define MAX_BOUNCE_KIB		(SZ_16M / SZ_1K)
#define MAX_OPTIONS		6

void bounce_default_options(struct bounce_options *options)
{
	*options = (struct bounce_options){
		.mode		= BOUNCE_MODE_WRITE,
		.detect_every	= 1,
		.reserve_kib	= 1024,
		.max_bounce_kib	= 1024,
	};
}

/* A decimal number and nothing else. */
int bounce_parse_number(const char *text, unsigned int min, unsigned int max,
			unsigned int *value)
{
	unsigned int v;

	if (*text == '+' || kstrtouint(text, 10, &v) || v < min || v > max)
		return -EINVAL;
	*value = v;
	return 0;
}

static int parse_mode(const char *text, struct bounce_options *options)
{
	int mode = match_string(bounce_mode_names, BOUNCE_NR_MODES, text);

	if (mode < 0)
		return -EINVAL;
	options->mode = mode;
	return 0;
}

static int parse_detect(const char *text, struct bounce_options *options)
{
	int detect = match_string(bounce_detect_names, BOUNCE_NR_DETECTS, text);

	if (detect < 0)
		return -EINVAL;
	options->detect = detect;
	return 0;
}

static const struct {
	const char *name;
	size_t offset;			/* in struct bounce_options */
	unsigned int min, max;
} numbers[] = {
#define NUMBER(field, min, max) \
	{ #field ":", offsetof(struct bounce_options, field), min, max }
	NUMBER(detect_every, 1, UINT_MAX),
	NUMBER(reserve_kib, PAGE_KIB, MAX_RESERVE_KIB),
	NUMBER(max_bounce_kib, PAGE_KIB, MAX_BOUNCE_KIB),
	NUMBER(max_inflight_kib, 0, UINT_MAX),
};

static int parse_option(const char *option, struct bounce_options *options)
{
	unsigned int i;
	size_t len;

	if (!strcmp(option, "detect"))
		return parse_detect("1", options);
	len = str_has_prefix(option, "mode:");
	if (len)
		return parse_mode(option + len, options);
	len = str_has_prefix(option, "detect:");
	if (len)
		return parse_detect(option + len, options);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		len = str_has_prefix(option, numbers[i].name);
		if (len)
			return bounce_parse_number(option + len, numbers[i].min,
						   numbers[i].max,
						   (void *)options + numbers[i].offset);
	}
	return -EINVAL;
}

int bounce_parse_options(struct dm_target *ti, struct bounce_options *options,
			 struct dm_arg_set *args)
{
	static const struct dm_arg group = {
		0, MAX_OPTIONS, "Invalid number of options"
	};
	unsigned int nr = 0;
	int ret;

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

/* Prints "#OPTIONS OPTION..." with the values in force; returns the length. */
unsigned int bounce_print_options(const struct bounce_target *bt, char *result,
				  unsigned int maxlen)
{
	const struct bounce_options *options = &bt->options;
	const struct bounce_engine *engine = &bt->engine;
	unsigned int sz = 0;

	DMEMIT("%u mode:%s detect:%s detect_every:%u", MAX_OPTIONS,
	       bounce_mode_names[engine->mode],
	       bounce_detect_names[READ_ONCE(engine->detect)],
	       READ_ONCE(engine->detect_every));
	DMEMIT(" reserve_kib:%u max_bounce_kib:%u max_inflight_kib:%u",
	       options->reserve_kib, options->max_bounce_kib,
	       options->max_inflight_kib);
	return sz;
}
