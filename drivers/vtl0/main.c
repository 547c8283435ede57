// SPDX-License-Identifier: GPL-2.0
/*
 * vtl0: registers physical memory that the kernel does not own, such as the guest RAM
 * (VTL0) under a paravisor, and maps it for direct I/O. This file initialises the
 * other ones and creates the device nodes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/miscdevice.h>
#include <linux/module.h>

#define CREATE_TRACE_POINTS
#include "trace.h"
#include "vtl0.h"
#include "window.h"

static bool mshv_names;
module_param(mshv_names, bool, 0444);
MODULE_PARM_DESC(mshv_names, "Offer the nodes also as /dev/mshv and /dev/mshv_vtl_low (default no)");

static struct miscdevice vtl0_control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vtl0",
	.fops = &vtl0_control_fops,
	.mode = 0600,
};

static struct miscdevice vtl0_low = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vtl0_low",
	.fops = &vtl0_low_fops,
	.mode = 0600,
};

static struct miscdevice mshv_control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mshv",
	.fops = &vtl0_control_fops,
	.mode = 0600,
};

static struct miscdevice mshv_low = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mshv_vtl_low",
	.fops = &vtl0_window_fops,
	.mode = 0600,
};

/*
 * The device nodes, in the order in which they are created. mshv_vtl may have taken the names
 * of the first two: then loading fails before another device node can have been opened.
 */
static struct miscdevice * const nodes[] = {
	&mshv_control, &mshv_low, &vtl0_low, &vtl0_control,
};

static unsigned int first_index(void)
{
	return mshv_names ? 0 : 2;
}

/* Removes the device nodes before index @end, in reverse order. */
static void remove_nodes(unsigned int end)
{
	while (end-- > first_index())
		misc_deregister(nodes[end]);
}

static int __init add_nodes(void)
{
	unsigned int i;
	int ret;

	for (i = first_index(); i < ARRAY_SIZE(nodes); i++) {
		nodes[i]->parent = vtl0_sysfs_root();
		ret = misc_register(nodes[i]);
		if (ret) {
			pr_err("cannot create /dev/%s: %pe\n", nodes[i]->name, ERR_PTR(ret));
			remove_nodes(i);
			return ret;
		}
	}
	return 0;
}

static int __init vtl0_init(void)
{
	int ret;

	ret = vtl0_trial() ?: vtl0_check_params();
	if (ret)
		return ret;
	vtl0_geometry_init();
	vtl0_identity_init();
	vtl0_mmap_init();
	ret = vtl0_mapping_init();
	if (ret)
		return ret;
	ret = vtl0_pgmaps_init();
	if (ret)
		goto mapping;
	ret = vtl0_names_init();
	if (ret)
		goto pgmaps;
	ret = vtl0_sysfs_init();
	if (ret)
		goto names;
	ret = vtl0_owners_init();
	if (ret)
		goto sysfs;
	ret = vtl0_touches_init();
	if (ret)
		goto owners;
	vtl0_inject_init();
	ret = vtl0_pm_init();
	if (ret)
		goto inject;
	ret = vtl0_files_init();
	if (ret)
		goto pm;
	ret = add_nodes();
	if (ret)
		goto files;
	return 0;

files:
	vtl0_files_exit();
pm:
	vtl0_pm_exit();
inject:
	vtl0_inject_exit();
	vtl0_touches_exit();
owners:
	vtl0_owners_exit();
sysfs:
	vtl0_sysfs_exit();
names:
	vtl0_names_exit();
pgmaps:
	vtl0_pgmaps_exit();
mapping:
	vtl0_mapping_exit();
	return ret;
}

static void __exit vtl0_exit(void)
{
	remove_nodes(ARRAY_SIZE(nodes));
	vtl0_files_exit();
	vtl0_pm_exit();
	vtl0_inject_exit();
	vtl0_touches_exit();
	/* before the class of their devices */
	vtl0_owners_exit();
	vtl0_sysfs_exit();
	vtl0_names_exit();
	vtl0_pgmaps_exit();
	vtl0_mapping_exit();
	vtl0_index_exit();
	vtl0_bad_exit();
}

module_init(vtl0_init);
module_exit(vtl0_exit);

MODULE_VERSION(PROJECT_VERSION);
MODULE_DESCRIPTION("Physical memory ranges as direct I/O memory");
MODULE_AUTHOR("vtl0 contributors");
MODULE_LICENSE("GPL");
