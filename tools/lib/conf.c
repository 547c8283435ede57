// SPDX-License-Identifier: GPL-2.0
/* Reads the configuration files that conf.h describes. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
#define MAX_NAME 64

/* The line that is being read; 0 if an error is one of the whole file or directory. */
struct place {
	struct conf *conf;
	const char *file;
	unsigned int line;
	bool in_section;	/* the last section of @conf began in this file */
	bool skip;		/* what follows belongs to a section that cannot be one */
};

/* Makes room for one more element, all zero. Pointers into the array become invalid. */
static void *grow(void *array, size_t nr, size_t size)
{
	void *p = realloc(array, (nr + 1) * size);

	if (!p)
		abort();
	memset((char *)p + nr * size, 0, size);
	return p;
}

static char *copy(const char *text)
{
	char *p = strdup(text);

	if (!p)
		abort();
	return p;
}

/* Adds an error to those of @at->conf, and spoils the section that it is in. */
static void __attribute__((format(printf, 2, 3))) fail(struct place *at, const char *fmt, ...)
{
	struct conf *conf = at->conf;
	char *what, *error;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		abort();
	va_end(args);
	if (at->line ? asprintf(&error, "%s:%u: %s", at->file, at->line, what) < 0 :
		       asprintf(&error, "%s: %s", at->file, what) < 0)
		abort();
	free(what);
	conf->errors = grow(conf->errors, conf->nr_errors, sizeof(*conf->errors));
	conf->errors[conf->nr_errors++] = (struct conf_error) {
		.text = error, .section = at->in_section ? conf->nr_sections - 1 : CONF_NO_SECTION,
	};
	if (at->in_section && !conf->sections[conf->nr_sections - 1].wrong)
		conf->sections[conf->nr_sections - 1].wrong = error;
}

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r\n");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	return text;
}

const char *conf_wrong_name(const char *name)
{
	if (!*name)
		return "the name is empty";
	if (strlen(name) > MAX_NAME)
		return "the name is too long";
	if (name[strspn(name, NAME_CHARS)] || *name == '.')
		return "a name has letters, digits, \"-\", \"_\" and \".\"";
	return NULL;
}

/* The name in the line "[NAME]", or NULL if this is no beginning of a section. */
static char *section_name(struct place *at, char *text)
{
	const struct conf_section *before;
	size_t len = strlen(text);
	const char *wrong;

	if (text[len - 1] != ']') {
		fail(at, "\"]\" is missing at the end");
		return NULL;
	}
	text[len - 1] = '\0';
	text = trim(text + 1);
	wrong = conf_wrong_name(text);
	before = conf_find(at->conf, text);
	if (wrong)
		fail(at, "[%s]: %s", text, wrong);
	else if (before)
		fail(at, "[%s] was there before, in %s:%u", text, before->file, before->line);
	return wrong || before ? NULL : text;
}

static void add_section(struct place *at, char *text)
{
	struct conf *conf = at->conf;
	struct conf_section *section;

	at->in_section = false;
	text = section_name(at, text);
	at->skip = !text;
	if (!text)
		return;
	conf->sections = grow(conf->sections, conf->nr_sections, sizeof(*section));
	section = &conf->sections[conf->nr_sections++];
	section->name = copy(text);
	section->file = copy(at->file);
	section->line = at->line;
	at->in_section = true;
}

static void add_setting(struct place *at, char *text)
{
	char *equals = strchr(text, '='), *key, *value;
	struct conf_section *section;
	struct conf_setting *setting;

	if (!equals) {
		fail(at, "\"%s\" is neither [NAME] nor KEY = VALUE", text);
		return;
	}
	*equals = '\0';
	key = trim(text);
	value = trim(equals + 1);
	section = at->in_section ? &at->conf->sections[at->conf->nr_sections - 1] : NULL;
	if (!*key || key[strspn(key, NAME_CHARS)]) {
		fail(at, "\"%s\" is no key", key);
	} else if (!section) {
		fail(at, "\"%s\" stands before the first [NAME]", key);
	} else if (conf_get(section, key)) {
		fail(at, "\"%s\" is set twice in [%s]", key, section->name);
	} else {
		section->settings = grow(section->settings, section->nr_settings, sizeof(*setting));
		setting = &section->settings[section->nr_settings++];
		setting->key = copy(key);
		setting->value = copy(value);
		setting->line = at->line;
	}
}

static void read_lines(struct place *at, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, file)) >= 0) {
		bool broken = memchr(line, '\0', len);
		char *text = trim(line);

		at->line++;
		if (broken) {
			/* the settings behind a header that is cut off are of no section */
			if (*text == '[') {
				at->in_section = false;
				at->skip = true;
			}
			fail(at, "the line has a zero byte");
		} else if (*text == '[') {
			add_section(at, text);
		} else if (*text && *text != '#' && !at->skip) {
			add_setting(at, text);
		}
	}
	if (ferror(file)) {
		at->line = 0;
		fail(at, "%m");
	}
	free(line);
}

static void read_file(struct conf *conf, const char *path)
{
	struct place at = { .conf = conf, .file = path };
	FILE *file = fopen(path, "re");

	if (!file) {
		fail(&at, "%m");
		return;
	}
	read_lines(&at, file);
	fclose(file);
}

int conf_read_file(struct conf *conf, const char *path)
{
	read_file(conf, path);
	return conf->nr_errors ? -1 : 0;
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

int conf_read(struct conf *conf, const char *dir)
{
	return conf_read_but(conf, dir, "");
}

int conf_read_but(struct conf *conf, const char *dir, const char *except)
{
	struct place at = { .conf = conf, .file = dir };
	struct dirent **entries;
	char *path;
	int nr, i;

	*conf = (struct conf) { };
	nr = scandir(dir, &entries, is_conf, alphasort);
	if (nr < 0) {
		if (errno == ENOENT)
			return 0;
		fail(&at, "%m");
		return -1;
	}
	for (i = 0; i < nr; i++) {
		if (asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0)
			abort();
		if (strcmp(entries[i]->d_name, except))
			read_file(conf, path);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return conf->nr_errors ? -1 : 0;
}

void conf_free(struct conf *conf)
{
	size_t i, j;

	for (i = 0; i < conf->nr_sections; i++) {
		struct conf_section *section = &conf->sections[i];

		for (j = 0; j < section->nr_settings; j++) {
			free(section->settings[j].key);
			free(section->settings[j].value);
		}
		free(section->settings);
		free(section->name);
		free(section->file);
	}
	free(conf->sections);
	for (i = 0; i < conf->nr_errors; i++)
		free(conf->errors[i].text);
	free(conf->errors);
	*conf = (struct conf) { };
}

const struct conf_section *conf_find(const struct conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nr_sections; i++)
		if (!strcmp(conf->sections[i].name, name))
			return &conf->sections[i];
	return NULL;
}

const char *conf_get(const struct conf_section *section, const char *key)
{
	size_t i;

	for (i = 0; i < section->nr_settings; i++)
		if (!strcmp(section->settings[i].key, key))
			return section->settings[i].value;
	return NULL;
}

bool conf_is_yes(const struct conf_section *section, const char *key)
{
	const char *value = conf_get(section, key);

	return value && !strcmp(value, "yes");
}
