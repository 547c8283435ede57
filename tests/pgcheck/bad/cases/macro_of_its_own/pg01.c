// SPDX-License-Identifier: GPL-2.0
/* A macro tells whether an entry goes on. */

#define ABUTS(s, a) ((s)->pa + (s)->extent == (a))
static int scatter(struct chan *c, struct sg_table *t)
{
	struct span *s = c->spans - 1;
	struct scatterlist *e = t->sgl;
	unsigned int left = t->nents;

again:
	if (!left--)
		goto done;
	if (s >= c->spans && ABUTS(s, sg_phys(e)))
		goto longer;
	++s;
	s->pa = sg_phys(e);
	s->extent = e->length;
	goto next;
longer:
	s->extent += e->length;	/* expect: PG01 */
next:
	e = sg_next(e);
	goto again;
done:
	return s - c->spans + 1;
}
