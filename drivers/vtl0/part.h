/* SPDX-License-Identifier: GPL-2.0 */
/* Removes a part of a range. */
#ifndef _VTL0_PART_H
#define _VTL0_PART_H

#include <linux/types.h>

#include "vtl0.h"

/**
 * struct vtl0_part - a part of a range that is being removed
 * @range: the range, busy for the removal
 * @first: the first chunk of the part, in @range
 * @end: behind the last chunk of the part
 * @rest: new range for the chunks above the part; NULL unless @range has chunks both below and
 *	above
 */
struct vtl0_part {
	struct vtl0_range *range;
	struct vtl0_chunk *first;
	struct vtl0_chunk *end;
	struct vtl0_range *rest;
};

int vtl0_part_begin(struct vtl0_part *part, u64 start, u64 length, struct vtl0_span *cut)
	__must_hold(&vtl0_lock);
int vtl0_part_remove(struct vtl0_part *part, unsigned int tries, struct vtl0_span *busy)
	__must_not_hold(&vtl0_lock);

#endif /* _VTL0_PART_H */
