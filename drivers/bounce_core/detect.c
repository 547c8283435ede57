// SPDX-License-Identifier: GPL-2.0
/*
 * Detects that the data of a write changed before the device below completed it, and
 * reports the task that submitted the write. It does not prevent the change.
 *
 * A checksum at submission, of the copy if there is one, is compared with one of the
 * source at completion. Only a copy tells which byte changed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/crc32.h>
#include <linux/highmem.h>
#include <linux/ratelimit.h>

#include "core.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define NOWHERE UINT_MAX	/* the offset of the change is not known */

/* Whole vecs at a time: all memory of 64-bit kernels is mapped. By hand, as copy_vecs(). */
static u32 checksum(const struct bio *bio, struct bvec_iter iter)
{
	struct bio_vec first = mp_bvec_iter_bvec(bio->bi_io_vec, iter);
	struct bio_vec *bv = &bio->bi_io_vec[iter.bi_idx + 1];
	unsigned int left = iter.bi_size - first.bv_len, len;
	u32 crc = crc32c(~0, bvec_virt(&first), first.bv_len);

	for (; left; left -= len, bv++) {
		len = min(left, bv->bv_len);
		crc = crc32c(crc, bvec_virt(bv), len);
	}
	return crc;
}

static unsigned int first_difference(const void *a, const void *b, unsigned int len)
{
	const u8 *x = a, *y = b;
	unsigned int i = 0;

	while (i < len && READ_ONCE(x[i]) == y[i])
		i++;
	return i;
}

/* The offset of the first byte that differs from the copy, or the length. */
static unsigned int compare(struct bounce_io *io)
{
	struct bvec_iter copy = { .bi_size = io->part.bi_size };
	struct bvec_iter source = io->part;
	unsigned int done = 0, same;

	while (source.bi_size) {
		struct bio_vec x = bio_iter_iovec(io->orig, source);
		struct bio_vec y = bio_iter_iovec(&io->bio, copy);
		unsigned int len = min(x.bv_len, y.bv_len);
		void *p = bvec_kmap_local(&x), *q = bvec_kmap_local(&y);

		same = memcmp(p, q, len) ? first_difference(p, q, len) : len;
		kunmap_local(q);
		kunmap_local(p);
		done += same;
		if (same < len)
			break;
		bio_advance_iter_single(io->orig, &source, len);
		bio_advance_iter_single(&io->bio, &copy, len);
	}
	return done;
}

/**
 * bounce_detect_submit() - remember a write for bounce_detect_end(), or leave it out
 * @io: about to be submitted
 *
 * Notes the checksum and the task, for one write in detect_every.
 *
 * Context: in the task that submitted the bio from above.
 */
void bounce_detect_submit(struct bounce_io *io)
{
	struct bounce_engine *engine = io->engine;
	unsigned int every = READ_ONCE(engine->detect_every);

	if (every > 1 &&
	    (unsigned int)atomic_inc_return(&engine->detect_seq) % every)
		return;
	io->check = true;
	io->kthread = current->flags & PF_KTHREAD;
	io->pid = task_pid_nr(current);
	get_task_comm(io->comm, current);
	if (io->bounced)
		/* Still in the CPU's cache, and it does not change. */
		io->checksum = checksum(&io->bio, io->bio.bi_iter);
	else
		io->checksum = checksum(io->orig, io->part);
}

/* For direct I/O only: a page of the page cache that changed is written again. */
static void print(const struct bounce_io *io, unsigned int offset,
		  const char *memory)
{
	const char *name = io->engine->disk->disk_name;
	const char *task = io->kthread ? "kernel thread " : "";

	if (offset == NOWHERE)
		pr_info_ratelimited("%s: a buffer changed in flight: sector %llu, %u bytes, %s memory, direct I/O of %s%s[%d]\n",
				    name, (u64)io->part.bi_sector,
				    io->part.bi_size, memory, task, io->comm,
				    io->pid);
	else
		pr_info_ratelimited("%s: a buffer changed in flight: sector %llu, %u bytes, first at byte %u, %s memory, direct I/O of %s%s[%d]\n",
				    name, (u64)io->part.bi_sector,
				    io->part.bi_size, offset, memory, task,
				    io->comm, io->pid);
}

static void report(struct bounce_io *io, unsigned int offset)
{
	struct bounce_engine *engine = io->engine;
	enum bounce_source source = bounce_source_of(io->orig, io->part);
	const char *memory = bounce_memory_of(io->orig, io->part);

	bounce_count(engine->stats, mutations[source]);
	if (io->kthread)
		bounce_count(engine->stats, mutations_kthread);
	bounce_mutators_add(&engine->mutators, io, source);
	trace_bounce_mutation(disk_devt(engine->disk), io->part.bi_sector,
			      io->part.bi_size, offset, io->pid, io->comm,
			      bounce_source_names[source], memory, io->kthread);
	if (source == BOUNCE_SOURCE_DIRECT)
		print(io, offset, memory);
}

/**
 * bounce_detect_end() - report a write whose source has changed since its submission
 * @io: a write that the device below has ended
 *
 * Context: any; before the folios are put and the bio from above ends, as both are read.
 */
void bounce_detect_end(struct bounce_io *io)
{
	unsigned int offset = NOWHERE;

	bounce_count(io->engine->stats, checks);
	if (checksum(io->orig, io->part) == io->checksum)
		return;
	if (io->bounced)
		offset = compare(io);
	/* It may have been changed back since. */
	report(io, offset < io->part.bi_size ? offset : NOWHERE);
}
