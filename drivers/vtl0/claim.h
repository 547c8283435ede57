/* SPDX-License-Identifier: GPL-2.0 */
/* Claims memory in /proc/iomem, and refuses memory in use. */
#ifndef _VTL0_CLAIM_H
#define _VTL0_CLAIM_H

#include <linux/types.h>

#include "vtl0.h"

struct resource *vtl0_claim(u64 start, u64 length, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock);
struct resource *vtl0_claim_gap(u64 start, u64 length, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock);
bool vtl0_claim_cut(struct resource *res, u64 start, u64 length, struct resource *rest)
	__must_hold(&vtl0_lock);

#endif /* _VTL0_CLAIM_H */
