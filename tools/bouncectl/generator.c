// SPDX-License-Identifier: GPL-2.0
/*
 * systemd runs this program at boot and on "daemon-reload", before it loads units; see
 * systemd.generator(7). For each device in /etc/bounce.d, local-fs.target is made to want
 * bounce@NAME.service, and that service is bound to the bounce disk: it stops when the
 * disk goes, as the disk does together with the device below.
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
 * Binds the service to the bounce disk. The device below would not do: the udev rules set
 * SYSTEMD_READY=0 for it while the bounce disk exists, so its unit is down then.
 */
static int write_unit(const char *dir, const struct conf_section *section)
{
	char path[MAX_PATH], disk[MAX_PATH], link[MAX_PATH], device[MAX_PATH], target[MAX_PATH];
	FILE *unit;

	snprintf(path, sizeof(path), "%s/bounce@%s.service.d", dir, section->name);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -1;
	strncat(path, "/device.conf", sizeof(path) - strlen(path) - 1);
	unit = fopen(path, "we");
	if (!unit)
		return -1;
	snprintf(disk, sizeof(disk), "/dev/bounce-%s", section->name);
	escape(disk, device, sizeof(device));
	fprintf(unit, "# Made by bounce-generator from %s.\n[Unit]\nBindsTo=%s.device\n",
		section->file, device);
	if (fclose(unit))
		return -1;
	snprintf(path, sizeof(path), "%s/local-fs.target.wants", dir);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -1;
	snprintf(link, sizeof(link), "%s/bounce@%s.service", path, section->name);
	snprintf(target, sizeof(target), "/usr/lib/systemd/system/bounce@.service");
	return symlink(target, link) && errno != EEXIST ? -1 : 0;
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
		fprintf(stderr, "bounce-generator: %s\n", conf.errors[i]);
	for (i = 0; i < conf.nr_sections; i++) {
		if (is_of_initramfs(&conf.sections[i]) || !write_unit(argv[1], &conf.sections[i]))
			continue;
		fprintf(stderr, "bounce-generator: %s: %m\n", conf.sections[i].name);
		status = 1;
	}
	conf_free(&conf);
	return status;
}
