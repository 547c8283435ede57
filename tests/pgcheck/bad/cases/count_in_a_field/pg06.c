// SPDX-License-Identifier: GPL-2.0
/* The result is kept in a field. */

static int xsk_like(struct umem *u)
{
	int err;

	mmap_read_lock(current->mm);
	u->got = pin_user_pages(u->addr, u->npgs, FOLL_WRITE | FOLL_LONGTERM, &u->pgs[0]);
	mmap_read_unlock(current->mm);
	if (u->got != u->npgs)
		return u->got >= 0 ? -ENOMEM : u->got;	/* expect: PG06 */
	err = account(u);
	return err;
}
