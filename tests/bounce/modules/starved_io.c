// SPDX-License-Identifier: GPL-2.0
/*
 * Writes to "disk" and reads it back while the kernel is short of memory, as a task
 * does that swaps out to reclaim memory. PF_MEMALLOC lets the task use the kernel's own
 * reserves; the drivers of the disk must not use them. Before each I/O the module
 * allocates all free memory above the watermark at which an allocation without
 * __GFP_HIGH stops; with "loose_mib" it then frees that many MiB of single pages whose
 * neighbours stay allocated. The I/O is done, and the memory freed, while the module is
 * loaded; loading fails if the I/O does.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>

#define IO_SIZE SZ_256K
/* Takes free memory only: nothing is reclaimed or killed for it. */
#define GFP_TAKE (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN)

static char *disk;
module_param(disk, charp, 0444);
MODULE_PARM_DESC(disk, "Path of the disk to write to");

static unsigned int ios = 20;
module_param(ios, uint, 0444);
MODULE_PARM_DESC(ios, "Writes of 256 KiB (default 20)");

static unsigned int loose_mib;
module_param(loose_mib, uint, 0444);
MODULE_PARM_DESC(loose_mib, "MiB to leave free in single pages (default 0)");

static bool plenty;
module_param(plenty, bool, 0444);
MODULE_PARM_DESC(plenty, "Take no memory, only do the I/O as swap-out does (default N)");

static LIST_HEAD(taken);

static struct page *take(unsigned int order)
{
	struct page *page = alloc_pages(GFP_TAKE, order);

	if (page) {
		set_page_private(page, order);
		list_add(&page->lru, &taken);
	}
	cond_resched();
	return page;
}

/* Frees one page of each pair, which the page allocator cannot merge with the other. */
static int leave_single_pages(void)
{
	unsigned long nr = loose_mib * (SZ_1M / PAGE_SIZE);

	while (nr--) {
		struct page *page = take(1);

		if (!page)
			return -ENOMEM;
		split_page(page, 1);
		set_page_private(page, 0);
		__free_page(page + 1);
	}
	return 0;
}

static void take_all(void)
{
	int order, least = loose_mib ? 1 : 0;

	if (plenty)
		return;
	for (order = MAX_PAGE_ORDER; order >= least; order--) {
		while (take(order))
			;
	}
}

static void give_back(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &taken, lru) {
		unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
		cond_resched();
	}
}

static void ended(struct bio *bio)
{
	complete(bio->bi_private);
}

static int do_io(struct block_device *bdev, enum req_op op, sector_t sector,
		 void *data)
{
	DECLARE_COMPLETION_ONSTACK(done);
	unsigned int flags;
	struct bio_vec bv;
	struct bio bio;

	bio_init(&bio, bdev, &bv, 1, op | REQ_SYNC);
	bio_add_virt_nofail(&bio, data, IO_SIZE);
	bio.bi_iter.bi_sector = sector;
	bio.bi_end_io = ended;
	bio.bi_private = &done;
	flags = memalloc_noreclaim_save();
	submit_bio(&bio);
	memalloc_noreclaim_restore(flags);
	if (wait_for_completion_timeout(&done, 20 * HZ))
		return blk_status_to_errno(bio.bi_status);
	pr_err("no progress at sector %llu\n", sector);
	give_back();
	wait_for_completion(&done);
	return -ETIMEDOUT;
}

static int do_all(struct block_device *bdev, u8 *out, u8 *in)
{
	unsigned int i;
	int ret;

	ret = leave_single_pages();
	for (i = 0; !ret && i < ios; i++) {
		sector_t sector = i * (IO_SIZE >> SECTOR_SHIFT);

		memset(out, i + 1, IO_SIZE);
		take_all();
		ret = do_io(bdev, REQ_OP_WRITE, sector, out);
		take_all();
		if (!ret)
			ret = do_io(bdev, REQ_OP_READ, sector, in);
		if (!ret && memcmp(out, in, IO_SIZE))
			ret = -EILSEQ;
	}
	give_back();
	return ret;
}

static int __init starved_io_init(void)
{
	u8 *out = kmalloc(IO_SIZE, GFP_KERNEL), *in = kzalloc(IO_SIZE, GFP_KERNEL);
	struct file *file = bdev_file_open_by_path(disk ?: "", BLK_OPEN_WRITE |
						   BLK_OPEN_READ, NULL, NULL);
	int ret = PTR_ERR_OR_ZERO(file);

	if (!ret)
		ret = out && in ? do_all(file_bdev(file), out, in) : -ENOMEM;
	if (!IS_ERR(file))
		bdev_fput(file);
	kfree(out);
	kfree(in);
	return ret;
}

static void __exit starved_io_exit(void)
{
}

module_init(starved_io_init);
module_exit(starved_io_exit);

MODULE_DESCRIPTION("I/O while there is hardly any memory");
MODULE_LICENSE("GPL");
