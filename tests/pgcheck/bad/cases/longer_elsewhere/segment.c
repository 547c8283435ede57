// SPDX-License-Identifier: GPL-2.0
/* A segment. */

void seg_more(struct seg *s, u32 n)
{
	s->length += n;
}
