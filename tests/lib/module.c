// SPDX-License-Identifier: GPL-2.0
/* See module.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "module.h"

int module_file(const char *name)
{
	const char *dir = getenv("VTL0_MODULES");
	struct utsname uts;
	char path[512];
	int fd;

	if (dir) {
		snprintf(path, sizeof(path), "%s/%s.ko", dir, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/%s.ko", uts.release, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int module_load_fd(int fd, const char *params)
{
	return syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
}

int module_load(const char *name, const char *params)
{
	int fd = module_file(name);
	int ret;

	if (fd < 0)
		return fd;
	ret = module_load_fd(fd, params);
	close(fd);
	return ret;
}

int module_unload(const char *name, bool patient)
{
	int tries = patient ? 1000 : 1;

	while (syscall(SYS_delete_module, name, O_NONBLOCK)) {
		if ((errno != EAGAIN && errno != EBUSY) || !--tries)
			return -errno;
		usleep(10000);
	}
	return 0;
}
