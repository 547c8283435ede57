// SPDX-License-Identifier: GPL-2.0
/* Waits for udev, which makes the links of a new disk. */
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bouncectl.h"

/*
 * While udev works on a disk it does not watch it, and misses what mkfs writes then: the
 * file system would have no link by UUID. lvcreate and cryptsetup wait for udev, too.
 */
void wait_for_udev(void)
{
	char *const argv[] = { "udevadm", "settle", "--timeout=30", NULL };
	pid_t pid;

	if (access("/run/udev/control", F_OK))
		return;
	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
