/* SPDX-License-Identifier: GPL-2.0 */
/* What glibc exports for programs that replace malloc(), and has in no header. */
#ifndef VTL0_SHIM_GLIBC_H
#define VTL0_SHIM_GLIBC_H

#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *p);

#endif
