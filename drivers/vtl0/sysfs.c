// SPDX-License-Identifier: GPL-2.0
/*
 * The sysfs files: totals in /sys/devices/vtl0, and a device of class vtl0 for each
 * range (Documentation/ABI/testing/sysfs-class-vtl0). The attributes of a range
 * take no lock: device_del() waits for their readers.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "vtl0.h"

static struct device *root;

static const char * const state_names[] = {
	[VTL0_STATE_ADDING] = "adding",
	[VTL0_STATE_LIVE] = "live",
	[VTL0_STATE_REMOVING] = "removing",
	[VTL0_STATE_DRAINING] = "draining",
};

static struct vtl0_range *to_range(struct device *dev)
{
	return container_of(dev, struct vtl0_range, dev);
}

static ssize_t start_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#llx\n", READ_ONCE(to_range(dev)->start));
}
static DEVICE_ATTR_ADMIN_RO(start); /* physical addresses are for root only */

static ssize_t length_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_range(dev)->length));
}
static DEVICE_ATTR_RO(length);

static ssize_t node_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_range(dev)->node));
}
static DEVICE_ATTR_RO(node);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", state_names[READ_ONCE(to_range(dev)->state)]);
}
static DEVICE_ATTR_RO(state);

static ssize_t persist_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_range(dev)->persist));
}
static DEVICE_ATTR_RO(persist);

static ssize_t owners_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_range(dev)->nr_owners));
}
static DEVICE_ATTR_RO(owners);

static ssize_t nr_chunks_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_range(dev)->nr_chunks));
}
static DEVICE_ATTR_RO(nr_chunks);

static ssize_t memmap_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_range(dev)->memmap_bytes));
}
static DEVICE_ATTR_RO(memmap_bytes);

static ssize_t stat_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vtl0_range_info info;

	vtl0_range_info(to_range(dev), &info);
	return sysfs_emit(buf,
			  "faults_pte %llu\nfaults_pmd %llu\nfaults_pud %llu\nfallbacks %llu\n",
			  info.faults_pte, info.faults_pmd, info.faults_pud, info.fallbacks);
}
static DEVICE_ATTR_RO(stat);

static ssize_t bad_pages_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vtl0_range_info info;

	vtl0_range_info(to_range(dev), &info);
	return sysfs_emit(buf, "%llu\n", info.bad_pages);
}
static DEVICE_ATTR_RO(bad_pages);

/* for root only, as it looks at every folio */
static ssize_t usage_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u64 mappings, held;
	int idx;

	/* a part of the range may be removed meanwhile */
	idx = srcu_read_lock(&vtl0_srcu);
	vtl0_pgmaps_count(to_range(dev), &mappings, &held);
	srcu_read_unlock(&vtl0_srcu, idx);
	if (mappings == VTL0_MAPPINGS_UNKNOWN)
		return sysfs_emit(buf, "mappings unknown\nheld %llu\n", held);
	return sysfs_emit(buf, "mappings %llu\nheld %llu\n", mappings, held);
}
static DEVICE_ATTR_ADMIN_RO(usage);

/* the largest entry that can map the range; device-dax has the same attribute */
static ssize_t align_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", PAGE_SIZE << vtl0_range_order(to_range(dev)));
}
static DEVICE_ATTR_RO(align);

static ssize_t name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_range(dev)->file.name);
}
static DEVICE_ATTR_RO(name);

static ssize_t cookie_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%*phN\n", VTL0_COOKIE_SIZE, to_range(dev)->cookie.bytes);
}
static DEVICE_ATTR_RO(cookie);

static struct attribute *range_attrs[] = {
	&dev_attr_name.attr,
	&dev_attr_cookie.attr,
	&dev_attr_start.attr,
	&dev_attr_length.attr,
	&dev_attr_node.attr,
	&dev_attr_state.attr,
	&dev_attr_persist.attr,
	&dev_attr_owners.attr,
	&dev_attr_nr_chunks.attr,
	&dev_attr_align.attr,
	&dev_attr_memmap_bytes.attr,
	&dev_attr_stat.attr,
	&dev_attr_bad_pages.attr,
	&dev_attr_usage.attr,
	NULL
};
ATTRIBUTE_GROUPS(range);

static void range_release(struct device *dev)
{
	struct vtl0_range *range = to_range(dev), *origin = range->origin;

	kvfree(range);
	if (origin != range)
		put_device(&origin->dev);
}

