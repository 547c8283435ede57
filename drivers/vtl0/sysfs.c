// SPDX-License-Identifier: GPL-2.0
/*
 * What exists: totals in /sys/devices/vtl0, and one directory per range below
 * "ranges" in it (Documentation/ABI/testing/sysfs-devices-vtl0). The attributes
 * of a range take no lock: removing its directory waits for its readers, and
 * vtl0_lock is held then.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "vtl0.h"

static struct device *root;
static struct kobject *ranges_dir;

static const char * const state_names[] = {
	[VTL0_STATE_ADDING] = "adding",
	[VTL0_STATE_LIVE] = "live",
	[VTL0_STATE_REMOVING] = "removing",
	[VTL0_STATE_DRAINING] = "draining",
};

static struct vtl0_range *to_range(struct kobject *kobj)
{
	return container_of(kobj, struct vtl0_range, kobj);
}

static ssize_t start_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#llx\n", to_range(kobj)->start);
}

static ssize_t length_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_range(kobj)->length);
}

static ssize_t node_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", to_range(kobj)->node);
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", state_names[READ_ONCE(to_range(kobj)->state)]);
}

static ssize_t persist_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_range(kobj)->persist));
}

static ssize_t owners_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_range(kobj)->nr_owners));
}

static ssize_t nr_chunks_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_range(kobj)->nr_chunks);
}

/* A page holds more than 60 of these lines; VTL0_QUERY lists them all. */
static ssize_t chunks_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vtl0_range *range = to_range(kobj);
	unsigned int i;
	int len = 0;

	for (i = 0; i < range->nr_chunks; i++) {
		struct vtl0_piece *p = &range->chunks[i].piece;

		if (len > PAGE_SIZE - 64)
			return len + sysfs_emit_at(buf, len, "...\n");
		len += sysfs_emit_at(buf, len, "%#llx %llu %u\n",
				     p->start, p->length, p->order);
	}
	return len;
}

static ssize_t memmap_bytes_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_range(kobj)->memmap_bytes);
}

static ssize_t memmap_saved_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_range(kobj)->memmap_saved);
}

static ssize_t mappings_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vtl0_range_info info;

	vtl0_range_info(to_range(kobj), &info);
	return sysfs_emit(buf, "%llu\n", info.mappings);
}

static ssize_t held_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vtl0_range_info info;

	vtl0_range_info(to_range(kobj), &info);
	return sysfs_emit(buf, "%llu\n", info.held);
}

static ssize_t show_faults(struct kobject *kobj, char *buf, enum vtl0_level level)
{
	return sysfs_emit(buf, "%lld\n", atomic64_read(&to_range(kobj)->faults[level]));
}

static ssize_t faults_pte_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return show_faults(kobj, buf, VTL0_LEVEL_PTE);
}

static ssize_t faults_pmd_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return show_faults(kobj, buf, VTL0_LEVEL_PMD);
}

static ssize_t faults_pud_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return show_faults(kobj, buf, VTL0_LEVEL_PUD);
}

static ssize_t fallbacks_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n", atomic64_read(&to_range(kobj)->fallbacks));
}

/* Addresses are not for everybody, nor is what looks at every folio. */
static struct kobj_attribute range_start = __ATTR_RO_MODE(start, 0400);
static struct kobj_attribute range_length = __ATTR_RO(length);
static struct kobj_attribute range_node = __ATTR_RO(node);
static struct kobj_attribute range_state = __ATTR_RO(state);
static struct kobj_attribute range_persist = __ATTR_RO(persist);
static struct kobj_attribute range_owners = __ATTR_RO(owners);
static struct kobj_attribute range_nr_chunks = __ATTR_RO(nr_chunks);
static struct kobj_attribute range_chunks = __ATTR_RO_MODE(chunks, 0400);
static struct kobj_attribute range_memmap_bytes = __ATTR_RO(memmap_bytes);
static struct kobj_attribute range_memmap_saved = __ATTR_RO(memmap_saved);
static struct kobj_attribute range_mappings = __ATTR_RO_MODE(mappings, 0400);
static struct kobj_attribute range_held = __ATTR_RO_MODE(held, 0400);
static struct kobj_attribute range_faults_pte = __ATTR_RO(faults_pte);
static struct kobj_attribute range_faults_pmd = __ATTR_RO(faults_pmd);
static struct kobj_attribute range_faults_pud = __ATTR_RO(faults_pud);
static struct kobj_attribute range_fallbacks = __ATTR_RO(fallbacks);

