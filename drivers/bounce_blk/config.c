// SPDX-License-Identifier: GPL-2.0
/*
 * The control plane: /sys/kernel/config/bounce_blk/NAME/ATTRIBUTE.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "dev.h"

#define MAX_RESERVE_KIB		(SZ_1G / SZ_1K)
#define MAX_BOUNCE_KIB		(SZ_16M / SZ_1K)
#define PAGE_KIB		(PAGE_SIZE / SZ_1K)

const char *const bounce_mode_names[BOUNCE_NR_MODES] = {
	[BOUNCE_MODE_NONE]	= "none",
	[BOUNCE_MODE_WRITE]	= "write",
	[BOUNCE_MODE_ALL]	= "all",
	[BOUNCE_MODE_GUEST]	= "guest",
};

/* With dev->lock held: may the configuration be changed? */
static int check_idle(struct bounce_dev *dev)
{
	lockdep_assert_held(&dev->lock);
	return dev->disk ? -EBUSY : 0;
}

/* A NUL would hide what comes behind it. */
static bool is_text(const char *page, size_t count)
{
	return strlen(page) == count;
}

/* A decimal number and nothing else. */
static int parse(const char *page, size_t count, unsigned int min,
		 unsigned int max, unsigned int *value)
{
	unsigned int v;

	if (!is_text(page, count) || *page == '+' || kstrtouint(page, 10, &v) ||
	    v < min || v > max)
		return -EINVAL;
	*value = v;
	return 0;
}

static ssize_t set_number(struct bounce_dev *dev, unsigned int *field,
			  unsigned int value, size_t count)
{
	guard(mutex)(&dev->lock);
	if (check_idle(dev))
		return -EBUSY;
	*field = value;
	return count;
}

static ssize_t set_bool(struct bounce_dev *dev, bool *field, const char *page,
			size_t count)
{
	unsigned int value;

	if (parse(page, count, 0, 1, &value))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (check_idle(dev))
		return -EBUSY;
	*field = value;
	return count;
}

static ssize_t bounce_backing_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%s\n", dev->config.backing);
}

static ssize_t bounce_backing_store(struct config_item *item, const char *page,
				    size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	size_t len = strcspn(page, "\n");
	char *backing;

	/* One line, and not cut off by a NUL. */
	if (!len || len + (page[len] == '\n') != count)
		return -EINVAL;
	backing = kstrndup(page, len, GFP_KERNEL);
	if (!backing)
		return -ENOMEM;
	mutex_lock(&dev->lock);
	if (check_idle(dev))
		count = -EBUSY;
	else
		swap(dev->config.backing, backing);
	mutex_unlock(&dev->lock);
	kfree(backing);
	return count;
}

static ssize_t bounce_mode_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return sysfs_emit(page, "%s\n",
			  bounce_mode_names[READ_ONCE(dev->config.mode)]);
}

static ssize_t bounce_mode_store(struct config_item *item, const char *page,
				 size_t count)
{
	int mode = __sysfs_match_string(bounce_mode_names, BOUNCE_NR_MODES, page);
	struct bounce_dev *dev = to_bounce_dev(item);

	if (mode < 0 || !is_text(page, count))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (check_idle(dev))
		return -EBUSY;
	dev->config.mode = mode;
	return count;
}

static ssize_t bounce_detect_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_bounce_dev(item)->config.detect);
}

static ssize_t bounce_detect_store(struct config_item *item, const char *page,
				   size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return set_bool(dev, &dev->config.detect, page, count);
}

static ssize_t bounce_detect_every_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_bounce_dev(item)->config.detect_every);
}

static ssize_t bounce_detect_every_store(struct config_item *item,
					 const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int value;

	if (parse(page, count, 1, UINT_MAX, &value))
		return -EINVAL;
	return set_number(dev, &dev->config.detect_every, value, count);
}

static ssize_t bounce_reserve_kib_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_bounce_dev(item)->config.reserve_kib);
}

static ssize_t bounce_reserve_kib_store(struct config_item *item,
					const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int value;

	if (parse(page, count, PAGE_KIB, MAX_RESERVE_KIB, &value))
		return -EINVAL;
	return set_number(dev, &dev->config.reserve_kib, value, count);
}

static ssize_t bounce_max_bounce_kib_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_bounce_dev(item)->config.max_bounce_kib);
}

static ssize_t bounce_max_bounce_kib_store(struct config_item *item,
					   const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int value;

	if (parse(page, count, PAGE_KIB, MAX_BOUNCE_KIB, &value) || value % PAGE_KIB)
		return -EINVAL;
	return set_number(dev, &dev->config.max_bounce_kib, value, count);
}

static ssize_t bounce_read_only_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_bounce_dev(item)->config.read_only);
}

static ssize_t bounce_read_only_store(struct config_item *item,
				      const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return set_bool(dev, &dev->config.read_only, page, count);
}

