// SPDX-License-Identifier: GPL-2.0
/*
 * The configfs group: creates and removes /sys/kernel/config/bounce_blk/NAME.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "dev.h"

static void free_dev(struct bounce_dev *dev)
{
	mutex_destroy(&dev->stack_lock);
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
	.ct_attrs	= bounce_config_attrs,
	.ct_owner	= THIS_MODULE,
};

/*
 * The name appears in /proc/partitions and in udev's rules, whose readers split lines
 * at blanks, so only printable ASCII is allowed. The block layer writes "/" in the name
 * of a disk as "!".
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
	mutex_init(&dev->stack_lock);
	xa_init(&dev->frozen);
	INIT_WORK(&dev->dead, bounce_disk_dead);
	dev->config.options = bounce_default_options;
	dev->config.partscan = 1;
	config_item_init_type_name(&dev->item, name, &bounce_type);
	return &dev->item;
}

/*
 * rmdir. configfs refuses it while bounce_pin() is in force, so the device is off; only
 * a disk whose device below has just been removed may still be there.
 */
static void bounce_drop(struct config_group *group, struct config_item *item)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	mutex_lock(&dev->lock);
	if (dev->disk)
		bounce_disk_kill(dev);
	mutex_unlock(&dev->lock);
	cancel_work_sync(&dev->dead);
	config_item_put(item);
}

/* The attributes that this build supports. */
static ssize_t bounce_group_features_show(struct config_item *item, char *page)
{
	unsigned int i;
	ssize_t len = 0;

	for (i = 0; bounce_config_attrs[i]; i++)
		len += sysfs_emit_at(page, len, "%s%s", i ? "," : "",
				     bounce_config_attrs[i]->ca_name);
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

/**
 * bounce_config_init() - register the configfs subsystem
 *
 * Return: 0 or an errno of configfs.
 */
int bounce_config_init(void)
{
	config_group_init(&bounce_subsys.su_group);
	mutex_init(&bounce_subsys.su_mutex);
	return configfs_register_subsystem(&bounce_subsys);
}

/**
 * bounce_config_exit() - unregister the configfs subsystem
 *
 * Each device keeps the module, so there is none any more.
 */
void bounce_config_exit(void)
{
	configfs_unregister_subsystem(&bounce_subsys);
	mutex_destroy(&bounce_subsys.su_mutex);
}
