// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl restore and check: the ranges that /etc/vtl0.d describes, for each boot */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vtl0.h>

#include "boot.h"
#include "conf.h"
#include "dev.h"
#include "devicetree.h"
#include "die.h"
#include "json.h"
#include "message.h"
#include "node.h"
#include "outcome.h"
#include "query.h"
#include "text.h"
#include "vtl0ctl.h"

enum { KEY_CONF = 0x200 };

struct boot_args {
	struct common *common;
	const char *dir;
};

static error_t parse_boot(int key, char *arg, struct argp_state *state)
{
	struct boot_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = args->common;
		return 0;
	case KEY_CONF:
		args->dir = arg;
		return 0;
	case ARGP_KEY_ARG:
		usage("%s takes no argument, not \"%s\"", strchr(state->name, ' ') + 1, arg);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{ .name = "conf", .key = KEY_CONF, .arg = "DIR",
	  .doc = "Where the files are (default /etc/vtl0.d)" },
	{ }
};

static const struct argp_child children[] = {
	{ .argp = &common_argp }, { }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_boot,
	.doc = "The files *.conf in /etc/vtl0.d describe the ranges to register at each boot: "
	       "[NAME], and below it range = START+LENGTH or devicetree = NODE and, if wanted, "
	       "order, chunk, node, cookie, name, mode, owner, and trim, cover or clear = yes, "
	       "as the options of add.",
	.children = children,
};

static const char *apply_flag(struct vtl0_add *add, const char *value, uint32_t flag)
{
	if (!strcmp(value, "yes"))
		add->flags |= flag;
	else if (strcmp(value, "no"))
		return "it is yes or no";
	return NULL;
}

/* @wrong is NULL, or says what is wrong with @range. */
static const char *apply_range(struct vtl0_add *add, const struct range *range, const char *wrong)
{
	if (wrong)
		return wrong;
	if (add->length)
		return "range and devicetree exclude each other";
	add->start = range->start;
	add->length = range->length;
	return NULL;
}

/* Puts one setting into @add. Returns NULL, or a text that says what is wrong with it. */
static const char *apply(struct vtl0_add *add, const struct conf_setting *set)
{
	const char *wrong;
	struct range range;
	uint64_t size = 0;
	uint32_t node = 0;

	if (!strcmp(set->key, "range"))
		return apply_range(add, &range, parse_range(set->value, &range));
	if (!strcmp(set->key, "devicetree"))
		return apply_range(add, &range, devicetree_range(set->value, &range));
	if (!strcmp(set->key, "order")) {
		add->flags |= VTL0_ADD_ORDER;
		return parse_number(set->value, 63, &add->max_order);
	}
	if (!strcmp(set->key, "chunk")) {
		add->flags |= VTL0_ADD_CHUNK;
		wrong = parse_size(set->value, &size);
		add->chunk_length = size;
		return wrong;
	}
	if (!strcmp(set->key, "node")) {
		add->flags |= VTL0_ADD_NODE;
		wrong = parse_number(set->value, INT_MAX, &node);
		add->node = node;
		return wrong;
	}
	if (!strcmp(set->key, "trim"))
		return apply_flag(add, set->value, VTL0_ADD_TRIM);
	if (!strcmp(set->key, "cover"))
		return apply_flag(add, set->value, VTL0_ADD_COVER);
	if (!strcmp(set->key, "clear"))
		return apply_flag(add, set->value, VTL0_ADD_CLEAR);
	if (!strcmp(set->key, "cookie")) {
		add->flags |= VTL0_ADD_COOKIE;
		return parse_cookie(set->value, add->cookie);
	}
	if (!strcmp(set->key, "name"))
		return node_name(set->value, add);
	if (!strcmp(set->key, "mode"))
		return node_mode(set->value, add);
	if (!strcmp(set->key, "owner"))
		return node_owner(set->value, add);
	return "there is no such key: it is range, devicetree, order, chunk, node, trim, cover, "
	       "clear, cookie, name, mode or owner";
}

/* What is wrong with the settings of a section together, or NULL. */
static const char *wrong_together(const struct vtl0_add *add)
{
	if (node_is_nameless(add))
		return "has mode or owner, but no name";
	if (add->flags & VTL0_ADD_COVER && add->flags & (VTL0_ADD_TRIM | VTL0_ADD_NAME))
		return "has cover = yes, which excludes trim = yes and a name";
	return add->length ? NULL : "has neither range = START+LENGTH nor devicetree = NODE";
}

