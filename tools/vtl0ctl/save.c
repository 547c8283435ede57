// SPDX-License-Identifier: GPL-2.0
/* vtl0ctl save: writes the ranges that persist to saved.conf, for restore */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vtl0.h>

#include "boot.h"
#include "conf.h"
#include "dev.h"
#include "die.h"
#include "layout.h"
#include "message.h"
#include "query.h"
#include "text.h"
#include "vtl0ctl.h"

#define SAVED "saved.conf"

struct save {
	char *path, *new;	/* DIR/saved.conf, and the file that becomes it */
	struct conf others;	/* of the other files; read_back() adds those of @new */
	struct conf old;	/* of saved.conf, as it was */
	struct inventory inv;
	struct layout *layouts;	/* of each range of @inv */
	struct vtl0_info info;
};

/* What the driver registers for a section; an empty range if nothing of it is aligned. */
static struct range extent(const struct save *save, const struct conf_section *section,
			   struct vtl0_add *add)
{
	uint64_t align = save->info.min_align, start, end;

	free(boot_section(section, add));
	start = add->start;
	end = add->start + add->length;
	if (add->flags & VTL0_ADD_TRIM) {
		start += (align - start % align) % align;
		end -= end % align;
	}
	/* a start that is rounded up to 2^64 becomes 0 */
	return (struct range) { start, add->start <= start && start < end ? end - start : 0 };
}

/*
 * The section of @conf that @r lies in, or NULL. VTL0_ADD_COVER and removed parts leave
 * several ranges, or a smaller one, of what a section describes.
 */
static const struct conf_section *described_by(const struct save *save, const struct conf *conf,
					       const struct vtl0_range_info *r)
{
	struct vtl0_add add;
	size_t i;

	for (i = 0; i < conf->nr_sections; i++) {
		struct range e = extent(save, &conf->sections[i], &add);

		if (r->start >= e.start && r->start + r->length <= e.start + e.length)
			return &conf->sections[i];
	}
	return NULL;
}

/* A program owns a range that does not persist, and it goes when that closes its file. */
static bool is_to_be_saved(const struct save *save, const struct vtl0_range_info *r)
{
	return r->flags & VTL0_RANGE_PERSIST && !described_by(save, &save->others, r);
}

/* Restore could not make both @r and a section of another file: says so. */
static bool is_in_conflict(const struct save *save, const struct vtl0_range_info *r)
{
	const struct conf *conf = &save->others;
	struct vtl0_add add;
	size_t i;

	for (i = 0; i < conf->nr_sections; i++) {
		const struct conf_section *s = &conf->sections[i];
		struct range e = extent(save, s, &add);
		bool overlaps = r->start < e.start + e.length && e.start < r->start + r->length;

		if (!overlaps && (!r->name[0] || strcmp(r->name, add.name)))
			continue;
		complain("save: %s %s of [%s] in %s:%u: change that file, or remove the range; nothing is saved",
			 range_text(r->start, r->length).s,
			 overlaps ? "overlaps the range" : "has the name",
			 s->name, s->file, s->line);
		return true;
	}
	return false;
}

static int check_conflicts(const struct save *save)
{
	size_t i;

	for (i = 0; i < save->inv.nr_ranges; i++)
		if (is_to_be_saved(save, &save->inv.ranges[i]) &&
		    is_in_conflict(save, &save->inv.ranges[i]))
			return STATUS_FAILED;
	return STATUS_OK;
}

/*
 * A name by address is that of the same range in each saved.conf, also in one that was
 * renamed: then it is taken, if the range has changed since.
 */
static char *section_name(const struct save *save, uint64_t start)
{
	char *name = xasprintf("range-%s", addr_text(start).s);
	unsigned int i = 1;

	while (conf_find(&save->others, name)) {
		free(name);
		name = xasprintf("range-%s-%u", addr_text(start).s, ++i);
	}
	return name;
}

/*
 * Mode and owner are those of the node now: chmod or chown may have changed them. A mode of 0,
 * which no section can have, becomes the default.
 */
static void print_node(FILE *file, const char *name)
{
	char *path = xasprintf("/dev/vtl0_%s", name);
	struct stat st;

	if (name[0])
		fprintf(file, "name = %s\n", name);
	if (name[0] && !dev_stat(path, &st)) {
		if (st.st_mode & 0666)
			fprintf(file, "mode = %04o\n", st.st_mode & 0666);
		fprintf(file, "owner = %u:%u\n", st.st_uid, st.st_gid);
	}
	free(path);
}

/* The driver does not know whether memory was cleared: saved.conf says that it shall be. */
static bool was_to_be_cleared(const struct save *save, const struct vtl0_range_info *r)
{
	const struct conf_section *section = described_by(save, &save->old, r);

	return section && conf_is_yes(section, "clear");
}

static void print_layout(FILE *file, const struct layout *layout)
{
	if (layout->flags & VTL0_ADD_ORDER)
		fprintf(file, "order = %u\n", layout->max_order);
	if (layout->flags & VTL0_ADD_CHUNK)
		fprintf(file, "chunk = %s\n", size_text(layout->chunk_length).s);
	if (layout->flags & VTL0_ADD_COVER)
		fprintf(file, "cover = yes\n");
}

