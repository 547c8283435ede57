// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection for what the kernel's own cannot reach: an allocation or a copy of
 * bounce_core that fails, and a delay before a copy, in which the source can change.
 * Errors of the device below are injected by the block layer
 * (Documentation/fault-injection/).
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fault-inject.h>
#include <linux/module.h>

#include "inject.h"

static DECLARE_FAULT_ATTR(fail_alloc);
static DECLARE_FAULT_ATTR(fail_copy);
static DECLARE_FAULT_ATTR(delay_copy);
static u32 fail_min_order;
static u32 delay_usecs = 1000;
static struct dentry *dir;

/**
 * bounce_inject_alloc() - is this allocation to fail?
 * @order: of the folio
 *
 * Context: any.
 * Return: true if it is.
 */
bool bounce_inject_alloc(unsigned int order)
{
	KUNIT_STATIC_STUB_REDIRECT(bounce_inject_alloc, order);
	return order >= READ_ONCE(fail_min_order) && should_fail(&fail_alloc, 1);
}
EXPORT_SYMBOL_IF_KUNIT(bounce_inject_alloc);

/**
 * bounce_inject_copy() - is this copy to end early?
 *
 * Context: any.
 * Return: true if it is.
 */
bool bounce_inject_copy(void)
{
	KUNIT_STATIC_STUB_REDIRECT(bounce_inject_copy);
	return should_fail(&fail_copy, 1);
}
EXPORT_SYMBOL_IF_KUNIT(bounce_inject_copy);

/**
 * bounce_inject_delay() - wait between the submission of a write and its copy, on request
 *
 * Context: sleeps.
 */
void bounce_inject_delay(void)
{
	if (should_fail(&delay_copy, 1))
		usleep_range(delay_usecs, delay_usecs + 1);
}

/**
 * bounce_inject_init() - create the files in debugfs
 */
void bounce_inject_init(void)
{
	dir = debugfs_create_dir("bounce_core", NULL);
	fault_create_debugfs_attr("fail_alloc", dir, &fail_alloc);
	debugfs_create_u32("fail_min_order", 0600, dir, &fail_min_order);
	fault_create_debugfs_attr("fail_copy", dir, &fail_copy);
	fault_create_debugfs_attr("delay_copy", dir, &delay_copy);
	debugfs_create_u32("delay_usecs", 0600, dir, &delay_usecs);
}

/**
 * bounce_inject_exit() - remove the files in debugfs
 */
void bounce_inject_exit(void)
{
	debugfs_remove(dir);
}
