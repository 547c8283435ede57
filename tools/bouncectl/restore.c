// SPDX-License-Identifier: GPL-2.0
/* bouncectl restore: makes the devices that /etc/bounce.d describes, at each boot */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bouncectl.h"

#define POLL_MS 100

/* The sections whose devices are still to be made; those that are done become NULL. */
struct todo {
	const struct conf_section **sections;
	size_t nr;
	size_t left;
	int status;
};

static void select_section(struct todo *todo, const struct conf_section *section)
{
	if (check_section(section)) {
		todo->status = STATUS_FAILED;
		return;
	}
	todo->sections[todo->nr++] = section;
	todo->left++;
}

/* A mistake in a section that @names does not name is no reason to fail. */
static void select_named(struct todo *todo, const struct options *opt, const struct conf *conf,
			 char **names, size_t nr)
{
	bool missing = false;
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct conf_section *section = conf_find(conf, names[i]);

		if (section) {
			select_section(todo, section);
			continue;
		}
		todo->status = complain("%s: no [%s] in any file of %s", names[i], names[i],
					opt->conf);
		missing = true;
	}
	/* perhaps the mistake is in the line of that name */
	if (missing)
		complain_of_files(opt, conf);
}

static void select_all(struct todo *todo, const struct options *opt, const struct conf *conf)
{
	size_t i;

	todo->status = complain_of_files(opt, conf);
	for (i = 0; i < conf->nr_sections; i++)
		if (!conf->sections[i].wrong && is_selected(opt, &conf->sections[i]))
			select_section(todo, &conf->sections[i]);
}

static bool lower_is_there(const struct conf_section *section)
{
	const char *backing = conf_get(section, "backing");

	/* the other form is MAJOR:MINOR */
	return *backing != '/' || !access(backing, F_OK);
}

static unsigned int wait_of(const struct options *opt, const struct conf_section *section)
{
	const char *wait = opt->wait ? conf_get(section, "wait") : NULL;

	return wait ? strtoul(wait, NULL, 10) : opt->wait;
}

static int restore_one(const struct options *opt, const struct conf_section *section, bool *made)
{
	bool existed = device_exists(opt, section->name);
	unsigned int wait = wait_of(opt, section);
	int status;

	if (!lower_is_there(section) && wait)
		return complain("%s: %s did not appear within %u seconds", section->name,
				conf_get(section, "backing"), wait);
	status = device_add(opt, section);
	if (status)
		return status;
	if (!existed)
		*made = true;
	printf("%s is up\n", section->name);
	return STATUS_OK;
}

/*
 * Makes the devices whose device below is there; with @late also tries those that have
 * waited long enough for it. Returns whether it has made one.
 */
static bool pass(const struct options *opt, struct todo *todo, bool late, unsigned int waited_ms)
{
	bool made = false;
	size_t i;

	for (i = 0; i < todo->nr; i++) {
		const struct conf_section *section = todo->sections[i];

		if (!section || !(lower_is_there(section) ||
				  (late && waited_ms >= wait_of(opt, section) * 1000)))
			continue;
		if (restore_one(opt, section, &made))
			todo->status = STATUS_FAILED;
		todo->sections[i] = NULL;
		todo->left--;
	}
	return made;
}

/*
 * In passes: the device below may be another bounce disk, or a link to one, in whatever
 * order the files have them. Polls for a device below that comes late. Ordering the
 * service behind systemd's unit of the device below is no alternative: as soon as the bounce
 * disk exists, the udev rules set SYSTEMD_READY=0 for the device below, and systemd takes
 * its unit down.
 */
static void make_all(const struct options *opt, struct todo *todo)
{
	unsigned int waited_ms = 0;

	while (todo->left) {
		if (pass(opt, todo, false, 0)) {
			wait_for_udev();
			continue;
		}
		if (pass(opt, todo, true, waited_ms))
			wait_for_udev();
		if (!todo->left)
			break;
		usleep(POLL_MS * 1000);
		waited_ms += POLL_MS;
	}
}

int cmd_restore(const struct options *opt, char **names, size_t nr)
{
	struct todo todo = { };
	struct conf conf;

	conf_read(&conf, opt->conf);
	/* one more, as nothing may be asked for */
	todo.sections = calloc(conf.nr_sections + nr + 1, sizeof(*todo.sections));
	if (!todo.sections) {
		conf_free(&conf);
		return complain("%m");
	}
	if (nr)
		select_named(&todo, opt, &conf, names, nr);
	else
		select_all(&todo, opt, &conf);
	make_all(opt, &todo);
	free(todo.sections);
	conf_free(&conf);
	return todo.status;
}
