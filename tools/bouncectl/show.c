// SPDX-License-Identifier: GPL-2.0
/* bouncectl list and status */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "bouncectl.h"

/* The names of a device's attributes, separated by commas. The caller frees the string. */
static char *attribute_names(const struct options *opt)
{
	char value[MAX_VALUE];

	if (attr_read(opt, ".", "features", value))
		return NULL;
	return strdup(value);
}

/* A value of digits alone becomes a number. */
static void json_add(struct json_object *obj, const char *key, const char *value)
{
	char *end;
	unsigned long long number = strtoull(value, &end, 10);

	json_object_object_add(obj, key, *value && !*end ?
			       json_object_new_uint64(number) :
			       json_object_new_string(value));
}

static struct json_object *device_json(const struct options *opt, const char *name)
{
	struct json_object *obj = json_object_new_object();
	char value[MAX_VALUE], *attrs = attribute_names(opt), *attr, *rest = attrs;

	json_object_object_add(obj, "name", json_object_new_string(name));
	while ((attr = strsep(&rest, ",")))
		if (*attr && !attr_read(opt, name, attr, value))
			json_add(obj, attr, value);
	free(attrs);
	return obj;
}

static void print_status(const struct options *opt, const char *name)
{
	char value[MAX_VALUE], *attrs = attribute_names(opt), *attr, *rest = attrs;

	printf("%s\n", name);
	while ((attr = strsep(&rest, ",")))
		if (*attr && !attr_read(opt, name, attr, value))
			printf("  %s = %s\n", attr, value);
	free(attrs);
}

static void print_row(const struct options *opt, const char *name)
{
	char backing[MAX_VALUE] = "", mode[MAX_VALUE] = "", disk[MAX_VALUE] = "";

	attr_read(opt, name, "backing", backing);
	attr_read(opt, name, "mode", mode);
	attr_read(opt, name, "disk", disk);
	printf("%-24s %-6s %-32s %s\n", name, mode, *disk ? disk : "-", backing);
}

static void print_json(struct json_object *array)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "devices", array);
	puts(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(obj);
}

/* Shows each device of @names: as JSON if that is wanted, else by @print. */
static int show(const struct options *opt, char **names, size_t nr,
		void (*print)(const struct options *opt, const char *name))
{
	struct json_object *array = json_object_new_array();
	int status = STATUS_OK;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!device_exists(opt, names[i]))
			status = complain("%s: there is no such device", names[i]);
		else if (opt->json)
			json_object_array_add(array, device_json(opt, names[i]));
		else
			print(opt, names[i]);
	}
	if (opt->json)
		print_json(array);
	else
		json_object_put(array);
	return status;
}

static int show_all(const struct options *opt,
		    void (*print)(const struct options *opt, const char *name))
{
	struct device_list list;
	int status, err = device_list(opt, &list);

	if (err)
		return complain("%s: %s", opt->configfs, strerror(-err));
	status = show(opt, list.names, list.nr, print);
	device_list_free(&list);
	return status;
}

int cmd_list(const struct options *opt)
{
	if (!opt->json)
		printf("%-24s %-6s %-32s %s\n", "NAME", "MODE", "DISK", "BACKING");
	return show_all(opt, print_row);
}

int cmd_status(const struct options *opt, char **names, size_t nr)
{
	return nr ? show(opt, names, nr, print_status) : show_all(opt, print_status);
}
