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
};

static int __attribute__((format(printf, 2, 3))) fail(struct place *at, const char *fmt, ...)
{
	char *what = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		what = NULL;
	va_end(args);
	if (at->line ? asprintf(&at->conf->wrong, "%s:%u: %s", at->file, at->line, what) < 0 :
		       asprintf(&at->conf->wrong, "%s: %s", at->file, what) < 0)
		at->conf->wrong = NULL;
	free(what);
	return -1;
}

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

static const char *wrong_name(const char *name)
{
	if (!*name)
		return "the name is empty";
	if (strlen(name) > MAX_NAME)
		return "the name is too long";
	if (name[strspn(name, NAME_CHARS)] || *name == '.')
		return "a name has letters, digits, \"-\", \"_\" and \".\"";
	return NULL;
}

static int add_section(struct place *at, char *text)
{
	struct conf *conf = at->conf;
	size_t len = strlen(text);
	struct conf_section *section;
	const char *wrong;

	if (text[len - 1] != ']')
		return fail(at, "\"]\" is missing at the end");
	text[len - 1] = '\0';
	text = trim(text + 1);
	wrong = wrong_name(text);
	if (wrong)
		return fail(at, "[%s]: %s", text, wrong);
	if (conf_find(conf, text))
		return fail(at, "[%s] was there before, in %s:%u", text,
			    conf_find(conf, text)->file, conf_find(conf, text)->line);
	conf->sections = grow(conf->sections, conf->nr_sections, sizeof(*section));
	section = &conf->sections[conf->nr_sections++];
	section->name = copy(text);
	section->file = copy(at->file);
	section->line = at->line;
	return 0;
}

static int add_setting(struct place *at, char *text)
{
	char *equals = strchr(text, '='), *key, *value;
	struct conf_section *section;
	struct conf_setting *setting;

	if (!equals)
		return fail(at, "\"%s\" is neither [NAME] nor KEY = VALUE", text);
	*equals = '\0';
	key = trim(text);
	value = trim(equals + 1);
	if (!*key || key[strspn(key, NAME_CHARS)])
		return fail(at, "\"%s\" is no key", key);
	section = at->conf->nr_sections ? &at->conf->sections[at->conf->nr_sections - 1] : NULL;
	if (!section || strcmp(section->file, at->file))
		return fail(at, "\"%s\" stands before the first [NAME]", key);
	if (conf_get(section, key))
		return fail(at, "\"%s\" is set twice in [%s]", key, section->name);
	section->settings = grow(section->settings, section->nr_settings, sizeof(*setting));
	setting = &section->settings[section->nr_settings++];
	setting->key = copy(key);
	setting->value = copy(value);
	setting->line = at->line;
	return 0;
}

static int read_lines(struct place *at, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&line, &size, file)) >= 0) {
		bool broken = memchr(line, '\0', len);
		char *text = trim(line);

		at->line++;
		if (broken)
			ret = fail(at, "the line has a zero byte");
		else if (*text == '[')
			ret = add_section(at, text);
		else if (*text && *text != '#')
			ret = add_setting(at, text);
	}
	if (!ret && ferror(file)) {
		at->line = 0;
		ret = fail(at, "%m");
	}
	free(line);
	return ret;
}

static int read_file(struct conf *conf, const char *path)
{
	struct place at = { .conf = conf, .file = path };
	FILE *file = fopen(path, "re");
	int ret;

	if (!file)
		return fail(&at, "%m");
	ret = read_lines(&at, file);
	fclose(file);
	return ret;
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

int conf_read(struct conf *conf, const char *dir)
{
	struct place at = { .conf = conf, .file = dir };
	struct dirent **entries;
	int nr, i, ret = 0;
	char *path;

	*conf = (struct conf) { };
	nr = scandir(dir, &entries, is_conf, alphasort);
	if (nr < 0)
		return errno == ENOENT ? 0 : fail(&at, "%m");
	for (i = 0; i < nr; i++) {
		if (asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0)
			abort();
		if (!ret)
			ret = read_file(conf, path);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return ret;
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
	free(conf->wrong);
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
