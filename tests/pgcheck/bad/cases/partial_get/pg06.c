// SPDX-License-Identifier: GPL-2.0
/* Fewer pages than wanted are an error. */

static int lockmem(struct ctx *c, unsigned long addr, long n)
{
	long got;
	int rc;

	mmap_read_lock(current->mm);
	got = get_user_pages(addr, n, FOLL_WRITE, c->pages);
	mmap_read_unlock(current->mm);
	if (got != n) {
		rc = got < 0 ? got : -EFAULT;	/* expect: PG06 */
		goto out;
	}
	c->vaddr = vmap(c->pages, n, VM_MAP, PAGE_KERNEL);
	if (!c->vaddr) {
		rc = -ENOMEM;
		goto put;
	}
	return 0;
put:
	release_pages(c->pages, n);
out:
	return rc;
}
