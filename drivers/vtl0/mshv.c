// SPDX-License-Identifier: GPL-2.0
/*
 * The three ioctls through which a VMM written for drivers/hv/mshv_vtl_main.c
 * registers memory. Numbers and layout are those of include/uapi/linux/mshv.h.
 * Results differ where upstream's are wrong: memory that is registered already is
 * skipped, and each error of a range has an errno of its own.
 *
 * Ranges added here are persistent, as upstream's are: they stay until they are
 * removed or the module is unloaded.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "mshv_abi.h"
#include "vtl0.h"

/* The hypervisor's pages have 4 KiB, whatever the page size of this kernel. */
#define PFN_SHIFT	12
/* bit of an address that selects its shared alias */
#define ALIAS_BIT	BIT_ULL(63)
#define MAX_PFN		(U64_MAX >> PFN_SHIFT)

static long check_extension(u32 __user *uarg)
{
	u32 cap;

	if (get_user(cap, uarg))
		return -EFAULT;
	switch (cap) {
	case MSHV_CAP_CORE_API_STABLE:
	case MSHV_CAP_REGISTER_PAGE:
	case MSHV_CAP_VTL_RETURN_ACTION:
	case MSHV_CAP_DR6_SHARED:
		/* not offered: there are no virtual processors here */
		return 0;
	}
	return -EOPNOTSUPP;
}

static int pfns_to_add(const struct mshv_vtl_ram_disposition *arg, struct vtl0_add *add)
{
	if ((arg->start_pfn | arg->last_pfn) > MAX_PFN)
		return -EOVERFLOW;
	/* also where the alias is known, last_pfn must be behind start_pfn as they are */
	if (vtl0_unalias(arg->start_pfn << PFN_SHIFT) & ALIAS_BIT)
		return -EOPNOTSUPP;
	/* last_pfn is exclusive, in spite of its name */
	if (arg->last_pfn <= arg->start_pfn)
		return -EINVAL;
	*add = (struct vtl0_add) {
		.flags = VTL0_ADD_PERSIST | VTL0_ADD_COVER,
		.start = arg->start_pfn << PFN_SHIFT,
		.length = (arg->last_pfn - arg->start_pfn) << PFN_SHIFT,
	};
	return 0;
}

static long add_vtl0_memory(struct vtl0_owner *owner, void __user *uarg)
{
	struct mshv_vtl_ram_disposition arg;
	struct vtl0_add add;
	int ret;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	ret = pfns_to_add(&arg, &add);
	if (ret)
		return ret;
	/* mshv_vtl never answers EINTR, and a VMM written for it does not call again */
	return vtl0_add(owner, &add, true);
}

static long vtl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != MSHV_ADD_VTL0_MEMORY)
		return -ENOTTY;
	return add_vtl0_memory(file->private_data, (void __user *)arg);
}

static int vtl_release(struct inode *inode, struct file *file)
{
	vtl0_owner_release(file->private_data);
	return 0;
}

static const struct file_operations vtl_fops = {
	.owner = THIS_MODULE,
	.release = vtl_release,
	.unlocked_ioctl = vtl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static long create_vtl(void)
{
	struct vtl0_owner *owner = vtl0_owner_alloc();
	int fd;

	if (!owner)
		return -ENOMEM;
	fd = anon_inode_getfd("[vtl0]", &vtl_fops, owner, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		vtl0_owner_release(owner);
	return fd;
}

/**
 * vtl0_mshv_ioctl() - the mshv ioctls of the control node
 * @owner: of the file
 * @cmd: command
 * @arg: its argument
 *
 * Return: the same as mshv_vtl, or -ENOTTY.
 */
long vtl0_mshv_ioctl(struct vtl0_owner *owner, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case MSHV_CHECK_EXTENSION:
		return check_extension((u32 __user *)arg);
	case MSHV_CREATE_VTL:
		return create_vtl();
	case MSHV_ADD_VTL0_MEMORY:
		return add_vtl0_memory(owner, (void __user *)arg);
	}
	return -ENOTTY;
}
