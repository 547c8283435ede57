// SPDX-License-Identifier: GPL-2.0
/*
 * Holds a page fault of one thread between the look-up of the memory and the insertion of
 * its 2M entry, or, for a 1G entry, when it has waited for invalidations to end: the thread
 * writes its ID to the parameter "tid" and touches; "held" is Y then, until N is written to
 * it, or for MOST_MS. A probe itself could not sleep, so it diverts the call to a function
 * that sleeps. To be unloaded when the fault is over.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/sched.h>

#define MOST_MS 20000

static int tid;
module_param(tid, int, 0600);
MODULE_PARM_DESC(tid, "Thread whose next fault is held; 0 when it is");

static bool held;
module_param(held, bool, 0600);
MODULE_PARM_DESC(held, "Is it held?");

/* To be held is to have read the sequence: the test lets the next invalidation begin then. */
static void hold(void)
{
	unsigned int ms;

	WRITE_ONCE(held, true);
	for (ms = 0; READ_ONCE(held) && ms < MOST_MS; ms += 20)
		msleep(20);
	WRITE_ONCE(held, false);
}

static vm_fault_t insert_later(struct vm_fault *vmf, struct folio *folio, bool write)
{
	hold();
	return vmf_insert_folio_pmd(vmf, folio, write);
}

static unsigned long read_earlier(struct mmu_interval_notifier *notifier)
{
	unsigned long seq = mmu_interval_read_begin(notifier);

	hold();
	return seq;
}

static struct kprobe insert, read_begin;

static int divert(struct kprobe *probe, struct pt_regs *regs)
{
	if (cmpxchg(&tid, current->pid, 0) != current->pid)
		return 0;
	instruction_pointer_set(regs, probe == &insert ? (unsigned long)insert_later :
						(unsigned long)read_earlier);
	return 1;
}
NOKPROBE_SYMBOL(divert);

/* The kernel lets a probe divert a call only if it has a handler of this kind, too. */
static void after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(after);

static struct kprobe insert = {
	.symbol_name = "vmf_insert_folio_pmd",
	.pre_handler = divert,
	.post_handler = after,
};

static struct kprobe read_begin = {
	.symbol_name = "mmu_interval_read_begin",
	.pre_handler = divert,
	.post_handler = after,
};

static struct kprobe *probes[] = { &insert, &read_begin };

static int __init fault_hold_init(void)
{
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

static void __exit fault_hold_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(fault_hold_init);
module_exit(fault_hold_exit);
MODULE_AUTHOR("vtl0 contributors");
MODULE_DESCRIPTION("Holds a page fault in the middle");
MODULE_LICENSE("GPL");
