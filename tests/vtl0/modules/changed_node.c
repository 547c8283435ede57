// SPDX-License-Identifier: GPL-2.0
/*
 * Changes /reserved-memory as an overlay does, until it is unloaded: each node "changed" gets
 * no-map, and behind its memory a new node "added" has as much.
 */
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>

static struct of_changeset changes;

static int add_node(struct device_node *parent, u64 start, u64 size)
{
	u32 reg[] = { upper_32_bits(start), lower_32_bits(start),
		      upper_32_bits(size), lower_32_bits(size) };
	struct device_node *node;
	char name[32];

	snprintf(name, sizeof(name), "added@%llx", start);
	node = of_changeset_create_node(&changes, parent, name);
	if (!node)
		return -ENOMEM;
	return of_changeset_add_prop_string(&changes, node, "compatible", "vtl0,memory") ?:
	       of_changeset_add_prop_bool(&changes, node, "no-map") ?:
	       of_changeset_add_prop_u32_array(&changes, node, "reg", reg, ARRAY_SIZE(reg));
}

static int change_node(struct device_node *parent, struct device_node *node)
{
	struct resource memory;

	return of_address_to_resource(node, 0, &memory) ?:
	       of_changeset_add_prop_bool(&changes, node, "no-map") ?:
	       add_node(parent, memory.end + 1, resource_size(&memory));
}

static int __init changed_node_init(void)
{
	struct device_node *parent = of_find_node_by_path("/reserved-memory"), *node;
	int err = -ENODEV;

	of_changeset_init(&changes);
	for_each_child_of_node(parent, node) {
		if (!of_node_name_eq(node, "changed"))
			continue;
		err = change_node(parent, node);
		if (err) {
			of_node_put(node);
			break;
		}
	}
	of_node_put(parent);
	err = err ?: of_changeset_apply(&changes);
	if (err)
		of_changeset_destroy(&changes);
	return err;
}

static void __exit changed_node_exit(void)
{
	of_changeset_revert(&changes);
	of_changeset_destroy(&changes);
}

module_init(changed_node_init);
module_exit(changed_node_exit);
MODULE_AUTHOR("vtl0 contributors");
MODULE_DESCRIPTION("Nodes of the devicetree that do not come from firmware");
MODULE_LICENSE("GPL");
