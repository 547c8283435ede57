// SPDX-License-Identifier: GPL-2.0
/* Reports the result of add, remove or restore for each of several ranges. */
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "json.h"
#include "outcome.h"
#include "text.h"

void outcome_init(struct outcome *outcome, const char *verb, bool json)
{
	*outcome = (struct outcome) {
		.verb = verb,
		.json = json,
		.done = json_object_new_array(),
		.failed = json_object_new_array(),
		.not_tried = json_object_new_array(),
	};
}

void outcome_done(struct outcome *outcome, struct json_object *entry,
		  const char *line)
{
	json_object_array_add(outcome->done, entry);
	if (!outcome->json)
		puts(line);
}

void outcome_failed(struct outcome *outcome, const struct range *range,
		    int err, char *why)
{
	struct json_object *entry = json_range(range->start, range->length);
	const char *name = strerrorname_np(err);

	json_string(entry, "errno", name ? name : "unknown");
	json_string(entry, "message", why);
	json_object_array_add(outcome->failed, entry);
	/* stdout and stderr may be one file: keep the order of results and complaints. */
	fflush(stdout);
	complain("%s %s: %s", outcome->verb,
		 range_text(range->start, range->length).s, why);
	outcome->status = STATUS_FAILED;
	free(why);
}

void outcome_not_tried(struct outcome *outcome, const struct range *ranges,
		       size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		json_object_array_add(outcome->not_tried,
				      json_range(ranges[i].start,
						 ranges[i].length));
		complain("%s %s: not tried", outcome->verb,
			 range_text(ranges[i].start, ranges[i].length).s);
	}
}

void outcome_print(struct outcome *outcome, const char *done_key)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, done_key, outcome->done);
	json_object_object_add(obj, "failed", outcome->failed);
	json_object_object_add(obj, "not_tried", outcome->not_tried);
	if (outcome->json)
		json_print(obj);
	else
		json_object_put(obj);
}