static char *range_devnode(const struct device *dev, umode_t *mode, kuid_t *uid, kgid_t *gid)
{
	const struct vtl0_file_attr *file = &container_of(dev, struct vtl0_range, dev)->file;

	if (mode)
		*mode = file->mode;
	if (uid)
		*uid = file->uid;
	if (gid)
		*gid = file->gid;
	return kasprintf(GFP_KERNEL, "vtl0_%s", file->name);
}

static const struct device_type range_type = {
	.name = "vtl0_range",
	.devnode = range_devnode,
};

static const struct class range_class = {
	.name = "vtl0",
	.dev_groups = range_groups,
	.dev_release = range_release,
};

/**
 * vtl0_sysfs_init_range() - initialise the device of a range, and so its refcount
 * @range: just allocated; from now on vtl0_range_put() frees it
 */
void vtl0_sysfs_init_range(struct vtl0_range *range)
{
	device_initialize(&range->dev);
	range->dev.class = &range_class;
	range->dev.type = &range_type;
	range->dev.parent = root;
	device_set_pm_not_required(&range->dev);
	dev_set_uevent_suppress(&range->dev, true);
}

/**
 * vtl0_sysfs_add() - create the device of a range, without a uevent
 * @range: has its id
 *
 * Context: sleeps.
 * Return: 0, an errno of vtl0_name_add(), or -ENOMEM.
 */
int vtl0_sysfs_add(struct vtl0_range *range)
{
	int ret = dev_set_name(&range->dev, "range%u", range->id);

	if (!ret)
		ret = vtl0_name_add(range);
	if (ret)
		return ret;
	ret = device_add(&range->dev);
	if (ret)
		vtl0_name_del(range);
	return ret;
}

/**
 * vtl0_sysfs_announce() - send the uevent of a range
 * @range: live, so that a program that the uevent starts can map it
 */
void vtl0_sysfs_announce(struct vtl0_range *range)
{
	dev_set_uevent_suppress(&range->dev, false);
	kobject_uevent(&range->dev.kobj, KOBJ_ADD);
}

/**
 * vtl0_sysfs_changed() - send the uevent of a range of which a part was removed
 * @range: its attributes describe the rest
 */
void vtl0_sysfs_changed(struct vtl0_range *range)
{
	kobject_uevent(&range->dev.kobj, KOBJ_CHANGE);
}

/**
 * vtl0_sysfs_del() - remove the device of a range, and wait for readers
 * @range: added by vtl0_sysfs_add()
 */
void vtl0_sysfs_del(struct vtl0_range *range)
{
	device_del(&range->dev);
	/* another range may take the device number only when its links are gone */
	vtl0_name_del(range);
}

/* Totals, at the root device. */

static ssize_t nr_ranges_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", vtl0_totals().nr_ranges);
}
static DEVICE_ATTR_RO(nr_ranges);

static ssize_t bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", vtl0_totals().bytes);
}
static DEVICE_ATTR_RO(bytes);

static ssize_t root_memmap_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", vtl0_totals().memmap_bytes);
}

static struct device_attribute dev_attr_root_memmap_bytes =
	__ATTR(memmap_bytes, 0444, root_memmap_bytes_show, NULL);

static ssize_t memmap_saved_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", vtl0_totals().memmap_saved);
}
static DEVICE_ATTR_RO(memmap_saved);

static struct attribute *vtl0_attrs[] = {
	&dev_attr_nr_ranges.attr,
	&dev_attr_bytes.attr,
	&dev_attr_root_memmap_bytes.attr,
	&dev_attr_memmap_saved.attr,
	NULL
};
ATTRIBUTE_GROUPS(vtl0);

/**
 * vtl0_sysfs_root() - the parent device of the device nodes
 *
 * Return: valid between vtl0_sysfs_init() and vtl0_sysfs_exit().
 */
struct device *vtl0_sysfs_root(void)
{
	return root;
}

int vtl0_sysfs_init(void)
{
	int ret;

	ret = class_register(&range_class);
	if (ret)
		return ret;
	root = root_device_register("vtl0");
	if (IS_ERR(root)) {
		ret = PTR_ERR(root);
		goto class;
	}
	ret = sysfs_create_groups(&root->kobj, vtl0_groups);
	if (ret)
		goto device;
	return 0;

device:
	root_device_unregister(root);
class:
	class_unregister(&range_class);
	return ret;
}

void vtl0_sysfs_exit(void)
{
	sysfs_remove_groups(&root->kobj, vtl0_groups);
	root_device_unregister(root);
	class_unregister(&range_class);
}
