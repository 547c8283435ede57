// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics of a live disk, and what udev may do to it: /sys/block/bounce-NAME/bounce/.
 */
#include <linux/sysfs.h>

#include "dev.h"

/* The counter at @offset in struct bounce_stats, of all processors. */
static u64 sum(struct device *device, size_t offset)
{
	struct bounce_dev *dev = dev_to_disk(device)->private_data;
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += *(u64 *)((char *)per_cpu_ptr(dev->stats, cpu) + offset);
	return total;
}

#define SHOW(device, buf, field) \
	sysfs_emit(buf, "%llu\n", sum(device, offsetof(struct bounce_stats, field)))

static ssize_t read_passed_bios_show(struct device *device,
				     struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_READ_PASSED]);
}

static ssize_t read_bounced_bios_show(struct device *device,
				      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_READ_BOUNCED]);
}

static ssize_t write_passed_bios_show(struct device *device,
				      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_WRITE_PASSED]);
}

static ssize_t write_bounced_bios_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_WRITE_BOUNCED]);
}

static ssize_t read_passed_bytes_show(struct device *device,
				      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_READ_PASSED]);
}

static ssize_t read_bounced_bytes_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_READ_BOUNCED]);
}

static ssize_t write_passed_bytes_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_WRITE_PASSED]);
}

static ssize_t write_bounced_bytes_show(struct device *device,
					struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_WRITE_BOUNCED]);
}

static ssize_t splits_show(struct device *device, struct device_attribute *attr,
			   char *buf)
{
	return SHOW(device, buf, splits);
}

static ssize_t reserve_uses_show(struct device *device,
				 struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, reserve_uses);
}

static ssize_t reserve_waits_show(struct device *device,
				  struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, reserve_waits);
}

static ssize_t nowait_refusals_show(struct device *device,
				    struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, nowait_refusals);
}

static ssize_t checks_show(struct device *device, struct device_attribute *attr,
			   char *buf)
{
	return SHOW(device, buf, checks);
}

static ssize_t mutations_show(struct device *device,
			      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, mutations);
}

/* One number for each order, 0 first. */
static ssize_t orders_show(struct device *device, struct device_attribute *attr,
			   char *buf)
{
	ssize_t len = 0;
	unsigned int i;

	for (i = 0; i < BOUNCE_ORDERS; i++)
		len += sysfs_emit_at(buf, len, "%llu%c",
				     sum(device, offsetof(struct bounce_stats, orders[0]) +
					 i * sizeof(u64)),
				     i + 1 < BOUNCE_ORDERS ? ' ' : '\n');
	return len;
}

/* As in configfs, where udev rules can reach it: when the disk below changes. */
static ssize_t refresh_store(struct device *device, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	if (!sysfs_streq(buf, "1"))
		return -EINVAL;
	bounce_limits_refresh(dev_to_disk(device)->private_data);
	return count;
}

static DEVICE_ATTR_WO(refresh);
static DEVICE_ATTR_RO(read_passed_bios);
static DEVICE_ATTR_RO(read_bounced_bios);
static DEVICE_ATTR_RO(write_passed_bios);
static DEVICE_ATTR_RO(write_bounced_bios);
static DEVICE_ATTR_RO(read_passed_bytes);
static DEVICE_ATTR_RO(read_bounced_bytes);
static DEVICE_ATTR_RO(write_passed_bytes);
static DEVICE_ATTR_RO(write_bounced_bytes);
static DEVICE_ATTR_RO(splits);
static DEVICE_ATTR_RO(orders);
static DEVICE_ATTR_RO(reserve_uses);
static DEVICE_ATTR_RO(reserve_waits);
static DEVICE_ATTR_RO(nowait_refusals);
static DEVICE_ATTR_RO(checks);
static DEVICE_ATTR_RO(mutations);

static struct attribute *bounce_attrs[] = {
	&dev_attr_refresh.attr,
	&dev_attr_read_passed_bios.attr,
	&dev_attr_read_bounced_bios.attr,
	&dev_attr_write_passed_bios.attr,
	&dev_attr_write_bounced_bios.attr,
	&dev_attr_read_passed_bytes.attr,
	&dev_attr_read_bounced_bytes.attr,
	&dev_attr_write_passed_bytes.attr,
	&dev_attr_write_bounced_bytes.attr,
	&dev_attr_splits.attr,
	&dev_attr_orders.attr,
	&dev_attr_reserve_uses.attr,
	&dev_attr_reserve_waits.attr,
	&dev_attr_nowait_refusals.attr,
	&dev_attr_checks.attr,
	&dev_attr_mutations.attr,
	NULL,
};

static const struct attribute_group bounce_group = {
	.name	= "bounce",
	.attrs	= bounce_attrs,
};

const struct attribute_group *bounce_disk_groups[] = {
	&bounce_group,
	NULL,
};
