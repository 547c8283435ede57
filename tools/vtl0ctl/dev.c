// SPDX-License-Identifier: GPL-2.0
/* Calls the system; see dev.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dev.h"

int dev_open(const char *path)
{
	return open(path, O_RDWR | O_CLOEXEC);
}

void dev_close(int fd)
{
	close(fd);
}

int dev_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? errno : 0;
}

int dev_read(int fd, void *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	if (n < 0)
		return errno;
	return (size_t)n == size ? 0 : EPROTO;
}

int dev_stat(const char *path, struct stat *st)
{
	return stat(path, st) ? errno : 0;
}

const char *dev_devicetree(void)
{
	return "/proc/device-tree";
}

FILE *dev_iomem(void)
{
	return fopen("/proc/iomem", "re");
}

FILE *dev_mtrrs(void)
{
	return fopen("/proc/mtrr", "re");
}

FILE *dev_memtypes(void)
{
	return fopen("/sys/kernel/debug/x86/pat_memtype_list", "re");
}