char *boot_section(const struct conf_section *section, struct vtl0_add *add)
{
	const char *wrong;
	size_t i;

	if (section->wrong)
		return xasprintf("%s", section->wrong);
	*add = (struct vtl0_add) { .size = sizeof(*add), .flags = VTL0_ADD_PERSIST };
	for (i = 0; i < section->nr_settings; i++) {
		const struct conf_setting *set = &section->settings[i];

		wrong = apply(add, set);
		if (wrong)
			return xasprintf("%s:%u: %s = %s: %s", section->file, set->line, set->key,
					 set->value, wrong);
	}
	wrong = wrong_together(add);
	return wrong ? xasprintf("%s:%u: [%s] %s", section->file, section->line, section->name,
				 wrong) : NULL;
}

int boot_check(const struct conf *conf)
{
	struct vtl0_add add;
	int status = STATUS_OK;
	size_t i;

	for (i = 0; i < conf->nr_errors; i++) {
		complain("%s", conf->errors[i].text);
		status = STATUS_FAILED;
	}
	for (i = 0; i < conf->nr_sections; i++) {
		char *wrong;

		if (conf->sections[i].wrong)
			continue;
		wrong = boot_section(&conf->sections[i], &add);
		if (wrong) {
			complain("%s", wrong);
			status = STATUS_FAILED;
		}
		free(wrong);
	}
	return status;
}

const char *boot_arguments(int argc, char **argv, struct common *common)
{
	struct boot_args args = { .common = common, .dir = "/etc/vtl0.d" };

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	return args.dir;
}

int cmd_check(int argc, char **argv, struct common *common)
{
	const char *dir = boot_arguments(argc, argv, common);
	struct conf conf;
	int status;

	conf_read(&conf, dir);
	status = boot_check(&conf);
	if (!status)
		printf("%zu range%s in %s\n", conf.nr_sections,
		       conf.nr_sections == 1 ? "" : "s", dir);
	conf_free(&conf);
	return status;
}

/*
 * The driver refuses VTL0_ADD_CLEAR for a range that is registered, as its memory may be in use.
 * After a first restore that is no failure: the memory was cleared when it became the range. So
 * ask again without the flag, for the driver to compare the rest. Only a live range that persists
 * counts: one that drains has data of its last owner, and would be brought back with it. If
 * the number differs, the range went meanwhile and the second call added it, not cleared.
 */
static int accept_cleared(int fd, struct vtl0_add *add)
{
	struct vtl0_add again = *add;
	struct vtl0_range_info found;
	int err;

	if (query_behind(fd, add->conflict_start, &found) || found.state != VTL0_STATE_LIVE ||
	    !(found.flags & VTL0_RANGE_PERSIST))
		return EEXIST;
	again.flags &= ~VTL0_ADD_CLEAR;
	err = dev_ioctl(fd, VTL0_ADD, &again);
	if (!err && again.id != found.id)
		return EEXIST;
	*add = again;
	return err;
}

/* A range that fails does not keep cmd_restore() from the next: the boot may need that one. */
static void restore_one(const struct conf_section *section, int fd, struct outcome *outcome)
{
	struct vtl0_range_info before;
	struct vtl0_add add;
	struct range range;
	struct text text;
	bool any, was_there;
	char *line = boot_section(section, &add);
	int err;

	if (line) {
		/* boot_check() has printed it */
		free(line);
		return;
	}
	range = (struct range) { add.start, add.length };
	any = !query_behind(fd, add.start, &before);
	err = dev_ioctl(fd, VTL0_ADD, &add);
	if (err == EEXIST && add.mismatch == VTL0_ADD_CLEAR)
		err = accept_cleared(fd, &add);
	if (err) {
		outcome_failed(outcome, &range, err, why_add(err, fd, &add));
		return;
	}
	/* VTL0_ADD_COVER counts what it has added, else these are the chunks of the range */
	was_there = any && before.id == add.id &&
		    !(add.flags & VTL0_ADD_COVER && add.nr_chunks);
	text = range_text(add.added_start, add.added_length);
	line = was_there ?
		xasprintf("%s: %s was there already: id %u", section->name, text.s, add.id) :
		xasprintf("%s: added %s: id %u", section->name, text.s, add.id);
	outcome_done(outcome, json_range(add.added_start, add.added_length), line);
	free(line);
}

int cmd_restore(int argc, char **argv, struct common *common)
{
	const char *dir = boot_arguments(argc, argv, common);
	struct outcome outcome;
	struct conf conf;
	int status;
	size_t i;

	conf_read(&conf, dir);
	/* A mistake costs the range that it is in: the boot may need the others. */
	status = boot_check(&conf);
	open_device(common);
	outcome_init(&outcome, "restore", common->json);
	for (i = 0; i < conf.nr_sections; i++)
		restore_one(&conf.sections[i], common->fd, &outcome);
	outcome_print(&outcome, "added");
	dev_close(common->fd);
	conf_free(&conf);
	return status ?: outcome.status;
}
