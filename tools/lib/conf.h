/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files that say what is to be there after a reboot: /etc/vtl0.d and
 * /etc/bounce.d. One format for both:
 *
 *	# a comment
 *	[NAME]
 *	key = value
 *
 * All files *.conf of a directory are read in the order of their names. What the
 * keys mean is the program's affair; here a section has a name of letters, digits,
 * "-", "_" and ".", which no other section has, and a key no other key of its
 * section.
 */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>

struct conf_setting {
	char *key;
	char *value;		/* without blanks around it; may be empty */
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
 * Reads every *.conf of @dir; a directory that does not exist is empty. Returns
 * 0, or -1 with @conf->wrong set at the first line that is wrong. conf_free()
 * afterwards in both cases.
 */
int conf_read(struct conf *conf, const char *dir);
void conf_free(struct conf *conf);

/* The section of that name, or NULL. */
const struct conf_section *conf_find(const struct conf *conf, const char *name);

/* The value of a key, or NULL. */
const char *conf_get(const struct conf_section *section, const char *key);

#endif
