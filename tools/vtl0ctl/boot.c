// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl save, restore and check: the ranges that /etc/vtl0.d describes, for each boot */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vtl0.h>

#include "conf.h"
#include "dev.h"
#include "die.h"
#include "json.h"
#include "message.h"
#include "node.h"
#include "outcome.h"
#include "query.h"
#include "text.h"
#include "vtl0ctl.h"

#define SAVED "saved.conf"

enum { KEY_CONF = 0x200 };

struct boot_args {
	struct common *common;
	const char *dir;
	struct conf conf;
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
	       "[NAME], and below it range = START+LENGTH and, if wanted, order, chunk, "
	       "node, cookie, name, mode, owner, and trim, cover or clear = yes, as the options of "
	       "add.",
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

/* Puts one setting into @add. Returns NULL, or a text that says what is wrong with it. */
static const char *apply(struct vtl0_add *add, const struct conf_setting *set)
{
	const char *wrong;
	struct range range;
	uint64_t size = 0;
	uint32_t node = 0;

	if (!strcmp(set->key, "range")) {
		wrong = parse_range(set->value, &range);
		add->start = wrong ? 0 : range.start;
		add->length = wrong ? 0 : range.length;
		return wrong;
	}
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
	return "there is no such key: it is range, order, chunk, node, trim, cover, clear, "
	       "cookie, name, mode or owner";
}

/* What is wrong with the settings of a section together, or NULL. */
static const char *wrong_together(const struct vtl0_add *add)
{
	if (node_is_nameless(add))
		return "has mode or owner, but no name";
	if (add->flags & VTL0_ADD_COVER && add->flags & (VTL0_ADD_TRIM | VTL0_ADD_NAME))
		return "has cover = yes, which excludes trim = yes and a name";
	return add->length ? NULL : "has no range = START+LENGTH";
}

static int section_to_add(const struct conf_section *section, struct vtl0_add *add)
{
	const char *wrong;
	size_t i;

	*add = (struct vtl0_add) { .size = sizeof(*add), .flags = VTL0_ADD_PERSIST };
	for (i = 0; i < section->nr_settings; i++) {
		const struct conf_setting *set = &section->settings[i];

		wrong = apply(add, set);
		if (wrong) {
			complain("%s:%u: %s = %s: %s", section->file, set->line, set->key,
				 set->value, wrong);
			return STATUS_FAILED;
		}
	}
	wrong = wrong_together(add);
	if (!wrong)
		return STATUS_OK;
	complain("%s:%u: [%s] %s", section->file, section->line, section->name, wrong);
	return STATUS_FAILED;
}

/* Checks every section first, so that a wrong one keeps save and restore from any change. */
static int check_conf(const struct conf *conf)
{
	struct vtl0_add add;
	int status = STATUS_OK;
	size_t i;

	for (i = 0; i < conf->nr_errors; i++) {
		complain("%s", conf->errors[i]);
		status = STATUS_FAILED;
	}
	for (i = 0; i < conf->nr_sections; i++)
		if (!conf->sections[i].wrong &&
		    section_to_add(&conf->sections[i], &add))
			status = STATUS_FAILED;
	return status;
}

static int read_and_check(struct boot_args *args, int argc, char **argv)
{
	argp_parse(&argp, argc, argv, 0, NULL, args);
	conf_read(&args->conf, args->dir);
	return check_conf(&args->conf);
}

int cmd_check(int argc, char **argv, struct common *common)
{
	struct boot_args args = { .common = common, .dir = "/etc/vtl0.d" };
	int status = read_and_check(&args, argc, argv);

	if (!status)
		printf("%zu range%s in %s\n", args.conf.nr_sections,
		       args.conf.nr_sections == 1 ? "" : "s", args.dir);
	conf_free(&args.conf);
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
	char *line;
	int err;

	section_to_add(section, &add);
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
	struct boot_args args = { .common = common, .dir = "/etc/vtl0.d" };
	int status = read_and_check(&args, argc, argv);
	struct outcome outcome;
	size_t i;

	if (!status) {
		open_device(common);
		outcome_init(&outcome, "restore", common->json);
		for (i = 0; i < args.conf.nr_sections; i++)
			restore_one(&args.conf.sections[i], common->fd, &outcome);
		outcome_print(&outcome, "added");
		dev_close(common->fd);
		status = outcome.status;
	}
	conf_free(&args.conf);
	return status;
}

/* Does a file other than @saved, which "save" overwrites, have this range? */
static bool is_in_another(const struct conf *conf, const char *saved,
			  const struct vtl0_range_info *r)
{
	struct vtl0_add add;
	size_t i;

	for (i = 0; i < conf->nr_sections; i++)
		if (strcmp(conf->sections[i].file, saved) &&
		    !section_to_add(&conf->sections[i], &add) &&
		    add.start == r->start && add.length == r->length)
			return true;
	return false;
}

/* Mode and owner are those of the node now: chmod or chown may have changed them. */
static void print_node(FILE *file, const char *name)
{
	char *path = xasprintf("/dev/vtl0_%s", name);
	struct stat st;

	if (name[0])
		fprintf(file, "name = %s\n", name);
	if (name[0] && !dev_stat(path, &st))
		fprintf(file, "mode = %04o\nowner = %u:%u\n", st.st_mode & 0666, st.st_uid,
			st.st_gid);
	free(path);
}

/* Persistent ranges only: a program owns any other, which goes when it closes its file. */
static size_t print_ranges(FILE *file, const struct inventory *inv, const struct conf *conf,
			   const char *saved)
{
	size_t i, nr = 0;

	fprintf(file, "# Written by \"vtl0ctl save\".\n");
	for (i = 0; i < inv->nr_ranges; i++) {
		const struct vtl0_range_info *r = &inv->ranges[i];

		if (!(r->flags & VTL0_RANGE_PERSIST) || is_in_another(conf, saved, r))
			continue;
		fprintf(file, "\n[saved-%zu]\nrange = %s\nnode = %d\n", ++nr,
			range_text(r->start, r->length).s, r->node);
		if (cookie_text(r->cookie).s[0])
			fprintf(file, "cookie = %s\n", cookie_text(r->cookie).s);
		print_node(file, r->name);
	}
	return nr;
}

/* rename() comes after fsync(): a crash leaves either the old file or the whole new one. */
static int save_ranges(const struct boot_args *args, const struct inventory *inv)
{
	char *path = xasprintf("%s/" SAVED, args->dir), *new = xasprintf("%s.new", path);
	int status = STATUS_OK;
	FILE *file = NULL;
	size_t nr;

	if (!mkdir(args->dir, 0755) || errno == EEXIST)
		file = fopen(new, "we");
	if (file) {
		nr = print_ranges(file, inv, &args->conf, path);
		if (fflush(file) || fsync(fileno(file)) || fclose(file) || rename(new, path))
			file = NULL;
	}
	if (file) {
		printf("%zu range%s saved in %s\n", nr, nr == 1 ? "" : "s", path);
	} else {
		complain("save: %s: %m", new);
		status = STATUS_FAILED;
	}
	free(path);
	free(new);
	return status;
}

int cmd_save(int argc, char **argv, struct common *common)
{
	struct boot_args args = { .common = common, .dir = "/etc/vtl0.d" };
	int err, status = read_and_check(&args, argc, argv);
	struct inventory inv = { };

	if (!status) {
		open_device(common);
		err = query_ranges(common->fd, &inv);
		if (err) {
			complain("save: cannot list the ranges: %s", strerror(err));
			status = STATUS_FAILED;
		} else {
			status = save_ranges(&args, &inv);
		}
		inventory_free(&inv);
		dev_close(common->fd);
	}
	conf_free(&args.conf);
	return status;
}
