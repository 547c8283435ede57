/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the commands of vtl0ctl: exit codes, common options, entry points. */
#ifndef VTL0CTL_H
#define VTL0CTL_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "parse.h"

enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	/* the driver refused, or a file is wrong */
	STATUS_USAGE = 2,	/* bad arguments, or the device cannot be opened */
};

/* Options that every command takes, before or behind its name. */
struct common {
	const char *device;
	bool json;
	int fd;			/* set by open_device() */
};

/* Options of add and plan: how to split the range. save finds them from the chunks. */
struct layout {
	uint32_t flags;		/* VTL0_ADD_TRIM, _ORDER, _CHUNK, _COVER; in save also _NODE */
	uint32_t max_order;
	uint64_t chunk_length;
};

extern const struct argp common_argp;	/* input: struct common */
extern const struct argp layout_argp;	/* input: struct layout */

/* A growing list of the RANGE arguments. */
struct ranges {
	struct range *v;
	size_t nr;
};

void ranges_add(struct ranges *ranges, const char *text);

/* Opens common->device as common->fd, or prints why it cannot and exits with STATUS_USAGE. */
void open_device(struct common *common);

int cmd_add(int argc, char **argv, struct common *common);
int cmd_remove(int argc, char **argv, struct common *common);
int cmd_list(int argc, char **argv, struct common *common);
int cmd_info(int argc, char **argv, struct common *common);
int cmd_plan(int argc, char **argv, struct common *common);
int cmd_window(int argc, char **argv, struct common *common);
int cmd_monitor(int argc, char **argv, struct common *common);
int cmd_save(int argc, char **argv, struct common *common);
int cmd_restore(int argc, char **argv, struct common *common);
int cmd_check(int argc, char **argv, struct common *common);

#endif
