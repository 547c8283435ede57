/* SPDX-License-Identifier: GPL-2.0 */
/* The ioctls of /dev/vtl0_upstream, for the demo and the benchmarks. */
#ifndef _VTL0_TESTS_UPSTREAM_H
#define _VTL0_TESTS_UPSTREAM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* as mshv_vtl: the order that start and end are aligned to */
#define UPSTREAM_ORDER_CTZ (-1)

/**
 * struct upstream_add - register one range the upstream way
 * @start: first byte
 * @length: bytes
 * @order: folio order, or UPSTREAM_ORDER_CTZ; out: the one that was used
 * @ns: out: time that memremap_pages() took, in nanoseconds
 */
struct upstream_add {
	__aligned_u64 start;
	__aligned_u64 length;
	__s32 order;
	__u32 reserved;
	__aligned_u64 ns;
};

/* One range at a time; it goes with UPSTREAM_REMOVE or the module. */
#define UPSTREAM_ADD	_IOWR(0xBB, 0x80, struct upstream_add)
#define UPSTREAM_REMOVE	_IO(0xBB, 0x81)

#endif /* _VTL0_TESTS_UPSTREAM_H */
