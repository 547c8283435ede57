/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the tests of vtl0. */
#ifndef _TESTS_VTL0_COMMON_H
#define _TESTS_VTL0_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "clock.h"
#include "file.h"
#include "inject.h"
#include "ioctl.h"
#include "iomem.h"
#include "klog.h"
#include "machine.h"
#include "memory.h"
#include "module.h"
#include "touch.h"
#include "window.h"

/*
 * The page size of the kernel that the programs are built for; the lab defines it if that is
 * not 4096. Each level of page tables adds the bits of a page of entries, 8 bytes each: that
 * makes entries of 2M and 1G, or of 32M and 64G with pages of 16K.
 */
#ifndef PAGE_BITS
#define PAGE_BITS 12
#endif
#define PAGE_BYTES (1UL << PAGE_BITS)
#define PMD_FOLIO_ORDER (PAGE_BITS - 3)
#define PUD_FOLIO_ORDER (2 * PMD_FOLIO_ORDER)
#define PMD_BYTES ((u64)PAGE_BYTES << PMD_FOLIO_ORDER)
#define PUD_BYTES ((u64)PAGE_BYTES << PUD_FOLIO_ORDER)

/*
 * Edges of a range that is not covered are multiples of a block, min_align of INFO: 2 MiB, or
 * the memory that one page of struct pages describes, 64 bytes each: 4 MiB with pages of 16K.
 * That is less than a large entry maps, so a chunk of a few blocks has single pages there.
 */
#define BLOCK_BYTES (PAGE_BITS == 12 ? MIB(2) : (u64)PAGE_BYTES * PAGE_BYTES / 64)
#define BLOCKS(n) ((n) * BLOCK_BYTES)
#define BLOCK_ORDER (PAGE_BITS == 12 ? PMD_FOLIO_ORDER : 0)

/*
 * Seconds that a test may take on an emulated debug kernel and a busy host. Every test may;
 * TEST_F_TIMEOUT() with it marks those that are slow anyway.
 */
#define SLOW 300
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT SLOW

/* Addresses without RAM behind them: may be registered, must not be touched. */
#define EMPTY_BASE TIB(16)

/* What @seen, the mappings of a range, is when @n entries map it. */
#define EXPECT_MAPPINGS(n, seen) \
	EXPECT_EQ(counts_mappings() ? (u64)(n) : VTL0_MAPPINGS_UNKNOWN, seen)
#define ASSERT_MAPPINGS(n, seen) \
	ASSERT_EQ(counts_mappings() ? (u64)(n) : VTL0_MAPPINGS_UNKNOWN, seen)

/* For FIXTURE_TEARDOWN(), after all fds and mappings of the test are gone. */
#define EXPECT_NOTHING_LEFT() do {					\
	char left_why[512] = "";					\
	EXPECT_EQ(0, left_behind(left_why, sizeof(left_why)))		\
		TH_LOG("left behind: %s", left_why);			\
} while (0)

#endif /* _TESTS_VTL0_COMMON_H */