static struct attribute *range_attrs[] = {
	&range_start.attr,
	&range_length.attr,
	&range_node.attr,
	&range_state.attr,
	&range_persist.attr,
	&range_owners.attr,
	&range_nr_chunks.attr,
	&range_chunks.attr,
	&range_memmap_bytes.attr,
	&range_memmap_saved.attr,
	&range_mappings.attr,
	&range_held.attr,
	&range_faults_pte.attr,
	&range_faults_pmd.attr,
	&range_faults_pud.attr,
	&range_fallbacks.attr,
	NULL
};
ATTRIBUTE_GROUPS(range);

static void range_release(struct kobject *kobj)
{
	kvfree(to_range(kobj));
}

static const struct kobj_type range_type = {
	.release = range_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = range_groups,
};

/**
 * vtl0_range_init_kobj() - from here on kobject_put() frees the range
 * @range: just allocated
 */
void vtl0_range_init_kobj(struct vtl0_range *range)
{
	kobject_init(&range->kobj, &range_type);
}

int vtl0_sysfs_add(struct vtl0_range *range)
{
	return kobject_add(&range->kobj, ranges_dir, "%u", range->id);
}

void vtl0_sysfs_del(struct vtl0_range *range)
{
	kobject_del(&range->kobj);
}

/* Totals, at the root device. */

static int totals(struct vtl0_info *info)
{
	*info = (struct vtl0_info) { };
	if (mutex_lock_interruptible(&vtl0_lock))
		return -EINTR;
	vtl0_totals(info);
	mutex_unlock(&vtl0_lock);
	return 0;
}

static ssize_t nr_ranges_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vtl0_info info;
	int ret = totals(&info);

	return ret ?: sysfs_emit(buf, "%u\n", info.nr_ranges);
}
static DEVICE_ATTR_RO(nr_ranges);

static ssize_t bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vtl0_info info;
	int ret = totals(&info);

	return ret ?: sysfs_emit(buf, "%llu\n", info.bytes);
}
static DEVICE_ATTR_RO(bytes);

static ssize_t total_memmap_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vtl0_info info;
	int ret = totals(&info);

	return ret ?: sysfs_emit(buf, "%llu\n", info.memmap_bytes);
}
static DEVICE_ATTR_RO(total_memmap);

static ssize_t total_saved_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vtl0_info info;
	int ret = totals(&info);

	return ret ?: sysfs_emit(buf, "%llu\n", info.memmap_saved);
}
static DEVICE_ATTR_RO(total_saved);

static struct attribute *vtl0_attrs[] = {
	&dev_attr_nr_ranges.attr,
	&dev_attr_bytes.attr,
	&dev_attr_total_memmap.attr,
	&dev_attr_total_saved.attr,
	NULL
};

ATTRIBUTE_GROUPS(vtl0);

/**
 * vtl0_sysfs_root() - the device that the nodes are children of
 *
 * Return: valid between vtl0_sysfs_init() and vtl0_sysfs_exit().
 */
struct device *vtl0_sysfs_root(void)
{
	return root;
}

int vtl0_sysfs_init(void)
{
	int ret = -ENOMEM;

	root = root_device_register("vtl0");
	if (IS_ERR(root))
		return PTR_ERR(root);
	ranges_dir = kobject_create_and_add("ranges", &root->kobj);
	if (!ranges_dir)
		goto device;
	ret = sysfs_create_groups(&root->kobj, vtl0_groups);
	if (ret)
		goto dir;
	return 0;

dir:
	kobject_put(ranges_dir);
device:
	root_device_unregister(root);
	return ret;
}

void vtl0_sysfs_exit(void)
{
	sysfs_remove_groups(&root->kobj, vtl0_groups);
	kobject_put(ranges_dir);
	root_device_unregister(root);
}
