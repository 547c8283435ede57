// SPDX-License-Identifier: GPL-2.0
/* json-get POINTER < FILE: prints the value there, or fails. */
#include <stdio.h>
#include <json-c/json.h>

int main(int argc, char **argv)
{
	struct json_object *obj, *value;

	obj = json_object_from_fd(0);
	if (argc != 2 || !obj || json_pointer_get(obj, argv[1], &value)) {
		fprintf(stderr, "json-get: no JSON, or nothing at %s\n",
			argc == 2 ? argv[1] : "?");
		return 1;
	}
	puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	json_object_put(obj);
	return 0;
}
