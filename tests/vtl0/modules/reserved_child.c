// SPDX-License-Identifier: GPL-2.0
/*
 * A resource within memory that firmware calls reserved, and not busy, as those of
 * drivers/pnp/system.c are, or busy, as that of a driver: parameters "start" and "length".
 */
#include <linux/ioport.h>
#include <linux/module.h>

static unsigned long long start;
module_param(start, ullong, 0444);
MODULE_PARM_DESC(start, "First byte");

static unsigned long long length;
module_param(length, ullong, 0444);
MODULE_PARM_DESC(length, "Bytes");

static bool busy;
module_param(busy, bool, 0444);
MODULE_PARM_DESC(busy, "As a driver claims it");

static bool insert;
module_param(insert, bool, 0444);
MODULE_PARM_DESC(insert, "By insert_resource(), which goes into a busy region, too");

static struct resource *res;
static struct resource inserted = { .name = "reserved_child", .flags = IORESOURCE_MEM };

static int __init reserved_child_init(void)
{
	if (insert) {
		inserted.start = start;
		inserted.end = start + length - 1;
		return insert_resource(&iomem_resource, &inserted);
	}
	res = request_mem_region(start, length, "reserved_child");
	if (!res)
		return -EBUSY;
	if (!busy)
		res->flags &= ~IORESOURCE_BUSY;
	return 0;
}

static void __exit reserved_child_exit(void)
{
	if (insert) {
		remove_resource(&inserted);
		return;
	}
	/* only a busy one can be released */
	res->flags |= IORESOURCE_BUSY;
	release_mem_region(start, length);
}

module_init(reserved_child_init);
module_exit(reserved_child_exit);
MODULE_AUTHOR("vtl0 contributors");
MODULE_DESCRIPTION("A resource within reserved memory");
MODULE_LICENSE("GPL");
