/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration files in /etc/vtl0.d and /etc/bounce.d, which describe the
 * ranges and disks to make after a reboot. Both have the same format:
 *
 *	# a comment
 *	[NAME]
 *	key = value
 *
 * All files *.conf of a directory are read in the order of their names. A section
 * name has letters, digits, "-", "_" and ".", and is unique in the directory; a
 * key is unique in its section. Which keys there are, vtl0ctl and bouncectl check.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>

struct conf_setting {
	char *key;
	char *value;		/* without white space at its ends; may be empty */
	unsigned int line;
};

struct conf_section {
	char *name;
	char *file;
	unsigned int line;
	struct conf_setting *settings;
	size_t nr_settings;
};

struct conf {
	struct conf_section *sections;
	size_t nr_sections;
	char *wrong;		/* "FILE:LINE: what is wrong", or NULL */
};

/*
 * Reads every *.conf of @dir; a directory that does not exist counts as empty.
 * Returns 0, or -1 with the first error in @conf->wrong. The caller calls
 * conf_free() in both cases.
 */
int conf_read(struct conf *conf, const char *dir);
void conf_free(struct conf *conf);

/* The section of that name, or NULL. */
const struct conf_section *conf_find(const struct conf *conf, const char *name);

/* The value of a key, or NULL. */
const char *conf_get(const struct conf_section *section, const char *key);

/* Is the key there, and its value "yes"? */
bool conf_is_yes(const struct conf_section *section, const char *key);

#endif
