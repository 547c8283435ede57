/* SPDX-License-Identifier: GPL-2.0 */
/* Reports the result of add, remove or restore for each of several ranges. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <json-c/json.h>

#include "vtl0ctl.h"

struct outcome {
	const char *verb;
	bool json;
	int status;
	struct json_object *done, *failed, *not_tried;
};

void outcome_init(struct outcome *outcome, const char *verb, bool json);

/* Puts @entry into the JSON object, which then owns it; prints @line if there is no JSON. */
void outcome_done(struct outcome *outcome, struct json_object *entry,
		  const char *line);
/* Frees @why. */
void outcome_failed(struct outcome *outcome, const struct range *range,
		    int err, char *why);
void outcome_not_tried(struct outcome *outcome, const struct range *ranges,
		       size_t nr);

/* Prints the JSON object, if wanted; its key @done_key has the ranges that succeeded. */
void outcome_print(struct outcome *outcome, const char *done_key);

#endif
