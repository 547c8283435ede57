/* SPDX-License-Identifier: GPL-2.0 */
/* For the reproducers: exit statuses, and mappings at chosen addresses. */
#ifndef _UPSTREAM_COMMON_H
#define _UPSTREAM_COMMON_H

#include <err.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define GIB	(1UL << 30)

/* 0: the fault was found, 1: not, 2: it could not be looked for */
enum { FOUND, NOT_FOUND, CANNOT };

/* Reserves address space that begins at a multiple of 1 GiB, of @len bytes and 1 GiB more. */
static inline char *reserve_space(size_t len)
{
	char *p = mmap(NULL, len + 2 * GIB, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		err(CANNOT, "mmap");
	return (char *)(((uintptr_t)p + GIB - 1) & ~(GIB - 1));
}

static inline char *map_at(char *addr, size_t len, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *p;

	if (fd < 0)
		err(CANNOT, "%s", path);
	p = mmap(addr, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	if (p == MAP_FAILED)
		err(CANNOT, "mmap of %s", path);
	return p;
}

#endif /* _UPSTREAM_COMMON_H */
