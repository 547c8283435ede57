/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the options of add that make the chunks which a range has. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <linux/vtl0.h>

struct inventory;
struct layout;

/*
 * Fills @layout, with VTL0_ADD_NODE in its flags if the node must be given. @inv has the
 * chunks of all ranges. Returns 0; an errno of VTL0_PLAN; or ESRCH if no options make these
 * chunks: then @layout has the largest order.
 */
int layout_find(int fd, const struct vtl0_info *info, const struct inventory *inv,
		const struct vtl0_range_info *range, struct layout *layout);

#endif
