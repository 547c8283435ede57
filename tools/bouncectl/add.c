// SPDX-License-Identifier: GPL-2.0
/* bouncectl add: makes a device of the words of the command line */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bouncectl.h"

static int check_words(char **words, size_t nr)
{
	size_t i;

	if (nr < 2)
		return usage("add: NAME and DEVICE are needed");
	/* save could not write any other name, and restore not read it */
	if (check_name(words[0]))
		return STATUS_USAGE;
	for (i = 2; i < nr; i++)
		if (!strchr(words[i], '='))
			return usage("add: behind DEVICE come KEY=VALUE");
	return STATUS_OK;
}

/* Splits the words KEY=VALUE in place. */
static int fill(struct conf_section *section, char **words, size_t nr)
{
	size_t i;

	section->name = words[0];
	section->settings[0] = (struct conf_setting) { .key = "backing", .value = words[1] };
	for (i = 2; i < nr; i++) {
		char *equals = strchr(words[i], '=');

		*equals = '\0';
		if (key_is_of_file(words[i])) {
			complain("add: %s is a key of the files only", words[i]);
			return STATUS_USAGE;
		}
		section->settings[i - 1] = (struct conf_setting) {
			.key = words[i], .value = equals + 1,
		};
	}
	return STATUS_OK;
}

/* Makes of NAME DEVICE KEY=VALUE... the section that a file would have for the device. */
int cmd_add(const struct options *opt, char **words, size_t nr)
{
	struct conf_section section = { .nr_settings = nr - 1 };
	int status = check_words(words, nr);

	if (status)
		return status;
	section.settings = calloc(nr, sizeof(*section.settings));
	if (!section.settings)
		return complain("%m");
	status = fill(&section, words, nr);
	if (!status)
		status = device_add(opt, &section);
	if (!status) {
		wait_for_udev();
		printf("%s is up: /dev/bounce-%s\n", section.name, section.name);
	}
	free(section.settings);
	return status;
}
