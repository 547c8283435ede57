// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of vtl0_fuzz: arguments that are a function of the seed. Valid ones move
 * about in a few ranges of reserved RAM, so that they meet each other, and some
 * without RAM, which are never touched. Lengths are small or absurd, never in
 * between: registering a range of many GiB would take the whole time of the run.
 */
#include <linux/mshv.h>
#include <sys/ioctl.h>

#include "fuzz.h"

#define NO_RAM TIB(16)

/* ------------------------------------------------------------------ */
/* Values */

uint64_t pick(struct caller *c, uint64_t n)
{
	return guide_next(&c->guide) % n;
}

bool rarely(struct caller *c)
{
	return !pick(c, 16);
}

static uint64_t odd_address(struct caller *c)
{
	static const uint64_t odd[] = {
		0, 1, PAGE, MIB(2), MIB(16), 0xfee00000, 0xfec00000, 0xb0000000, 0xe0000000000,
		1ULL << 46, 1ULL << 51, 1ULL << 52, 1ULL << 63, ~0ULL, ~0ULL << 12, ~0ULL << 21,
	};

	return pick(c, 2) ? odd[pick(c, ARRAY_SIZE(odd))] : guide_next(&c->guide);
}

/* Small or absurd: see above. */
static uint64_t odd_length(struct caller *c)
{
	switch (pick(c, 4)) {
	case 0:
		return 0;
	case 1:
		return pick(c, MIB(64));
	case 2:
		return guide_next(&c->guide) | 1ULL << 60;
	default:
		return -MIB(2);
	}
}

static void pick_range(struct caller *c, uint64_t *start, uint64_t *length)
{
	/* the whole window leaves no room to the other thread, so not often */
	const struct window *slot = &slots[pick(c, NR_SLOTS - !rarely(c))];

	*start = window.start + slot->start;
	*length = slot->length;
	switch (pick(c, 32)) {
	case 0:
		*start = odd_address(c);
		break;
	case 1:
		*length = odd_length(c);
		break;
	case 2:
		*start += MIB(2);
		break;
	case 3:
		*start += pick(c, MIB(2));
		break;
	case 4:
		*length += MIB(2);
		break;
	case 5:
		*start = NO_RAM + slot->start;
		break;
	case 6:
		*start |= ALIAS;
		break;
	}
}

static bool in_window(uint64_t start, uint64_t length)
{
	return start >= window.start && start - window.start <= window.length &&
	       length <= window.length - (start - window.start);
}

/* For a call that adds. */
static void pick_new_range(struct caller *c, uint64_t *start, uint64_t *length)
{
	pick_range(c, start, length);
	if (!clearing() || !in_window(*start & ~ALIAS, *length))
		return;
	*start += NO_RAM - window.start;
	if (*length > MIB(64))
		*length = MIB(64);
}

static uint32_t pick_size(struct caller *c, uint32_t size)
{
	switch (pick(c, 32)) {
	case 0:
		return 0;
	case 1:
		return size - 8;
	case 2:
		return size + 8;
	case 3:
		return PAGE;
	case 4:
		return PAGE + 1;
	case 5:
		return guide_next(&c->guide);
	}
	return size;
}

/* Where results go: mostly memory, sometimes that of vtl0, or nothing. */
uint64_t pick_out(struct caller *c)
{
	switch (pick(c, 16)) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)c->page + 2 * PAGE - 100;
	case 2:
		return (uintptr_t)c->page + PAGE;
	case 3:
	case 4:
		return (uintptr_t)arena + pick(c, GIB(1) - OUT_SIZE);
	case 5:
		return 0xffff888000000000;
	}
	return (uintptr_t)c->out;
}

/* ------------------------------------------------------------------ */
/* Arguments */

unsigned int fill_add(struct caller *c, union arg *arg)
{
	struct vtl0_add *a = &arg->add;

	a->size = pick_size(c, sizeof(*a));
	pick_new_range(c, (uint64_t *)&a->start, (uint64_t *)&a->length);
	if (pick(c, 3))
		a->flags = 1U << pick(c, rarely(c) ? 32 : 10);
	if (rarely(c))
		a->flags |= guide_next(&c->guide) & 0x3ff;
	if (a->flags & VTL0_ADD_CHUNK)
		a->chunk_length = (1 + pick(c, 8)) * MIB(2) + (rarely(c) ? PAGE : 0);
	/* 512 chunks take minutes on a busy machine, in which the next add waits */
	if (a->flags & VTL0_ADD_CHUNK && a->length > MIB(64))
		a->chunk_length *= 16;
	/* a GiB of single pages takes seconds, to add and in every query */
	if (a->flags & VTL0_ADD_ORDER)
		a->max_order = a->length > MIB(64) ? 9 + pick(c, 11) : pick(c, 20);
	/* 64 MiB without RAM take 1.6 s on an emulated debug kernel, and odd ranges are long */
	if (!in_window(a->start & ~ALIAS, a->length))
		a->flags &= ~VTL0_ADD_CLEAR;
	if (a->flags & VTL0_ADD_NODE)
		a->node = rarely(c) ? (int)guide_next(&c->guide) : 0;
	if (a->flags & VTL0_ADD_COOKIE)
		a->cookie[0] = pick(c, 3);
	/* for use_names(); VTL0_ADD_COVER knows none */
	if (!pick(c, 4) && !a->flags)
		a->flags = VTL0_ADD_NAME;
	/* few names, so that they are taken at times */
	if (a->flags & VTL0_ADD_NAME) {
		a->name[0] = 'a' + pick(c, 4);
		a->name[1] = rarely(c) ? (char)guide_next(&c->guide) : 0;
		a->file_mode = rarely(c) ? (uint32_t)guide_next(&c->guide) : 0600;
	}
	return VTL0_ADD;
}

