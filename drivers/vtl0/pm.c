// SPDX-License-Identifier: GPL-2.0
/*
 * Refuses hibernation while ranges are registered: the image does not contain
 * their memory, and firmware that boots to resume may have used it. Suspend to RAM
 * keeps the memory and is not refused.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/notifier.h>
#include <linux/suspend.h>

#include "vtl0.h"

static int notify(struct notifier_block *nb, unsigned long event, void *data)
{
	/* the index also has ranges that are being added, which the totals do not count yet */
	if (event != PM_HIBERNATION_PREPARE || vtl0_index_empty())
		return NOTIFY_DONE;
	pr_err("hibernation refused: it would lose the contents of registered memory\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block block = {
	.notifier_call = notify,
};

int vtl0_pm_init(void)
{
	return register_pm_notifier(&block);
}

void vtl0_pm_exit(void)
{
	unregister_pm_notifier(&block);
}
