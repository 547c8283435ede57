/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place that knows of kernel versions and configurations. Drivers are
 * written as for the newest supported kernel; what older ones lack is made up
 * for here, each shim with the version it is for.
 */
#ifndef _COMPAT_H
#define _COMPAT_H

#include <linux/kconfig.h>
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#error "Linux 7.2 or later is needed: older kernels lack what keeps bios of two pgmaps apart"
#endif

/* Not every architecture has huge PUD entries; there PUD orders are not used. */
#ifdef CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
#define COMPAT_HAVE_PUD_FOLIOS 1
#else
#define COMPAT_HAVE_PUD_FOLIOS 0
static inline vm_fault_t vmf_insert_folio_pud(struct vm_fault *vmf,
					      struct folio *folio, bool write)
{
	return VM_FAULT_FALLBACK;
}
#endif

/* before 7.3: another name for the position in the bio_vec at bi_idx */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
#define bi_offset bi_bvec_done
#endif

/* before 7.3: no bio_complete_in_task(); the driver has work of its own instead */
#define COMPAT_HAVE_BIO_COMPLETE_IN_TASK (LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0))

#endif /* _COMPAT_H */
