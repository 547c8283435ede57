// SPDX-License-Identifier: GPL-2.0
/*
 * bounce_blk: a block device on top of another one, whose data cannot change in
 * flight. Each device is a directory in configfs; see config.c.
 */
#include <linux/module.h>

#include "dev.h"
#include "inject.h"

static int __init bounce_init(void)
{
	int ret;

	ret = bounce_io_init();
	if (ret)
		return ret;
	bounce_inject_init();
	ret = bounce_config_init();
	if (ret) {
		bounce_inject_exit();
		bounce_io_exit();
	}
	return ret;
}

static void __exit bounce_exit(void)
{
	bounce_config_exit();
	bounce_inject_exit();
	bounce_io_exit();
}

module_init(bounce_init);
module_exit(bounce_exit);

MODULE_VERSION(PROJECT_VERSION);
MODULE_DESCRIPTION("Block device whose data cannot change in flight");
MODULE_LICENSE("GPL");
