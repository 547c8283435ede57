// SPDX-License-Identifier: GPL-2.0
/*
 * Tells which ioctls of the driver below only read, and so may pass to a device that
 * must not be written.
 */
#include <linux/nvme_ioctl.h>
#include <linux/uaccess.h>
#include <scsi/scsi.h>
#include <scsi/scsi_proto.h>
#include <scsi/sg.h>

#include "dev.h"

/* Opcodes of NVMe; linux/nvme.h has them, but is private to its drivers. */
enum {
	NVME_GET_LOG_PAGE	= 0x02,
	NVME_IDENTIFY		= 0x06,
	NVME_GET_FEATURES	= 0x0a,
};

static bool nvme_admin_asks(unsigned long arg)
{
	u8 opcode;

	/* the first byte of struct nvme_passthru_cmd and of struct nvme_passthru_cmd64 */
	if (get_user(opcode, (u8 __user *)arg))
		return false;
	return opcode == NVME_GET_LOG_PAGE || opcode == NVME_IDENTIFY ||
	       opcode == NVME_GET_FEATURES;
}

static bool scsi_asks(unsigned long arg)
{
	struct sg_io_hdr header;
	u8 opcode;

	if (in_compat_syscall() ||
	    copy_from_user(&header, (void __user *)arg, sizeof(header)) ||
	    get_user(opcode, header.cmdp))
		return false;
	switch (opcode) {
	case TEST_UNIT_READY:
	case REQUEST_SENSE:
	case INQUIRY:
	case MODE_SENSE:
	case MODE_SENSE_10:
	case LOG_SENSE:
	case READ_CAPACITY:
	case SERVICE_ACTION_IN_16:
	case REPORT_LUNS:
	case READ_6:
	case READ_10:
	case READ_12:
	case READ_16:
		return true;
	}
	return false;
}

/**
 * bounce_query() - does an ioctl of the driver below only read?
 * @cmd: its number
 * @arg: its argument
 *
 * This guards against mistakes, not against a program that changes the argument after
 * the check: its CAP_SYS_RAWIO lets it write to the device below anyway.
 *
 * Return: true if it is known not to write.
 */
bool bounce_query(unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case NVME_IOCTL_ID:
	case SCSI_IOCTL_GET_IDLUN:
	case SCSI_IOCTL_GET_BUS_NUMBER:
	case SCSI_IOCTL_GET_PCI:
	case SG_GET_VERSION_NUM:
	case SG_EMULATED_HOST:
		return true;
	case NVME_IOCTL_ADMIN_CMD:
	case NVME_IOCTL_ADMIN64_CMD:
		return nvme_admin_asks(arg);
	case SG_IO:
		return scsi_asks(arg);
	}
	return false;
}
