/* SPDX-License-Identifier: GPL-2.0 */
/* What the KUnit tests of vtl0 share: addresses without RAM, and two owners. See fixture.c. */
#ifndef _VTL0_KUNIT_H
#define _VTL0_KUNIT_H

#include <kunit/test.h>

#include "request.h"
#include "vtl0.h"

#define MIB(n) ((u64)(n) << 20)
#define GIB(n) ((u64)(n) << 30)
/* 16 TiB: beyond the memory of any machine of the lab */
#define BASE BIT_ULL(44)

/* priv of a test that has vtl0_test_init() */
struct owners {
	struct vtl0_owner *a;
	struct vtl0_owner *b;
};

struct vtl0_request vtl0_test_request(u64 start, u64 length);
struct vtl0_range *vtl0_test_add(struct vtl0_owner *owner, const struct vtl0_request *rq,
				 struct vtl0_conflict *conflict);
void vtl0_test_release(struct vtl0_owner **owner);
int vtl0_test_init(struct kunit *test);
void vtl0_test_exit(struct kunit *test);

#endif /* _VTL0_KUNIT_H */
