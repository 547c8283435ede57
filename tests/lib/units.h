/* SPDX-License-Identifier: GPL-2.0 */
/* Types and sizes of the tests in C. */
#ifndef _TESTS_UNITS_H
#define _TESTS_UNITS_H

#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;

#define KIB(n) ((u64)(n) << 10)
#define MIB(n) ((u64)(n) << 20)
#define GIB(n) ((u64)(n) << 30)
#define TIB(n) ((u64)(n) << 40)

/* kselftest_harness.h defines it, too. */
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif /* _TESTS_UNITS_H */
