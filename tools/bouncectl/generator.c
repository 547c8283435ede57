// SPDX-License-Identifier: GPL-2.0
/*
 * systemd runs this program at boot and on "daemon-reload", before it loads units; see
 * systemd.generator(7). For each device in /etc/bounce.d, the target of local or of remote
 * file systems is made to want bounce@NAME.service, and that service is bound to the bounce
 * disk, unless another bounce disk is on it: it stops when the disk goes, as the disk does
 * together with the device below.
 *
 * A section with a mistake has a service, too, which fails and says so.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"

#define MAX_PATH 4096

/* A path as the name of a unit, as systemd-escape --path makes it. */
static void escape(const char *path, char *out, size_t size)
{
	size_t n = 0;

	path += strspn(path, "/");
	/* 5: one escaped character takes four bytes, and the end one */
	for (; *path && n + 5 < size; path++) {
		if (*path == '/')
			out[n++] = '-';
		else if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.",
				*path))
			out[n++] = *path;
		else
			n += sprintf(out + n, "\\x%02x", (unsigned char)*path);
	}
	out[n] = '\0';
}

/*
 * The initramfs made this disk for the root: a service would fail to remove the disk at
 * shutdown, when the root is still mounted. If the initramfs did not make it, the service
 * fails to, and so shows that the root is not on its bounce disk.
 */
static bool is_of_initramfs(const struct conf_section *section)
{
	char disk[MAX_PATH];

	snprintf(disk, sizeof(disk), "/sys/block/bounce-%s", section->name);
	return conf_is_yes(section, "initramfs") && !access(disk, F_OK);
}

/* The NAME of the bounce disk that is the device below, or NULL. */
static const char *lower_bounce(const struct conf_section *section)
{
	static const char * const dirs[] = { "/dev/bounce-", "/dev/disk/by-id/bounce-" };
	const char *backing = conf_get(section, "backing");
	size_t i;

	for (i = 0; backing && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (!strncmp(backing, dirs[i], strlen(dirs[i])) &&
		    !conf_wrong_name(backing + strlen(dirs[i])))
			return backing + strlen(dirs[i]);
	return NULL;
}

/* The section of the device below, if that is a bounce disk, or NULL. */
static const struct conf_section *lower_section(const struct conf *conf,
						const struct conf_section *section)
{
	const char *name = lower_bounce(section);

	return name ? conf_find(conf, name) : NULL;
}

/* Is the key yes in the section, or in that of a disk below? Sections may name each other. */
static bool is_yes_below(const struct conf *conf, const struct conf_section *section,
			 const char *key)
{
	size_t i;

	for (i = 0; section && i < conf->nr_sections; i++) {
		if (conf_is_yes(section, key))
			return true;
		section = lower_section(conf, section);
	}
	return false;
}

/* Does another section have the disk of this one as its device below? */
static bool is_below(const struct conf *conf, const struct conf_section *section)
{
	size_t i;

	for (i = 0; i < conf->nr_sections; i++)
		if (lower_section(conf, &conf->sections[i]) == section)
			return true;
	return false;
}

/*
 * Binds the service to the bounce disk. The device below would not do: the udev rules set
 * SYSTEMD_READY=0 for it while the bounce disk exists, so its unit is down then. So is the
 * unit of a bounce disk below another one.
 *
 * File systems are ordered after the service: by the target before all of them, unless
 * "nofail" allows them to be mounted before, and by systemd.special(7)'s blockdev@.target if
 * fstab has the name of the bounce disk. systemd orders file systems after a target *-pre
 * only if a unit wants that.
 */
static void print_unit(FILE *unit, const struct conf *conf, const struct conf_section *section)
{
	bool netdev = is_yes_below(conf, section, "netdev");
	const struct conf_section *lower = lower_section(conf, section);
	const char *where = netdev ? "remote" : "local";
	char disk[MAX_PATH], device[MAX_PATH];

	snprintf(disk, sizeof(disk), "/dev/bounce-%s", section->name);
	escape(disk, device, sizeof(device));
	fprintf(unit, "# Made by bounce-generator from %s.\n[Unit]\n"
		"Wants=blockdev@%s.target\nBefore=blockdev@%s.target\n",
		section->file, device, device);
	if (!is_below(conf, section))
		fprintf(unit, "BindsTo=%s.device\n", device);
	if (!is_yes_below(conf, section, "nofail"))
		fprintf(unit, "Wants=%s-fs-pre.target\nBefore=%s-fs-pre.target\n", where, where);
	if (netdev)
		fprintf(unit, "Wants=network-online.target\nAfter=network-online.target\n");
	if (lower && !is_of_initramfs(lower))
		fprintf(unit, "Requires=bounce@%s.service\nAfter=bounce@%s.service\n",
			lower->name, lower->name);
}

/* Makes the target want the service. */
static int write_link(const char *dir, const struct conf *conf,
		      const struct conf_section *section)
{
	static const char target[] = "/usr/lib/systemd/system/bounce@.service";
	char path[MAX_PATH], link[MAX_PATH * 2];

	snprintf(path, sizeof(path), "%s/%s-fs.target.wants", dir,
		 is_yes_below(conf, section, "netdev") ? "remote" : "local");
	if (mkdir(path, 0755) && errno != EEXIST)
		return -1;
	snprintf(link, sizeof(link), "%s/bounce@%s.service", path, section->name);
	return symlink(target, link) && errno != EEXIST ? -1 : 0;
}

static int write_unit(const char *dir, const struct conf *conf,
		      const struct conf_section *section)
{
	char path[MAX_PATH];
	FILE *unit;

	snprintf(path, sizeof(path), "%s/bounce@%s.service.d", dir, section->name);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -1;
	strncat(path, "/device.conf", sizeof(path) - strlen(path) - 1);
	unit = fopen(path, "we");
	if (!unit)
		return -1;
	print_unit(unit, conf, section);
	return fclose(unit) ? -1 : write_link(dir, conf, section);
}

int main(int argc, char **argv)
{
	struct conf conf;
	int status = 0;
	size_t i;

	if (argc < 2) {
		fprintf(stderr, "usage: bounce-generator DIR [CONF]\n");
		return 2;
	}
	if (conf_read(&conf, argc == 3 ? argv[2] : "/etc/bounce.d"))
		status = 1;
	for (i = 0; i < conf.nr_errors; i++)
		fprintf(stderr, "bounce-generator: %s\n", conf.errors[i].text);
	for (i = 0; i < conf.nr_sections; i++) {
		const struct conf_section *section = &conf.sections[i];

		if (is_of_initramfs(section) || !write_unit(argv[1], &conf, section))
			continue;
		fprintf(stderr, "bounce-generator: %s: %m\n", section->name);
		status = 1;
	}
	conf_free(&conf);
	return status;
}
