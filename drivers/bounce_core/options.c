// SPDX-License-Identifier: GPL-2.0
/*
 * The options that the front ends have in common: defaults, valid values, and how the
 * text of a value is read. So an attribute of bounce_blk and the option of dm-bounce
 * with the same name take the same values.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/string.h>

#include "engine.h"

#define PAGE_KIB	(PAGE_SIZE / SZ_1K)

const char *const bounce_mode_names[BOUNCE_NR_MODES] = {
	[BOUNCE_MODE_NONE]	= "none",
	[BOUNCE_MODE_WRITE]	= "write",
	[BOUNCE_MODE_ALL]	= "all",
	[BOUNCE_MODE_GUEST]	= "guest",
	[BOUNCE_MODE_DIRECT]	= "direct",
};
EXPORT_SYMBOL_GPL(bounce_mode_names);

const char *const bounce_detect_names[BOUNCE_NR_DETECTS] = {
	[BOUNCE_DETECT_OFF]	= "0",
	[BOUNCE_DETECT_ALL]	= "1",
	[BOUNCE_DETECT_DIRECT]	= "direct",
};
EXPORT_SYMBOL_GPL(bounce_detect_names);

/* The same as in the table of Documentation/admin-guide/bounce_blk.rst; a test compares. */
const struct bounce_options bounce_default_options = {
	.mode		= BOUNCE_MODE_WRITE,
	.detect_every	= 1,
	.reserve_kib	= 1024,
	.max_bounce_kib	= 1024,
};
EXPORT_SYMBOL_GPL(bounce_default_options);

const struct bounce_range bounce_ranges[BOUNCE_NR_OPTIONS] = {
	[BOUNCE_OPTION_MODE] = {
		.max = BOUNCE_NR_MODES - 1, .words = bounce_mode_names,
	},
	[BOUNCE_OPTION_DETECT] = {
		.max = BOUNCE_NR_DETECTS - 1, .words = bounce_detect_names,
	},
	[BOUNCE_OPTION_DETECT_EVERY] = { .min = 1, .max = UINT_MAX },
	[BOUNCE_OPTION_RESERVE_KIB] = { .min = PAGE_KIB, .max = SZ_1G / SZ_1K },
	/* one bio: its bi_size and the engine's max_bounce are 32-bit numbers of bytes */
	[BOUNCE_OPTION_MAX_BOUNCE_KIB] = { .min = PAGE_KIB, .max = SZ_16M / SZ_1K },
	[BOUNCE_OPTION_MAX_INFLIGHT_KIB] = { .max = UINT_MAX },
};
EXPORT_SYMBOL_GPL(bounce_ranges);

/**
 * bounce_range_parse() - read a value that a user wrote
 * @range: the valid values
 * @text: a word of the range or a decimal number, and at most a newline
 * @len: bytes written; more than strlen(@text) if there is a NUL among them, which
 *	would hide what is behind it
 * @value: becomes the number, or the index of the word; unchanged after an error
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int bounce_range_parse(const struct bounce_range *range, const char *text, size_t len,
		       unsigned int *value)
{
	unsigned int v;
	int word;

	if (strlen(text) != len)
		return -EINVAL;
	if (range->words) {
		word = __sysfs_match_string(range->words, range->max + 1, text);
		if (word < 0)
			return -EINVAL;
		v = word;
	} else if (*text == '+' || kstrtouint(text, 10, &v)) {
		/* kstrtouint() takes a plus sign, which no attribute shows */
		return -EINVAL;
	}
	if (v < range->min || v > range->max)
		return -EINVAL;
	*value = v;
	return 0;
}
EXPORT_SYMBOL_GPL(bounce_range_parse);
