// SPDX-License-Identifier: GPL-2.0
/*
 * Notices when what is being written changes before the device below is done
 * with it, and says who submitted it. It does not prevent anything.
 *
 * A bounced write is compared with its copy. Otherwise a checksum at submission
 * is compared with one at completion; then the place of the change is not known.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/crc32.h>
#include <linux/highmem.h>
#include <linux/ratelimit.h>
#include <linux/unaligned.h>

#include "dev.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define NOWHERE UINT_MAX	/* changed, nobody knows where */

static u32 checksum(struct bio *bio, struct bvec_iter iter)
{
	struct bvec_iter pos;
	struct bio_vec bv;
	u32 crc = ~0;

	__bio_for_each_segment(bv, bio, pos, iter) {
		void *p = bvec_kmap_local(&bv);

		crc = crc32c(crc, p, bv.bv_len);
		kunmap_local(p);
	}
	return crc;
}

/* memcmp() goes by single words; this is the cost of detect. */
static bool same_data(const void *a, const void *b, unsigned int len)
{
	const u8 *x = a, *y = b;

	for (; len >= 4 * sizeof(u64); len -= 4 * sizeof(u64)) {
		const u64 *v = (const u64 *)x, *w = (const u64 *)y;

		if ((get_unaligned(v) ^ get_unaligned(w)) |
		    (get_unaligned(v + 1) ^ get_unaligned(w + 1)) |
		    (get_unaligned(v + 2) ^ get_unaligned(w + 2)) |
		    (get_unaligned(v + 3) ^ get_unaligned(w + 3)))
			return false;
		x += 4 * sizeof(u64);
		y += 4 * sizeof(u64);
	}
	return !memcmp(x, y, len);
}

static unsigned int first_difference(const void *a, const void *b, unsigned int len)
{
	const u8 *x = a, *y = b;
	unsigned int i = 0;

	while (i < len && READ_ONCE(x[i]) == y[i])
		i++;
	return i;
}

/* The offset of the first byte that is not as copied, or the length. */
static unsigned int compare(struct bounce_io *io)
{
	struct bvec_iter copy = { .bi_size = io->iter.bi_size };
	struct bvec_iter source = io->iter;
	unsigned int done = 0, same;

	while (source.bi_size) {
		struct bio_vec x = bio_iter_iovec(io->orig, source);
		struct bio_vec y = bio_iter_iovec(&io->bio, copy);
		unsigned int len = min(x.bv_len, y.bv_len);
		void *p = bvec_kmap_local(&x), *q = bvec_kmap_local(&y);

		same = same_data(p, q, len) ? len : first_difference(p, q, len);
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

void bounce_detect_submit(struct bounce_io *io)
{
	struct bounce_dev *dev = io->dev;
	unsigned int every = dev->config.detect_every;

	if (every > 1 && (unsigned int)atomic_inc_return(&dev->detect_seq) % every)
		return;
	io->check = true;
	io->pid = task_pid_nr(current);
	get_task_comm(io->comm, current);
	if (!io->bounced)
		io->checksum = checksum(io->orig, io->iter);
}

static void report(struct bounce_io *io, unsigned int offset)
{
	struct gendisk *disk = io->dev->disk;

	bounce_count(io->dev->stats, mutations);
	trace_bounce_mutation(disk_devt(disk), io->iter.bi_sector,
			      io->iter.bi_size, offset, io->pid, io->comm);
	if (offset == NOWHERE)
		pr_info_ratelimited("%s: a buffer changed in flight: sector %llu, %u bytes, submitted by %s[%d]\n",
				    disk->disk_name, (u64)io->iter.bi_sector,
				    io->iter.bi_size, io->comm, io->pid);
	else
		pr_info_ratelimited("%s: a buffer changed in flight: sector %llu, %u bytes, first at byte %u, submitted by %s[%d]\n",
				    disk->disk_name, (u64)io->iter.bi_sector,
				    io->iter.bi_size, offset, io->comm, io->pid);
}

/* Before the copy is freed and before the submitter hears of the end. */
void bounce_detect_end(struct bounce_io *io)
{
	unsigned int offset;

	bounce_count(io->dev->stats, checks);
	if (!io->bounced) {
		if (checksum(io->orig, io->iter) != io->checksum)
			report(io, NOWHERE);
		return;
	}
	offset = compare(io);
	if (offset < io->iter.bi_size)
		report(io, offset);
}
