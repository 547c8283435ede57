/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What says which lock protects what, for kernels that lack it (before 7.0).
 * Every source file has it by a flag of the top Kbuild; for all other differences
 * between kernels see compat.h.
 */
#ifndef _CONTEXT_H
#define _CONTEXT_H

#include <linux/compiler.h>

#ifndef __guarded_by
#define __guarded_by(...)
#define __pt_guarded_by(...)
#define __must_not_hold(...)
#define __context_unsafe(comment)
#define context_unsafe(...) ({ __VA_ARGS__; })
#endif

#endif /* _CONTEXT_H */
