// SPDX-License-Identifier: GPL-2.0
/* Makes, changes and removes bounce devices through configfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bouncectl.h"

/* DIR/NAME or DIR/NAME/ATTR, with DIR the module's directory in configfs. */
struct path {
	char s[MAX_VALUE];
};

static struct path path_of(const struct options *opt, const char *name, const char *attr)
{
	struct path path;

	snprintf(path.s, sizeof(path.s), "%s/%s%s%s", opt->configfs, name,
		 attr ? "/" : "", attr ? attr : "");
	return path;
}

bool device_exists(const struct options *opt, const char *name)
{
	return !access(path_of(opt, name, NULL).s, F_OK);
}

int attr_read(const struct options *opt, const char *name, const char *attr,
	      char value[MAX_VALUE])
{
	int fd = open(path_of(opt, name, attr).s, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, value, MAX_VALUE - 1);
	close(fd);
	if (len < 0)
		return -errno;
	value[len] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

static int attr_write(const struct options *opt, const char *name, const char *attr,
		      const char *value)
{
	int fd = open(path_of(opt, name, attr).s, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(value);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, len) != (ssize_t)len)
		ret = -errno;
	close(fd);
	return ret;
}

static int is_device(const struct dirent *entry)
{
	return *entry->d_name != '.' && entry->d_type == DT_DIR;
}

int device_list(const struct options *opt, struct device_list *list)
{
	struct dirent **entries;
	int nr = scandir(opt->configfs, &entries, is_device, alphasort);
	int i;

	*list = (struct device_list) { };
	if (nr < 0)
		return -errno;
	list->names = calloc(nr + 1, sizeof(*list->names));
	for (i = 0; i < nr; i++) {
		if (list->names)
			list->names[list->nr++] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return list->names ? 0 : -ENOMEM;
}

void device_list_free(struct device_list *list)
{
	while (list->nr)
		free(list->names[--list->nr]);
	free(list->names);
}

int need_module(const struct options *opt)
{
	if (!access(opt->configfs, F_OK))
		return STATUS_OK;
	complain("%s: %m; load the module (modprobe bounce_blk) and mount configfs",
		 opt->configfs);
	return STATUS_USAGE;
}

/* The errnos of power on whose own text would mislead. */
static const char *why_power(int err)
{
	switch (err) {
	case -ENOENT:
		return "the device below does not exist";
	case -EBUSY:
		return "the device below is in use (mounted, or claimed by another driver)";
	case -ENODEV:
		return "no device below was named (backing)";
	case -ENOTBLK:
		return "the device below is no block device";
	}
	return strerror(-err);
}

static int set_all(const struct options *opt, const struct conf_section *section)
{
	size_t i;
	int err;

	for (i = 0; i < section->nr_settings; i++) {
		const struct conf_setting *set = &section->settings[i];

		if (key_is_of_file(set->key))
			continue;
		err = attr_write(opt, section->name, set->key, set->value);
		if (err)
			return complain("%s: %s = %s: %s", section->name, set->key, set->value,
					err == -ENOENT ? "there is no such attribute" :
					strerror(-err));
	}
	err = attr_write(opt, section->name, "power", "1");
	if (err)
		return complain("%s: %s: %s", section->name, conf_get(section, "backing") ?: "?",
				why_power(err));
	return STATUS_OK;
}

int device_compare(const struct options *opt, const struct conf_section *section)
{
	char value[MAX_VALUE];
	size_t i;

	if (attr_read(opt, section->name, "power", value) || strcmp(value, "1"))
		return complain("%s exists and is not up: bouncectl remove %s", section->name,
				section->name);
	for (i = 0; i < section->nr_settings; i++) {
		const struct conf_setting *set = &section->settings[i];

		if (key_is_of_file(set->key))
			continue;
		if (attr_read(opt, section->name, set->key, value))
			return complain("%s: %s: there is no such attribute", section->name,
					set->key);
		if (strcmp(value, set->value))
			return complain("%s is up with %s = %s, not %s", section->name, set->key,
					value, set->value);
	}
	return STATUS_OK;
}

int device_add(const struct options *opt, const struct conf_section *section)
{
	struct path path = path_of(opt, section->name, NULL);
	int status;

	if (mkdir(path.s, 0755)) {
		if (errno != EEXIST)
			return complain("%s: %m", section->name);
		/* add and restore may be repeated */
		return device_compare(opt, section);
	}
	status = set_all(opt, section);
	if (status)
		rmdir(path.s);
	return status;
}

int device_remove(const struct options *opt, const char *name)
{
	int err = attr_write(opt, name, "power", "0");

	if (err)
		return err;
	return rmdir(path_of(opt, name, NULL).s) ? -errno : 0;
}