static void print_range(FILE *file, const struct save *save, size_t i)
{
	const struct vtl0_range_info *r = &save->inv.ranges[i];
	char *name = section_name(save, r->start);

	fprintf(file, "\n[%s]\nrange = %s\n", name, range_text(r->start, r->length).s);
	print_layout(file, &save->layouts[i]);
	if (save->layouts[i].flags & VTL0_ADD_NODE)
		fprintf(file, "node = %d\n", r->node);
	if (cookie_text(r->cookie).s[0])
		fprintf(file, "cookie = %s\n", cookie_text(r->cookie).s);
	if (was_to_be_cleared(save, r))
		fprintf(file, "clear = yes\n");
	print_node(file, r->name);
	free(name);
}

static size_t print_ranges(FILE *file, const struct save *save)
{
	size_t i, nr = 0;

	fprintf(file, "# Written by \"vtl0ctl save\", which keeps no change of this file but \"clear = yes\".\n");
	for (i = 0; i < save->inv.nr_ranges; i++) {
		if (!is_to_be_saved(save, &save->inv.ranges[i]))
			continue;
		print_range(file, save, i);
		nr++;
	}
	return nr;
}

/* Returns 0 or an errno. */
static int write_new(const struct save *save, size_t *nr)
{
	FILE *file = fopen(save->new, "we");
	int err = 0;

	if (!file)
		return errno;
	*nr = print_ranges(file, save);
	if (fflush(file) || fsync(fileno(file)))
		err = errno;
	if (fclose(file) && !err)
		err = errno;
	return err;
}

/* What restore would refuse must not take the place of a file that it accepts. */
static int read_back(struct save *save)
{
	struct conf *conf = &save->others;
	size_t i = conf->nr_sections;
	struct vtl0_add add;
	char *wrong = NULL;

	if (conf_read_file(conf, save->new))
		wrong = xasprintf("%s", conf->errors[0].text);
	for (; !wrong && i < conf->nr_sections; i++)
		wrong = boot_section(&conf->sections[i], &add);
	if (wrong)
		complain("save: restore would refuse the new file, the old one stays: %s", wrong);
	free(wrong);
	return wrong ? STATUS_FAILED : STATUS_OK;
}

/* rename() comes after fsync(): a crash leaves either the old file or the whole new one. */
static int replace_file(struct save *save)
{
	size_t nr = 0;
	int err = write_new(save, &nr), status = STATUS_FAILED;

	if (!err)
		status = read_back(save);
	if (!status && rename(save->new, save->path))
		err = errno;
	if (err)
		complain("save: %s: %s", save->new, strerror(err));
	if (err || status) {
		unlink(save->new);
		return STATUS_FAILED;
	}
	printf("%zu range%s saved in %s\n", nr, nr == 1 ? "" : "s", save->path);
	return STATUS_OK;
}

/* An old saved.conf may have a section of another file: "save" then writes one without. */
static int read_files(struct save *save, const char *dir)
{
	int status;

	conf_read_but(&save->others, dir, SAVED);
	status = boot_check(&save->others);
	if (!status && !access(save->path, F_OK)) {
		conf_read_file(&save->old, save->path);
		status = boot_check(&save->old);
	}
	return status;
}

static int complain_driver(const char *what, int err)
{
	char *why = why_other(err);

	complain("save: %s: %s", what, why);
	free(why);
	return STATUS_FAILED;
}

static int list_ranges(struct save *save, int fd)
{
	int err = query_ranges(fd, &save->inv);

	save->info.size = sizeof(save->info);
	if (!err)
		err = query_chunks(fd, &save->inv);
	if (!err)
		err = dev_ioctl(fd, VTL0_INFO, &save->info);
	return err ? complain_driver("cannot list the ranges", err) : STATUS_OK;
}

/* A range whose chunks no options make is saved all the same: it is better than none. */
static int find_layouts(struct save *save, int fd)
{
	size_t i;
	int err;

	save->layouts = xrealloc(NULL, save->inv.nr_ranges + 1, sizeof(*save->layouts));
	for (i = 0; i < save->inv.nr_ranges; i++) {
		const struct vtl0_range_info *r = &save->inv.ranges[i];

		if (!is_to_be_saved(save, r))
			continue;
		err = layout_find(fd, &save->info, &save->inv, r, &save->layouts[i]);
		if (err && err != ESRCH)
			return complain_driver("cannot plan a range", err);
		if (err)
			complain("save: %s: cannot tell which options made its chunks; saved with order = %u",
				 range_text(r->start, r->length).s, save->layouts[i].max_order);
	}
	return STATUS_OK;
}

static int make_directory(const char *dir)
{
	if (!mkdir(dir, 0755) || errno == EEXIST)
		return STATUS_OK;
	complain("save: %s: %m", dir);
	return STATUS_FAILED;
}

int cmd_save(int argc, char **argv, struct common *common)
{
	const char *dir = boot_arguments(argc, argv, common);
	struct save save = { .path = xasprintf("%s/" SAVED, dir) };
	int status;

	save.new = xasprintf("%s.new", save.path);
	status = read_files(&save, dir);
	if (!status) {
		open_device(common);
		status = list_ranges(&save, common->fd) ?: check_conflicts(&save) ?:
			 find_layouts(&save, common->fd) ?: make_directory(dir) ?:
			 replace_file(&save);
		dev_close(common->fd);
	}
	inventory_free(&save.inv);
	free(save.layouts);
	conf_free(&save.others);
	conf_free(&save.old);
	free(save.path);
	free(save.new);
	return status;
}
