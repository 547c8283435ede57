// SPDX-License-Identifier: GPL-2.0
/* bouncectl save, restore and check: the devices that /etc/bounce.d describes, for each boot */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bouncectl.h"

/* cmd_save() overwrites this file, and no other. */
#define SAVED "saved.conf"

static const char * const modes[] = { "none", "write", "all", "guest", "direct" };

static int read_conf(const struct options *opt, struct conf *conf)
{
	if (!conf_read(conf, opt->conf))
		return STATUS_OK;
	return complain("%s", conf->wrong);
}

/* Finds mistakes that show without the module and without the device below. */
static int check_section(const struct conf_section *section)
{
	const char *backing = conf_get(section, "backing");
	const char *mode = conf_get(section, "mode");
	const char *initramfs = conf_get(section, "initramfs");
	size_t i, nr = sizeof(modes) / sizeof(modes[0]);

	if (strlen(section->name) > 24)
		return complain("%s:%u: [%s]: a name has at most 24 letters", section->file,
				section->line, section->name);
	if (!backing || !*backing)
		return complain("%s:%u: [%s] has no backing = DEVICE", section->file,
				section->line, section->name);
	if (initramfs && strcmp(initramfs, "yes") && strcmp(initramfs, "no"))
		return complain("%s:%u: [%s]: initramfs is yes or no, not \"%s\"", section->file,
				section->line, section->name, initramfs);
	if (conf_get(section, "power"))
		return complain("%s:%u: [%s]: power is not set here", section->file,
				section->line, section->name);
	for (i = 0; mode && i < nr && strcmp(mode, modes[i]); i++)
		;
	if (mode && i == nr)
		return complain("%s:%u: [%s]: mode is none, write, all, guest or direct, not \"%s\"",
				section->file, section->line, section->name, mode);
	return STATUS_OK;
}

int cmd_check(const struct options *opt)
{
	struct conf conf;
	int status = read_conf(opt, &conf);
	size_t i;

	for (i = 0; !conf.wrong && i < conf.nr_sections; i++)
		if (check_section(&conf.sections[i]))
			status = STATUS_FAILED;
	if (!status)
		printf("%zu device%s in %s\n", conf.nr_sections,
		       conf.nr_sections == 1 ? "" : "s", opt->conf);
	conf_free(&conf);
	return status;
}

/*
 * Polls. Ordering the service behind systemd's unit of the device below is no
 * alternative: as soon as the bounce disk exists, the udev rules set SYSTEMD_READY=0 for
 * the device below, and systemd takes its unit down.
 */
static int wait_for_backing(const struct options *opt, const struct conf_section *section)
{
	const char *backing = conf_get(section, "backing");
	unsigned int i;

	if (*backing != '/')
		return STATUS_OK;
	for (i = 0; access(backing, F_OK) && i < opt->wait * 10; i++)
		usleep(100000);
	if (opt->wait && access(backing, F_OK))
		return complain("%s: %s did not appear within %u seconds", section->name,
				backing, opt->wait);
	return STATUS_OK;
}

/* *made becomes true if the disk was not there before. */
static int restore_one(const struct options *opt, const struct conf_section *section, bool *made)
{
	bool existed = device_exists(opt, section->name);
	int status = check_section(section);

	if (!status)
		status = wait_for_backing(opt, section);
	if (!status)
		status = device_add(opt, section);
	if (status)
		return status;
	if (!existed)
		*made = true;
	printf("%s is up\n", section->name);
	return STATUS_OK;
}

static bool is_selected(const struct options *opt, const struct conf_section *section)
{
	return !opt->initramfs || conf_is_yes(section, "initramfs");
}

int cmd_restore(const struct options *opt, char **names, size_t nr)
{
	struct conf conf;
	int status = read_conf(opt, &conf);
	bool made = false;
	size_t i;

	for (i = 0; !conf.wrong && !nr && i < conf.nr_sections; i++)
		if (is_selected(opt, &conf.sections[i]) &&
		    restore_one(opt, &conf.sections[i], &made))
			status = STATUS_FAILED;
	for (i = 0; !conf.wrong && i < nr; i++) {
		const struct conf_section *section = conf_find(&conf, names[i]);

		if (!section)
			status = complain("%s: no [%s] in any file of %s", names[i], names[i],
					  opt->conf);
		else if (restore_one(opt, section, &made))
			status = STATUS_FAILED;
	}
	conf_free(&conf);
	if (made)
		wait_for_udev();
	return status;
}

/*
 * Saves the attributes that can be set before power on; power and disk cannot. "initramfs"
 * is no attribute: it stays as @old, the section of saved.conf or NULL, has it.
 */
static void save_device(FILE *file, const struct options *opt, const char *name,
			const struct conf_section *old)
{
	char value[MAX_VALUE], features[MAX_VALUE], *attr, *rest = features;
	const char *initramfs = old ? conf_get(old, "initramfs") : NULL;

	fprintf(file, "\n[%s]\n", name);
	if (initramfs)
		fprintf(file, "initramfs = %s\n", initramfs);
	if (attr_read(opt, ".", "features", features))
		return;
	while ((attr = strsep(&rest, ",")))
		if (*attr && strcmp(attr, "power") && strcmp(attr, "disk") &&
		    !attr_read(opt, name, attr, value) && *value)
			fprintf(file, "%s = %s\n", attr, value);
}

/* Does a file other than saved.conf describe this device? */
static bool is_in_another(const struct options *opt, const struct conf *conf, const char *name)
{
	const struct conf_section *section = conf_find(conf, name);
	char saved[MAX_VALUE];

	snprintf(saved, sizeof(saved), "%s/" SAVED, opt->conf);
	return section && strcmp(section->file, saved);
}

static int save_to(FILE *file, const struct options *opt, const struct conf *conf)
{
	struct device_list list;
	char power[MAX_VALUE];
	size_t i, nr = 0;

	if (device_list(opt, &list))
		return complain("%s: %m", opt->configfs);
	fprintf(file, "# Written by \"bouncectl save\".\n");
	for (i = 0; i < list.nr; i++) {
		if (attr_read(opt, list.names[i], "power", power) || strcmp(power, "1") ||
		    is_in_another(opt, conf, list.names[i]))
			continue;
		save_device(file, opt, list.names[i], conf_find(conf, list.names[i]));
		nr++;
	}
	device_list_free(&list);
	printf("%zu device%s saved in %s/" SAVED "\n", nr, nr == 1 ? "" : "s", opt->conf);
	return STATUS_OK;
}

/* rename() comes after fsync(): a crash leaves either the old file or the whole new one. */
int cmd_save(const struct options *opt)
{
	char path[MAX_VALUE], new[MAX_VALUE + 8];
	struct conf conf;
	int status = read_conf(opt, &conf);
	FILE *file;

	snprintf(path, sizeof(path), "%s/" SAVED, opt->conf);
	snprintf(new, sizeof(new), "%s.new", path);
	if (!status && mkdir(opt->conf, 0755) && errno != EEXIST)
		status = complain("%s: %m", opt->conf);
	file = status ? NULL : fopen(new, "we");
	if (!status && !file)
		status = complain("%s: %m", new);
	if (file) {
		status = save_to(file, opt, &conf);
		if (fflush(file) || fsync(fileno(file)) || fclose(file) || rename(new, path))
			status = complain("%s: %m", new);
	}
	conf_free(&conf);
	return status;
}
