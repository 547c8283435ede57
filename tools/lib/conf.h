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
 *
 * A mistake spoils the section that it is in, and no other one.
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
	const char *wrong;	/* its first mistake, of @errors of struct conf, or NULL */
};

#define CONF_NO_SECTION ((size_t)-1)

struct conf_error {
	char *text;		/* "FILE:LINE: what is wrong" */
	size_t section;		/* index of the one that it spoils, or CONF_NO_SECTION */
};

struct conf {
	struct conf_section *sections;
	size_t nr_sections;
	struct conf_error *errors;
	size_t nr_errors;
};

/*
 * Reads every *.conf of @dir; a directory that does not exist counts as empty.
 * Returns 0, or -1 if there are mistakes: they are in @conf->errors, and what could be
 * read is there as well. The caller calls conf_free() in both cases.
 */
int conf_read(struct conf *conf, const char *dir);
/* Does not read the file named @except. */
int conf_read_but(struct conf *conf, const char *dir, const char *except);
/* Adds the sections of one more file; @conf is zero or was read before. */
int conf_read_file(struct conf *conf, const char *path);
void conf_free(struct conf *conf);

/* Why @name cannot be the name of a section, or NULL if it can. */
const char *conf_wrong_name(const char *name);

/* The section of that name, or NULL. */
const struct conf_section *conf_find(const struct conf *conf, const char *name);

/* The value of a key, or NULL. */
const char *conf_get(const struct conf_section *section, const char *key);

/* Is the key there, and its value "yes"? */
bool conf_is_yes(const struct conf_section *section, const char *key);

#endif
