// SPDX-License-Identifier: GPL-2.0
/*
 * Makes bio_add_page() refuse, as in Linux 6.17 to 6.18.26 and 6.19 it does where kinds of memory
 * meet. Only a bio without a block device is refused, as vtl0_trial() makes it: those of file
 * systems pass. A probe diverts the call.
 */
#include <linux/bio.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static int refuse(struct bio *bio, struct page *page, unsigned int length, unsigned int offset)
{
	return 0;
}

static int divert(struct kprobe *probe, struct pt_regs *regs)
{
	const struct bio *bio = (const struct bio *)regs_get_kernel_argument(regs, 0);

	if (bio->bi_bdev)
		return 0;
	instruction_pointer_set(regs, (unsigned long)refuse);
	return 1;
}
NOKPROBE_SYMBOL(divert);

/* The kernel lets a probe divert a call only if it has a handler of this kind, too. */
static void after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(after);

static struct kprobe probe = {
	.symbol_name = "bio_add_page",
	.pre_handler = divert,
	.post_handler = after,
};

static int __init refusing_bio_init(void)
{
	return register_kprobe(&probe);
}

static void __exit refusing_bio_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(refusing_bio_init);
module_exit(refusing_bio_exit);
MODULE_AUTHOR("vtl0 contributors");
MODULE_DESCRIPTION("A kernel whose bio_add_page() refuses");
MODULE_LICENSE("GPL");