unsigned int fill_remove(struct caller *c, union arg *arg)
{
	struct vtl0_remove *r = &arg->remove;

	r->size = pick_size(c, sizeof(*r));
	r->flags = rarely(c) ? (uint32_t)guide_next(&c->guide) : 0;
	pick_range(c, (uint64_t *)&r->start, (uint64_t *)&r->length);
	if (!pick(c, 3)) {
		/* mostly one chunk or some; the commonest ones are multiples of this */
		uint64_t n = r->length / MIB(2), first = n ? pick(c, n) : 0;

		r->flags |= VTL0_REMOVE_PART;
		r->start += first * MIB(2);
		r->length = n ? (1 + pick(c, n - first)) * MIB(2) : r->length;
	}
	return VTL0_REMOVE;
}

unsigned int fill_query(struct caller *c, union arg *arg)
{
	static const uint32_t sizes[] = {
		16, 24, sizeof(struct vtl0_chunk_info), sizeof(struct vtl0_range_info),
		sizeof(struct vtl0_range_info) + 8, PAGE,
	};
	struct vtl0_query *q = &arg->query;

	q->size = pick_size(c, sizeof(*q));
	q->flags = pick(c, 3) | (rarely(c) ? (uint32_t)guide_next(&c->guide) : 0);
	q->cursor = pick(c, 4) ? 0 : pick(c, 2) ? window.start + pick(c, GIB(1)) :
							     odd_address(c);
	q->buf = pick_out(c);
	q->entry_size = rarely(c) ? (uint32_t)pick(c, 2 * PAGE) :
				    sizes[pick(c, ARRAY_SIZE(sizes))];
	q->count = rarely(c) ? (uint32_t)guide_next(&c->guide) : (uint32_t)pick(c, 70);
	return VTL0_QUERY;
}

unsigned int fill_info(struct caller *c, union arg *arg)
{
	arg->info.size = pick_size(c, sizeof(arg->info));
	arg->info.flags = rarely(c);
	return VTL0_INFO;
}

unsigned int fill_plan(struct caller *c, union arg *arg)
{
	struct vtl0_plan *p = &arg->plan;

	p->size = pick_size(c, sizeof(*p));
	p->flags = pick(c, 8) | (rarely(c) ? (uint32_t)guide_next(&c->guide) : 0);
	pick_range(c, (uint64_t *)&p->start, (uint64_t *)&p->length);
	/* a calculation may be large */
	if (rarely(c))
		p->length = 1ULL << (21 + pick(c, 31));
	if (p->flags & VTL0_ADD_CHUNK)
		p->chunk_length = (1 + pick(c, 64)) * MIB(2);
	if (p->flags & VTL0_ADD_ORDER)
		p->max_order = pick(c, 64);
	p->count = pick(c, 100);
	p->buf = pick_out(c);
	return VTL0_PLAN;
}

unsigned int fill_open(struct caller *c, union arg *arg)
{
	struct vtl0_open *o = &arg->open;

	o->size = pick_size(c, sizeof(*o));
	o->flags = pick(c, 2) | (rarely(c) ? (uint32_t)guide_next(&c->guide) : 0);
	pick_range(c, (uint64_t *)&o->start, (uint64_t *)&o->length);
	if (pick(c, 2))
		o->length = MIB(2);
	o->reserved = rarely(c);
	return VTL0_OPEN;
}

/* Often dropped again: what is touched in a window comes back after each removal. */
unsigned int fill_window(struct caller *c, union arg *arg)
{
	struct vtl0_window *w = &arg->window;

	w->size = pick_size(c, sizeof(*w));
	w->cookie[0] = rarely(c);
	w->flags = (pick(c, 3) ? VTL0_WINDOW_DROP : w->cookie[0] ? VTL0_WINDOW_COOKIE : 0) |
		   (rarely(c) ? (uint32_t)guide_next(&c->guide) : 0);
	pick_new_range(c, (uint64_t *)&w->start, (uint64_t *)&w->length);
	return VTL0_WINDOW;
}

unsigned int fill_mshv_add(struct caller *c, union arg *arg)
{
	uint64_t start, length;

	pick_new_range(c, &start, &length);
	arg->ram.start_pfn = start / PAGE;
	arg->ram.last_pfn = (start + length) / PAGE;
	if (!pick(c, 8)) {
		arg->ram.start_pfn |= ALIAS / PAGE;
		arg->ram.last_pfn |= ALIAS / PAGE;
	}
	if (rarely(c))
		arg->ram.start_pfn |= 1ULL << (40 + pick(c, 24));
	return MSHV_ADD_VTL0_MEMORY;
}

unsigned int fill_mshv_check(struct caller *c, union arg *arg)
{
	arg->words[0] = pick(c, 6);
	return MSHV_CHECK_EXTENSION;
}

unsigned int fill_garbage(struct caller *c, union arg *arg)
{
	static const unsigned int commands[] = {
		VTL0_ADD, VTL0_REMOVE, VTL0_QUERY, VTL0_INFO, VTL0_PLAN, VTL0_WINDOW,
		MSHV_ADD_VTL0_MEMORY,
		MSHV_CHECK_EXTENSION, MSHV_CREATE_VTL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arg->words); i++)
		arg->words[i] = pick(c, 2) ? guide_next(&c->guide) : 0;
	if (pick(c, 2))
		arg->words[0] = pick(c, 128);
	if (pick(c, 4))
		return commands[pick(c, ARRAY_SIZE(commands))];
	return _IOC(pick(c, 4), pick(c, 2) ? VTL0_IOCTL_TYPE : 0xB8, pick(c, 256),
		    pick(c, 256));
}
