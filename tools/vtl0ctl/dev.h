/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that vtl0ctl asks of the system goes through these functions; the tests
 * link their own in place of dev.c.
 */
#ifndef DEV_H
#define DEV_H

#include <stdio.h>
#include <sys/stat.h>

/* Returns a file descriptor, or -1 with errno set. */
int dev_open(const char *path);
void dev_close(int fd);

/* Of a node; returns 0 or an errno. */
int dev_stat(const char *path, struct stat *st);

/* Returns 0 or an errno. */
int dev_ioctl(int fd, unsigned long request, void *arg);

/* /proc/iomem, or NULL. */
FILE *dev_iomem(void);

/* What x86 says of cache types: /proc/mtrr, and the kernel's own list in debugfs; or NULL. */
FILE *dev_mtrrs(void);
FILE *dev_memtypes(void);

#endif
