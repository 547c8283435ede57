// SPDX-License-Identifier: GPL-2.0
/* A later round fails. */

static int pin_all(struct umem *u, unsigned long addr, long todo)
{
	long done = 0, got;

	while (todo) {
		got = pin_user_pages(addr + done * PAGE_SIZE, min(todo, 512L), FOLL_LONGTERM,
				     u->pages + done);
		if (got <= 0)
			goto undo;
		done += got;
		todo -= got;
	}
	u->n = done;
	return 0;
undo:
	unpin_user_pages(u->pages, done);
	return got ? got : -EFAULT;
}
