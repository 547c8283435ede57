/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that a file declares, and that a touch registers. */
#ifndef _VTL0_WINDOW_H
#define _VTL0_WINDOW_H

#include <linux/mm.h>
#include <linux/types.h>

#include "vtl0.h"

struct vtl0_touches;

/**
 * struct vtl0_area - memory that a touch may register
 * @owner: holds the new range, unless that is persistent
 * @start: first byte, of a page
 * @end: first byte behind the area
 * @persist: the new range needs no owner
 * @cookie: for the new range
 */
struct vtl0_area {
	struct vtl0_owner *owner;
	u64 start;
	u64 end;
	bool persist;
	struct vtl0_cookie cookie;
};

/* add.c */
int vtl0_touch(const struct vtl0_area *area, u64 address)
	__must_not_hold(&vtl0_lock);

/* window.c */
int vtl0_window(struct vtl0_owner *owner, struct vtl0_window *arg)
	__must_not_hold(&vtl0_lock);
bool vtl0_window_find(u64 address, struct vtl0_area *area);
bool vtl0_window_next(u64 address, struct vtl0_window_info *info);
void vtl0_windows_close(struct vtl0_owner *owner)
	__must_not_hold(&vtl0_lock);

/* touch.c */
struct vtl0_touches *vtl0_touches_alloc(bool mappings_declare);
void vtl0_touches_free(struct vtl0_touches *touches);
vm_fault_t vtl0_touch_fault(struct vm_fault *vmf, struct vtl0_touches *touches);
int vtl0_touches_init(void);
void vtl0_touches_exit(void);

#endif /* _VTL0_WINDOW_H */
