// SPDX-License-Identifier: GPL-2.0
/*
 * bounce_core: bounce buffers for modules (include/linux/bounce.h), and the engine
 * that bounce_blk and dm-bounce share (engine.h).
 */
#include <linux/module.h>

#include "core.h"
#include "inject.h"

static int __init bounce_core_init(void)
{
	int ret;

	ret = bounce_all_inflight_init();
	if (ret)
		return ret;
	ret = bounce_complete_init();
	if (ret) {
		bounce_all_inflight_exit();
		return ret;
	}
	bounce_inject_init();
	return 0;
}

static void __exit bounce_core_exit(void)
{
	bounce_inject_exit();
	bounce_complete_exit();
	bounce_all_inflight_exit();
}

module_init(bounce_core_init);
module_exit(bounce_core_exit);

MODULE_VERSION(PROJECT_VERSION);
MODULE_DESCRIPTION("Bounce buffers for block I/O");
MODULE_LICENSE("GPL");
