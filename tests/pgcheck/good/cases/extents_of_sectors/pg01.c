// SPDX-License-Identifier: GPL-2.0
/* Extents of sectors are no pages. */

static void merge_extents(struct extent *e, int n)
{
	int i;

	for (i = 1; i < n; i++) {
		if (e[i].sector == e[i - 1].sector + e[i - 1].len)
			e[i - 1].len += e[i].len;
	}
}
