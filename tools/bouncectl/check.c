// SPDX-License-Identifier: GPL-2.0
/*
 * Finds mistakes in the files of /etc/bounce.d that show without the module and without
 * the device below. What this lets pass, the initramfs takes, and the root may depend on it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bouncectl.h"

/* What the kernel has room for in the name of a disk, behind "bounce-". */
#define MAX_NAME 24

/*
 * The keys of a section. A value is one of the words, of which the last one is NULL, or a
 * number; "backing" has neither. The limits are those of
 * Documentation/ABI/testing/configfs-bounce_blk.
 */
struct key {
	const char *name;
	bool of_file;		/* an attribute of no device */
	bool page;		/* a number of KiB: a page at least */
	bool pages;		/* and a multiple of the page size */
	unsigned long long min, max;
	const char *words[6];
};

static const struct key keys[] = {
	{ .name = "backing" },
	{ .name = "mode", .words = { "none", "write", "all", "guest", "direct" } },
	{ .name = "detect", .words = { "0", "1", "direct" } },
	{ .name = "detect_every", .min = 1, .max = UINT32_MAX },
	{ .name = "reserve_kib", .page = true, .max = 1048576 },
	{ .name = "max_bounce_kib", .page = true, .pages = true, .max = 16384 },
	{ .name = "max_inflight_kib", .max = UINT32_MAX },
	{ .name = "read_only", .words = { "0", "1" } },
	{ .name = "partscan", .words = { "0", "1" } },
	{ .name = "initramfs", .of_file = true, .words = { "no", "yes" } },
	{ .name = "netdev", .of_file = true, .words = { "no", "yes" } },
	{ .name = "nofail", .of_file = true, .words = { "no", "yes" } },
	{ .name = "wait", .of_file = true, .max = MAX_WAIT },
};

static const struct key *find_key(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

bool key_is_of_file(const char *name)
{
	const struct key *key = find_key(name);

	return key && key->of_file;
}

/* "a, b or c" */
static void list_words(const struct key *key, char *out, size_t size)
{
	size_t i, n = 0;

	for (i = 0; key->words[i]; i++)
		n += snprintf(out + n, size - n, "%s%s", !i ? "" :
			      key->words[i + 1] ? ", " : " or ", key->words[i]);
}

static bool is_word(const struct key *key, const char *value)
{
	size_t i;

	for (i = 0; key->words[i]; i++)
		if (!strcmp(key->words[i], value))
			return true;
	return false;
}

/* As the kernel reads it: digits alone. */
static bool is_number(const char *value, unsigned long long *number)
{
	errno = 0;
	*number = strtoull(value, NULL, 10);
	return *value && !value[strspn(value, "0123456789")] && !errno;
}

static int check_number(const char *where, const struct key *key, const char *value)
{
	unsigned long long page = sysconf(_SC_PAGESIZE) / 1024, number;
	unsigned long long min = key->page ? page : key->min;

	if (!is_number(value, &number) || number < min || number > key->max)
		return complain("%s: %s is a number from %llu to %llu, not \"%s\"", where,
				key->name, min, key->max, value);
	if (key->pages && number % page)
		return complain("%s: %s is a multiple of %llu, not %s", where, key->name, page,
				value);
	return STATUS_OK;
}

static int check_setting(const struct conf_section *section, const struct conf_setting *set)
{
	const struct key *key = find_key(set->key);
	char where[MAX_VALUE], words[64];

	snprintf(where, sizeof(where), "%s:%u: [%s]", section->file, set->line, section->name);
	if (!key)
		return complain("%s: there is no key \"%s\"", where, set->key);
	if (key->max)
		return check_number(where, key, set->value);
	if (!key->words[0] || is_word(key, set->value))
		return STATUS_OK;
	list_words(key, words, sizeof(words));
	return complain("%s: %s is %s, not \"%s\"", where, key->name, words, set->value);
}

int check_name(const char *name)
{
	const char *wrong = conf_wrong_name(name);

	if (wrong)
		return complain("%s: %s", name, wrong);
	if (strlen(name) > MAX_NAME)
		return complain("%s: a name has at most %u letters", name, MAX_NAME);
	return STATUS_OK;
}

int check_section(const struct conf_section *section)
{
	const char *backing = conf_get(section, "backing");
	int status = STATUS_OK;
	size_t i;

	if (section->wrong)
		return complain("%s", section->wrong);
	if (strlen(section->name) > MAX_NAME)
		return complain("%s:%u: [%s]: a name has at most %u letters", section->file,
				section->line, section->name, MAX_NAME);
	if (!backing || !*backing)
		status = complain("%s:%u: [%s] has no backing = DEVICE", section->file,
				  section->line, section->name);
	for (i = 0; i < section->nr_settings; i++)
		if (check_setting(section, &section->settings[i]))
			status = STATUS_FAILED;
	return status;
}

bool is_selected(const struct options *opt, const struct conf_section *section)
{
	return !opt->initramfs || conf_is_yes(section, "initramfs");
}

int complain_of_files(const struct options *opt, const struct conf *conf)
{
	int status = STATUS_OK;
	size_t i;

	for (i = 0; i < conf->nr_errors; i++) {
		const struct conf_error *error = &conf->errors[i];

		/* one of no section may be in the name of one that is selected */
		if (error->section == CONF_NO_SECTION ||
		    is_selected(opt, &conf->sections[error->section]))
			status = complain("%s", error->text);
	}
	return status;
}

int cmd_check(const struct options *opt)
{
	struct conf conf;
	size_t i, nr = 0;
	int status;

	conf_read(&conf, opt->conf);
	status = complain_of_files(opt, &conf);
	for (i = 0; i < conf.nr_sections; i++) {
		if (!is_selected(opt, &conf.sections[i]))
			continue;
		if (!conf.sections[i].wrong && check_section(&conf.sections[i]))
			status = STATUS_FAILED;
		nr++;
	}
	if (!status)
		printf("%zu device%s in %s\n", nr, nr == 1 ? "" : "s", opt->conf);
	conf_free(&conf);
	return status;
}
