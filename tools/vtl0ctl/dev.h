/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vtl0ctl reaches the driver and the kernel's files only through these functions, so that
 * tests can link functions of their own in place of dev.c.
 */
#ifndef DEV_H
#define DEV_H

#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

/* Returns a file descriptor, or -1 with errno set. */
int dev_open(const char *path);
void dev_close(int fd);

/* stat(); returns 0 or an errno. */
int dev_stat(const char *path, struct stat *st);

/* Returns 0 or an errno. */
int dev_ioctl(int fd, unsigned long request, void *arg);

/* Reads @size bytes, all of them; returns 0 or an errno. */
int dev_read(int fd, void *buf, size_t size);

/* Where the directories of the devicetree are. */
const char *dev_devicetree(void);

/* Opens /proc/iomem; returns NULL if that fails. */
FILE *dev_iomem(void);

/* Open x86's lists of cache types, /proc/mtrr and one in debugfs; return NULL without them. */
FILE *dev_mtrrs(void);
FILE *dev_memtypes(void);

#endif
