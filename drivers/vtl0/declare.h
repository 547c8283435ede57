/* SPDX-License-Identifier: GPL-2.0 */
/* Claims memory that lies in windows and in no range. */
#ifndef _VTL0_DECLARE_H
#define _VTL0_DECLARE_H

#include <linux/list.h>
#include <linux/types.h>

#include "vtl0.h"

/**
 * struct vtl0_declared - addresses of a window
 * @link: in the list of all windows of declare.c, under vtl0_lock
 * @start: first byte, of a page
 * @length: bytes
 */
struct vtl0_declared {
	struct list_head link;
	u64 start;
	u64 length;
};

int vtl0_declare(struct vtl0_declared *declared, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock);
void vtl0_undeclare(struct vtl0_declared *declared)
	__must_hold(&vtl0_lock);
int vtl0_declared_yield(u64 start, u64 length)
	__must_hold(&vtl0_lock);
void vtl0_declared_reclaim(u64 start, u64 length)
	__must_hold(&vtl0_lock);

#endif /* _VTL0_DECLARE_H */
