// SPDX-License-Identifier: GPL-2.0
/* bouncectl save: writes the devices that are up to a file of /etc/bounce.d */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bouncectl.h"

/* cmd_save() overwrites this file, and no other. */
#define SAVED "saved.conf"

/* What save_all() writes, and what it knows. */
struct saving {
	const struct options *opt;
	const struct conf *conf;	/* the files as they are now */
	const char *path;		/* of saved.conf */
	FILE *file;			/* the new one */
	size_t nr;			/* devices in it */
	size_t nr_unnamed;		/* devices whose name no section can have */
};

/* The keys of the files that are no attributes stay as saved.conf has them. */
static void keep_keys_of_file(FILE *file, const struct conf_section *old)
{
	size_t i;

	for (i = 0; old && i < old->nr_settings; i++)
		if (key_is_of_file(old->settings[i].key))
			fprintf(file, "%s = %s\n", old->settings[i].key, old->settings[i].value);
}

/* Saves the attributes that can be set before power on; these three cannot. */
static int save_device(const struct saving *s, const char *name)
{
	char value[MAX_VALUE], features[MAX_VALUE], *attr, *rest = features;
	int err = attr_read(s->opt, ".", "features", features);

	if (err)
		return complain("%s/features: %s", s->opt->configfs, strerror(-err));
	fprintf(s->file, "\n[%s]\n", name);
	keep_keys_of_file(s->file, conf_find(s->conf, name));
	while ((attr = strsep(&rest, ","))) {
		if (!strcmp(attr, "power") || !strcmp(attr, "disk") || !strcmp(attr, "refresh"))
			continue;
		err = attr_read(s->opt, name, attr, value);
		if (err)
			return complain("%s: %s: %s", name, attr, strerror(-err));
		if (*value)
			fprintf(s->file, "%s = %s\n", attr, value);
	}
	return STATUS_OK;
}

static bool is_up(const struct options *opt, const char *name)
{
	char power[MAX_VALUE];

	return !attr_read(opt, name, "power", power) && !strcmp(power, "1");
}

/* Does a file other than saved.conf describe this device? */
static bool is_in_another(const struct saving *s, const char *name)
{
	const struct conf_section *section = conf_find(s->conf, name);

	return section && strcmp(section->file, s->path);
}

static int save_all(struct saving *s)
{
	int err, status = STATUS_OK;
	struct device_list list;
	size_t i;

	err = device_list(s->opt, &list);
	if (err)
		return complain("%s: %s", s->opt->configfs, strerror(-err));
	fprintf(s->file, "# Written by \"bouncectl save\".\n");
	for (i = 0; !status && i < list.nr; i++) {
		const char *name = list.names[i];

		if (!is_up(s->opt, name) || is_in_another(s, name))
			continue;
		/* mkdir allows names that no section can have */
		if (check_name(name)) {
			s->nr_unnamed++;
			continue;
		}
		status = save_device(s, name);
		s->nr++;
	}
	device_list_free(&list);
	return status;
}

/* Reads the new file as a boot would, and compares each section with its device. */
static int check_saved(const struct options *opt, const char *path, size_t nr)
{
	struct conf conf = { };
	int status;
	size_t i;

	conf_read_file(&conf, path);
	status = complain_of_files(opt, &conf);
	for (i = 0; !status && i < conf.nr_sections; i++) {
		status = check_section(&conf.sections[i]);
		if (!status)
			status = device_compare(opt, &conf.sections[i]);
	}
	if (!status && conf.nr_sections != nr)
		status = complain("%s: has %zu devices, not %zu", path, conf.nr_sections, nr);
	conf_free(&conf);
	return status;
}

/*
 * rename() comes after fsync(): a crash leaves either the old file or the whole new one. So
 * does an error.
 */
static int write_saved(struct saving *s, const char *new)
{
	int status;

	s->file = fopen(new, "we");
	if (!s->file)
		return complain("%s: %m", new);
	status = save_all(s);
	if (!status && (fflush(s->file) || fsync(fileno(s->file))))
		status = complain("%s: %m", new);
	if (fclose(s->file) && !status)
		status = complain("%s: %m", new);
	if (!status)
		status = check_saved(s->opt, new, s->nr);
	if (!status && rename(new, s->path))
		status = complain("%s: %m", s->path);
	if (status)
		unlink(new);
	return status;
}

int cmd_save(const struct options *opt)
{
	char path[MAX_VALUE], new[MAX_VALUE + 8];
	struct conf conf;
	struct saving s = { .opt = opt, .conf = &conf, .path = path };
	int status;

	conf_read(&conf, opt->conf);
	snprintf(path, sizeof(path), "%s/" SAVED, opt->conf);
	snprintf(new, sizeof(new), "%s.new", path);
	status = complain_of_files(opt, &conf);
	if (!status && mkdir(opt->conf, 0755) && errno != EEXIST)
		status = complain("%s: %m", opt->conf);
	if (!status)
		status = write_saved(&s, new);
	if (!status)
		printf("%zu device%s saved in %s\n", s.nr, s.nr == 1 ? "" : "s", path);
	conf_free(&conf);
	return s.nr_unnamed ? STATUS_FAILED : status;
}
