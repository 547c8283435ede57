/* SPDX-License-Identifier: GPL-2.0 */
/* What save, restore and check share: arguments, and the sections of the files. */
#ifndef BOOT_H
#define BOOT_H

struct common;
struct conf;
struct conf_section;
struct vtl0_add;

/* Parses the arguments; returns the directory of the files. */
const char *boot_arguments(int argc, char **argv, struct common *common);

/* Fills @add. Returns NULL, or "FILE:LINE: what is wrong", to be freed. */
char *boot_section(const struct conf_section *section, struct vtl0_add *add);

/* Prints what is wrong with the files, for each section its first mistake; returns a STATUS_*. */
int boot_check(const struct conf *conf);

#endif
