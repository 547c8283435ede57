/* SPDX-License-Identifier: GPL-2.0 */
/* Short names for the calls of json-c that the commands make. */
#ifndef JSON_H
#define JSON_H

#include <json-c/json.h>
#include <stdint.h>

#include <linux/vtl0.h>

void json_u64(struct json_object *obj, const char *key, uint64_t value);
void json_string(struct json_object *obj, const char *key, const char *value);

/* An object with "start" and "length". */
struct json_object *json_range(uint64_t start, uint64_t length);
struct json_object *json_chunk(const struct vtl0_chunk_info *chunk);

/* Prints @obj and drops it. */
void json_print(struct json_object *obj);

#endif
