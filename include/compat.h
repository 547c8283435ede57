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
#include <linux/preempt.h>
#include <linux/rcupdate.h>
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

/*
 * before 7.3: no bio_complete_in_task(); its test of the context is made up for
 * here, its work is the driver's own.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
#define COMPAT_HAVE_BIO_COMPLETE_IN_TASK 0
static inline bool bio_in_atomic(void)
{
	if (IS_ENABLED(CONFIG_PREEMPTION) && rcu_preempt_depth())
		return true;
	return !IS_ENABLED(CONFIG_PREEMPT_COUNT) || !preemptible();
}
#else
#define COMPAT_HAVE_BIO_COMPLETE_IN_TASK 1
#endif

#endif /* _COMPAT_H */
