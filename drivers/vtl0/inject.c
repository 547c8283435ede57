// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection, on kernels that have it: the directory vtl0/fail_pgmap in debugfs
 * makes the creation of a pgmap fail with ENOMEM, with the files described in
 * Documentation/fault-injection. A failure inside memremap_pages() would leave
 * sections behind.
 */
#include <linux/debugfs.h>
#include <linux/fault-inject.h>

#include "vtl0.h"

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
static DECLARE_FAULT_ATTR(fail_pgmap);
static struct dentry *dir;

bool vtl0_inject_pgmap(void)
{
	return should_fail(&fail_pgmap, 1);
}

void vtl0_inject_init(void)
{
	dir = debugfs_create_dir("vtl0", NULL);
	fault_create_debugfs_attr("fail_pgmap", dir, &fail_pgmap);
}

void vtl0_inject_exit(void)
{
	debugfs_remove_recursive(dir);
}
#else
bool vtl0_inject_pgmap(void)
{
	return false;
}

void vtl0_inject_init(void)
{
}

void vtl0_inject_exit(void)
{
}
#endif