static ssize_t bounce_power_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%d\n", !!dev->disk);
}

static ssize_t bounce_power_store(struct config_item *item, const char *page,
				  size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int on;
	int ret = 0;

	if (parse(page, count, 0, 1, &on))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (on && !dev->disk)
		ret = bounce_disk_up(dev);
	else if (!on && dev->disk)
		ret = bounce_disk_down(dev);
	return ret ?: count;
}

static ssize_t bounce_disk_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%s\n", dev->disk ? dev->disk->disk_name : "");
}

CONFIGFS_ATTR(bounce_, backing);
CONFIGFS_ATTR(bounce_, mode);
CONFIGFS_ATTR(bounce_, detect);
CONFIGFS_ATTR(bounce_, detect_every);
CONFIGFS_ATTR(bounce_, reserve_kib);
CONFIGFS_ATTR(bounce_, max_bounce_kib);
CONFIGFS_ATTR(bounce_, read_only);
CONFIGFS_ATTR(bounce_, power);
CONFIGFS_ATTR_RO(bounce_, disk);

static struct configfs_attribute *bounce_attrs[] = {
	&bounce_attr_backing,
	&bounce_attr_mode,
	&bounce_attr_detect,
	&bounce_attr_detect_every,
	&bounce_attr_reserve_kib,
	&bounce_attr_max_bounce_kib,
	&bounce_attr_read_only,
	&bounce_attr_power,
	&bounce_attr_disk,
	NULL,
};

static void free_dev(struct bounce_dev *dev)
{
	mutex_destroy(&dev->lock);
	kfree(dev->config.backing);
	kfree(dev);
}

static void bounce_release(struct config_item *item)
{
	free_dev(to_bounce_dev(item));
}

static struct configfs_item_operations bounce_item_ops = {
	.release	= bounce_release,
};

static const struct config_item_type bounce_type = {
	.ct_item_ops	= &bounce_item_ops,
	.ct_attrs	= bounce_attrs,
	.ct_owner	= THIS_MODULE,
};

/*
 * What udev, /proc/partitions and everybody who splits lines at blanks can live
 * with; "!" stands for "/" in the names of block devices.
 */
static bool is_name(const char *name)
{
	while (*name && isascii(*name) && isgraph(*name) && *name != '!')
		name++;
	return !*name;
}

static struct config_item *bounce_make(struct config_group *group,
				       const char *name)
{
	struct bounce_dev *dev;

	if (strlen(BOUNCE_DISK_PREFIX) + strlen(name) >= DISK_NAME_LEN)
		return ERR_PTR(-ENAMETOOLONG);
	if (!is_name(name))
		return ERR_PTR(-EINVAL);
	dev = kzalloc_obj(*dev);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->config.backing = kstrdup("", GFP_KERNEL);
	if (!dev->config.backing) {
		kfree(dev);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&dev->lock);
	dev->config.mode = BOUNCE_MODE_WRITE;
	dev->config.detect_every = 1;
	dev->config.reserve_kib = 1024;
	dev->config.max_bounce_kib = 1024;
	config_item_init_type_name(&dev->item, name, &bounce_type);
	return &dev->item;
}

/* rmdir, which cannot be refused. */
static void bounce_drop(struct config_group *group, struct config_item *item)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	mutex_lock(&dev->lock);
	if (dev->disk)
		bounce_disk_kill(dev);
	mutex_unlock(&dev->lock);
	config_item_put(item);
}

static ssize_t bounce_group_features_show(struct config_item *item, char *page)
{
	unsigned int i;
	ssize_t len = 0;

	for (i = 0; bounce_attrs[i]; i++)
		len += sysfs_emit_at(page, len, "%s%s", i ? "," : "",
				     bounce_attrs[i]->ca_name);
	return len + sysfs_emit_at(page, len, "\n");
}

CONFIGFS_ATTR_RO(bounce_group_, features);

static struct configfs_attribute *bounce_group_attrs[] = {
	&bounce_group_attr_features,
	NULL,
};

static struct configfs_group_operations bounce_group_ops = {
	.make_item	= bounce_make,
	.drop_item	= bounce_drop,
};

static const struct config_item_type bounce_group_type = {
	.ct_group_ops	= &bounce_group_ops,
	.ct_attrs	= bounce_group_attrs,
	.ct_owner	= THIS_MODULE,
};

static struct configfs_subsystem bounce_subsys = {
	.su_group = {
		.cg_item = {
			.ci_namebuf	= "bounce_blk",
			.ci_type	= &bounce_group_type,
		},
	},
};

int bounce_config_init(void)
{
	config_group_init(&bounce_subsys.su_group);
	mutex_init(&bounce_subsys.su_mutex);
	return configfs_register_subsystem(&bounce_subsys);
}

void bounce_config_exit(void)
{
	configfs_unregister_subsystem(&bounce_subsys);
	mutex_destroy(&bounce_subsys.su_mutex);
}
