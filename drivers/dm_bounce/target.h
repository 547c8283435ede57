/* SPDX-License-Identifier: GPL-2.0 */
/* A target of device mapper whose data cannot change in flight. */
#ifndef _DM_BOUNCE_TARGET_H
#define _DM_BOUNCE_TARGET_H

#include <linux/device-mapper.h>

#include "engine.h"

#define DM_MSG_PREFIX "bounce"

struct bounce_target {
	struct dm_dev *dev;
	sector_t start;
	/* from the table; messages change @engine only, and status shows @engine */
	struct bounce_options options;
	struct bounce_engine engine;
};

/* options.c */
int bounce_parse_options(struct dm_target *ti, struct bounce_options *options,
			 struct dm_arg_set *args);
unsigned int bounce_print_options(const struct bounce_target *bt, char *result,
				  unsigned int maxlen);

/* status.c */
void bounce_status(struct dm_target *ti, status_type_t type,
		   unsigned int status_flags, char *result, unsigned int maxlen);
int bounce_message(struct dm_target *ti, unsigned int argc, char **argv,
		   char *result, unsigned int maxlen);

#endif /* _DM_BOUNCE_TARGET_H */
