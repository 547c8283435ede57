/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mshv ioctls that vtl0 answers, also where the kernel's own header has none
 * (before 6.15) or not those of VTL0 (before 7.0).
 */
#ifndef _MSHV_ABI_H
#define _MSHV_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* sparse does not know __has_include(); it is run on kernels that have the header */
#ifdef __CHECKER__
#include <uapi/linux/mshv.h>
#else
#if __has_include(<uapi/linux/mshv.h>)
#include <uapi/linux/mshv.h>
#endif
#endif

#ifndef MSHV_IOCTL
#define MSHV_IOCTL 0xB8
#endif

#ifndef MSHV_CHECK_EXTENSION
#define MSHV_CHECK_EXTENSION		_IOW(MSHV_IOCTL, 0x00, __u32)
#define MSHV_CAP_CORE_API_STABLE	0
#define MSHV_CAP_REGISTER_PAGE		1
#define MSHV_CAP_VTL_RETURN_ACTION	2
#define MSHV_CAP_DR6_SHARED		3
#endif

#ifndef MSHV_ADD_VTL0_MEMORY
/* @last_pfn is the first one behind the range. */
struct mshv_vtl_ram_disposition {
	__u64 start_pfn;
	__u64 last_pfn;
};

#define MSHV_CREATE_VTL			_IOR(MSHV_IOCTL, 0x1D, char)
#define MSHV_ADD_VTL0_MEMORY		_IOW(MSHV_IOCTL, 0x21, struct mshv_vtl_ram_disposition)
#endif

#endif /* _MSHV_ABI_H */
