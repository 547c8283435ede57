// SPDX-License-Identifier: GPL-2.0
/* A macro tells whether an entry goes on. */

#define ABUTS(s, e) ((s)->pa + (s)->extent == sg_phys(e) && \
		     zone_device_pages_have_same_pgmap((s)->page, sg_page(e)))
static int scatter(struct chan *c, struct sg_table *t)
{
	struct span *s = c->spans - 1;
	struct scatterlist *e = t->sgl;
	unsigned int left = t->nents;

again:
	if (!left--)
		goto done;
	if (s >= c->spans && ABUTS(s, e))
		goto longer;
	++s;
	s->page = sg_page(e);
	s->pa = sg_phys(e);
	s->extent = e->length;
	goto next;
longer:
	s->extent += e->length;
next:
	e = sg_next(e);
	goto again;
done:
	return s - c->spans + 1;
}
