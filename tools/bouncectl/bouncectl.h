/* SPDX-License-Identifier: GPL-2.0 */
/* Types and functions that the files of bouncectl share. */
#ifndef BOUNCECTL_H
#define BOUNCECTL_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	/* the kernel refused, or a file is wrong */
	STATUS_USAGE = 2,	/* bad arguments, or no module */
};

#define MAX_VALUE 4096
#define MAX_WAIT 3600	/* seconds */

struct options {
	const char *configfs;	/* directory of the module in configfs */
	const char *conf;	/* directory of the files for boot */
	unsigned int wait;	/* seconds for the device below to come */
	bool json;
	bool all;
	bool if_exists;		/* remove: a device that is not there is no failure */
	bool initramfs;		/* restore, check: only what the initramfs makes */
};

/* message.c: prints "bouncectl: " and a line to stderr; returns STATUS_FAILED. */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* message.c: says what is wrong with the arguments; returns STATUS_USAGE. */
int usage(const char *what);

/* udev.c: returns when udev has done all that it knows of, at once if it does not run. */
void wait_for_udev(void);

/*
 * device.c: devices in configfs. Functions return 0 or -errno unless a comment says
 * otherwise.
 */
struct device_list {
	char **names;
	size_t nr;
};

int device_list(const struct options *opt, struct device_list *list);
void device_list_free(struct device_list *list);
int attr_read(const struct options *opt, const char *name, const char *attr,
	      char value[MAX_VALUE]);
bool device_exists(const struct options *opt, const char *name);
int device_remove(const struct options *opt, const char *name);
/* These print an error message, and return STATUS_OK, _FAILED or _USAGE. */
int need_module(const struct options *opt);
int device_add(const struct options *opt, const struct conf_section *section);
/* Is it up with these settings? */
int device_compare(const struct options *opt, const struct conf_section *section);

/* check.c: the functions that return int print an error message, and return STATUS_*. */
int check_name(const char *name);
int check_section(const struct conf_section *section);
/* Prints the mistakes that conf_read() found, without those of sections not selected. */
int complain_of_files(const struct options *opt, const struct conf *conf);
/* With --initramfs only what the initramfs makes is. */
bool is_selected(const struct options *opt, const struct conf_section *section);
/* Is this key of a section no attribute of a device? */
bool key_is_of_file(const char *name);

/* One function for each command; they return STATUS_*. */
int cmd_add(const struct options *opt, char **words, size_t nr);
int cmd_check(const struct options *opt);
int cmd_list(const struct options *opt);
int cmd_remove(const struct options *opt, char **names, size_t nr);
int cmd_restore(const struct options *opt, char **names, size_t nr);
int cmd_save(const struct options *opt);
int cmd_status(const struct options *opt, char **names, size_t nr);

#endif
