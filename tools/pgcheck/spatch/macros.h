/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's newer macros, for spatch: without these definitions spatch, in
 * particular the 1.1.1 of Debian 12, cannot parse a function that uses one of
 * them. A scope with a guard becomes a plain block, an allocation by type a
 * cast; an attribute disappears.
 */
#define scoped_guard(...)
#define scoped_cond_guard(...)
#define scoped_class(...)
#define scoped_seqlock_read(...)
#define scoped_user_read_access(...)
#define scoped_user_read_access_size(...)
#define scoped_user_write_access(...)
#define scoped_user_write_access_size(...)
#define scoped_user_rw_access(...)
#define scoped_user_rw_access_size(...)
#define scoped_with_kernel_creds(...)
#define scoped_with_init_fs(...)
#define scoped_with_creds(...)
#define scoped_with_creator_creds(...)
#define scoped_mmu_context(...)
#define with_kernel_creds(...)
#define unsafe_copy_loop(...)
#define __pgmap
#define __free(x)
#define __cleanup(x)
#define __counted_by(x)
#define __guarded_by(...)
#define __pt_guarded_by(...)
#define __context_unsafe(...)
#define kmalloc_obj(...) ((void *)0)
#define kzalloc_obj(...) ((void *)0)
#define kmalloc_objs(...) ((void *)0)
#define kzalloc_objs(...) ((void *)0)
#define kmalloc_flex(...) ((void *)0)
#define kzalloc_flex(...) ((void *)0)
#define kvmalloc_obj(...) ((void *)0)
#define kvzalloc_obj(...) ((void *)0)
#define kvmalloc_objs(...) ((void *)0)
#define kvzalloc_objs(...) ((void *)0)
#define kvmalloc_flex(...) ((void *)0)
#define kvzalloc_flex(...) ((void *)0)
#define kmalloc_node_obj(...) ((void *)0)
