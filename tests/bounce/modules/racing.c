// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads that write one variable without a lock for a second: a kernel with KCSAN has to
 * report it. Without that report a run that reports nothing means nothing.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>

static unsigned long raced;

static int race(void *arg)
{
	while (!kthread_should_stop()) {
		int i;

		for (i = 0; i < 1000; i++)
			raced++;
		cond_resched();
	}
	return 0;
}

static int __init racing_init(void)
{
	struct task_struct *threads[2];
	int i;

	for (i = 0; i < 2; i++)
		threads[i] = kthread_run(race, NULL, "racing/%d", i);
	msleep(1000);
	for (i = 0; i < 2; i++)
		if (!IS_ERR(threads[i]))
			kthread_stop(threads[i]);
	return 0;
}

static void __exit racing_exit(void)
{
}

module_init(racing_init);
module_exit(racing_exit);
MODULE_DESCRIPTION("two threads that race, for KCSAN to find");
MODULE_LICENSE("GPL");
