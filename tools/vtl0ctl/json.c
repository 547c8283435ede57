// SPDX-License-Identifier: GPL-2.0
/* Short names for the calls of json-c that the commands make. */
#include <stdio.h>

#include "json.h"

void json_u64(struct json_object *obj, const char *key, uint64_t value)
{
	json_object_object_add(obj, key, json_object_new_uint64(value));
}

void json_string(struct json_object *obj, const char *key, const char *value)
{
	json_object_object_add(obj, key, json_object_new_string(value));
}

struct json_object *json_range(uint64_t start, uint64_t length)
{
	struct json_object *obj = json_object_new_object();

	json_u64(obj, "start", start);
	json_u64(obj, "length", length);
	return obj;
}

struct json_object *json_chunk(const struct vtl0_chunk_info *chunk)
{
	struct json_object *obj = json_range(chunk->start, chunk->length);

	json_u64(obj, "order", chunk->order);
	json_u64(obj, "memmap_bytes", chunk->memmap_bytes);
	return obj;
}

void json_print(struct json_object *obj)
{
	puts(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(obj);
}
