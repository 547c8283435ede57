// SPDX-License-Identifier: GPL-2.0
/*
 * The table of programs whose writes changed in flight.
 */
#include <linux/module.h>

#include "core.h"

const char *const bounce_source_names[BOUNCE_NR_SOURCES] = {
	[BOUNCE_SOURCE_DIRECT]	= "direct",
	[BOUNCE_SOURCE_CACHE]	= "page_cache",
	[BOUNCE_SOURCE_SWAP]	= "swap",
	[BOUNCE_SOURCE_KERNEL]	= "kernel",
};
EXPORT_SYMBOL_GPL(bounce_source_names);

/**
 * bounce_mutators_init() - initialise an empty table
 * @mutators: the table
 */
void bounce_mutators_init(struct bounce_mutators *mutators)
	__context_unsafe(/* no other task can reach it yet */)
{
	spin_lock_init(&mutators->lock);
	mutators->nr = 0;
}

static struct bounce_mutator *find(struct bounce_mutators *mutators,
				   const struct bounce_io *io,
				   enum bounce_source source)
	__must_hold(&mutators->lock)
{
	unsigned int i;

	for (i = 0; i < mutators->nr; i++) {
		struct bounce_mutator *m = &mutators->table[i];

		if (m->source == source && m->kthread == io->kthread &&
		    !strncmp(m->comm, io->comm, TASK_COMM_LEN))
			return m;
	}
	return NULL;
}

/* Returns a free entry, or, if there is none, the one with the lowest count. */
static struct bounce_mutator *make(struct bounce_mutators *mutators)
	__must_hold(&mutators->lock)
{
	struct bounce_mutator *least = mutators->table;
	unsigned int i;

	if (mutators->nr < BOUNCE_NR_MUTATORS)
		return &mutators->table[mutators->nr++];
	for (i = 1; i < BOUNCE_NR_MUTATORS; i++) {
		if (mutators->table[i].count < least->count)
			least = &mutators->table[i];
	}
	return least;
}

/**
 * bounce_mutators_add() - count a write that changed in flight for its program
 * @mutators: the table; when it is full, the entry with the lowest count is given up
 * @io: the write
 * @source: where its data is from
 *
 * Context: any.
 */
void bounce_mutators_add(struct bounce_mutators *mutators,
			 const struct bounce_io *io, enum bounce_source source)
{
	struct bounce_mutator *m;
	unsigned long flags;

	spin_lock_irqsave(&mutators->lock, flags);
	m = find(mutators, io, source);
	if (!m) {
		m = make(mutators);
		memcpy(m->comm, io->comm, TASK_COMM_LEN);
		m->source = source;
		m->kthread = io->kthread;
		m->count = 0;
	}
	m->count++;
	m->last = io->part.bi_sector;
	spin_unlock_irqrestore(&mutators->lock, flags);
}

/**
 * bounce_engine_show_mutators() - print the table
 * @engine: the engine
 * @buf: where to write
 * @size: bytes there
 *
 * A line each: how often, sector of the last time, source, "task" or "kthread",
 * name of the program.
 *
 * Context: any.
 * Return: bytes written, without the final NUL.
 */
ssize_t bounce_engine_show_mutators(struct bounce_engine *engine, char *buf,
				    size_t size)
{
	struct bounce_mutators *mutators = &engine->mutators;
	ssize_t len = 0;
	unsigned int i;

	spin_lock_irq(&mutators->lock);
	for (i = 0; i < mutators->nr; i++) {
		const struct bounce_mutator *m = &mutators->table[i];

		len += scnprintf(buf + len, size - len, "%llu %llu %s %s %s\n",
				 m->count, (u64)m->last,
				 bounce_source_names[m->source],
				 m->kthread ? "kthread" : "task", m->comm);
	}
	spin_unlock_irq(&mutators->lock);
	return len;
}
EXPORT_SYMBOL_GPL(bounce_engine_show_mutators);

/**
 * bounce_engine_reset() - clear the table of mutators and the counters
 * @engine: the engine
 *
 * Does not clear the counters of the pool. Events that are counted meanwhile may be
 * lost.
 *
 * Context: process context.
 */
void bounce_engine_reset(struct bounce_engine *engine)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(engine->stats, cpu), 0, sizeof(*engine->stats));
	spin_lock_irq(&engine->mutators.lock);
	engine->mutators.nr = 0;
	spin_unlock_irq(&engine->mutators.lock);
}
EXPORT_SYMBOL_GPL(bounce_engine_reset);
