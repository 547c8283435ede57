/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Annotations of locks, for kernels that lack them (before 7.0). A flag in the top Kbuild
 * includes this into every source file; all other differences between kernels are in
 * compat.h.
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
