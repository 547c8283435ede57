// SPDX-License-Identifier: GPL-2.0
/* The ways to make I/O of two pages, or of metadata in two pages. */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/part_stat.h>
#include <linux/uio.h>

#include "p2p_mix.h"

static ssize_t start_io(struct kiocb *kiocb, int rw, struct iov_iter *iter)
{
	const struct file_operations *fops = kiocb->ki_filp->f_op;

	return rw == WRITE ? fops->write_iter(kiocb, iter) : fops->read_iter(kiocb, iter);
}

/* An ITER_BVEC, as a driver builds it by hand. */
ssize_t p2p_mix_vector_io(enum disk disk, int rw, const char *kinds)
{
	struct bio_vec vecs[NR_PAGES];
	struct iov_iter iter;
	struct kiocb kiocb;
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		bvec_set_page(&vecs[i], p2p_mix_page(kinds, i), PAGE_SIZE, 0);
	/* pgcheck: allow PG05 what comes of it is what is tried */
	iov_iter_bvec(&iter, rw, vecs, NR_PAGES, NR_PAGES * PAGE_SIZE);
	init_sync_kiocb(&kiocb, p2p_mix_files[disk]);
	return start_io(&kiocb, rw, &iter);
}

/* A program's O_DIRECT. */
ssize_t p2p_mix_user_io(enum disk disk, int rw, const char *kinds)
{
	unsigned long addr = p2p_mix_map(kinds);
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret;

	if (IS_ERR_VALUE(addr))
		return addr;
	iov_iter_ubuf(&iter, rw, (void __user *)addr, NR_PAGES * PAGE_SIZE);
	init_sync_kiocb(&kiocb, p2p_mix_files[disk]);
	ret = start_io(&kiocb, rw, &iter);
	vm_munmap(addr, NR_PAGES * PAGE_SIZE);
	return ret;
}

/* A page, with metadata over the seam of two pages in a program's memory; unchecked. */
ssize_t p2p_mix_meta_io(enum disk disk, int rw, const char *kinds)
{
	unsigned long addr = p2p_mix_map(kinds);
	struct uio_meta meta = {};
	struct bio_vec vec;
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret;

	if (IS_ERR_VALUE(addr))
		return addr;
	iov_iter_ubuf(&meta.iter, rw, (void __user *)(addr + PAGE_SIZE - META_BYTES / 2),
		      META_BYTES);
	bvec_set_page(&vec, p2p_mix_data_page(), PAGE_SIZE, 0);
	iov_iter_bvec(&iter, rw, &vec, 1, PAGE_SIZE);
	init_sync_kiocb(&kiocb, p2p_mix_files[disk]);
	kiocb.ki_flags |= IOCB_HAS_METADATA;
	kiocb.private = &meta;
	ret = start_io(&kiocb, rw, &iter);
	vm_munmap(addr, NR_PAGES * PAGE_SIZE);
	return ret;
}

void p2p_mix_try_vector(enum disk disk, int rw, const char *kinds)
{
	p2p_mix_report(" %zd", p2p_mix_vector_io(disk, rw, kinds));
}

void p2p_mix_try_user(enum disk disk, int rw, const char *kinds)
{
	p2p_mix_report(" %zd", p2p_mix_user_io(disk, rw, kinds));
}

void p2p_mix_try_meta(enum disk disk, int rw, const char *kinds)
{
	p2p_mix_report(" %zd", p2p_mix_meta_io(disk, rw, kinds));
}

/* One of two that are submitted together, to places that follow each other. */
struct half {
	struct kiocb kiocb;
	struct iov_iter iter;
	struct bio bio;
	struct bio_vec vec;
	struct completion done;
	ssize_t ret;
};

static void half_done(struct half *half, ssize_t ret)
{
	half->ret = ret;
	complete(&half->done);
}

static void kiocb_done(struct kiocb *kiocb, long ret)
{
	half_done(container_of(kiocb, struct half, kiocb), ret);
}

static void bio_done(struct bio *bio)
{
	half_done(container_of(bio, struct half, bio), blk_status_to_errno(bio->bi_status));
}

static void submit_vector(struct half *half, enum disk disk, int rw, struct page *page,
			  loff_t at)
{
	ssize_t ret;

	bvec_set_page(&half->vec, page, PAGE_SIZE, 0);
	iov_iter_bvec(&half->iter, rw, &half->vec, 1, PAGE_SIZE);
	init_sync_kiocb(&half->kiocb, p2p_mix_files[disk]);
	half->kiocb.ki_pos = at;
	half->kiocb.ki_complete = kiocb_done;
	ret = start_io(&half->kiocb, rw, &half->iter);
	if (ret != -EIOCBQUEUED)
		half_done(half, ret);
}

static void submit_added(struct half *half, enum disk disk, int rw, struct page *page,
			 loff_t at)
{
	bio_init(&half->bio, file_bdev(p2p_mix_files[disk]), &half->vec, 1,
		 rw == WRITE ? REQ_OP_WRITE | REQ_SYNC | REQ_IDLE : REQ_OP_READ);
	half->bio.bi_iter.bi_sector = at >> SECTOR_SHIFT;
	half->bio.bi_end_io = bio_done;
	if (bio_add_page(&half->bio, page, PAGE_SIZE, 0) == PAGE_SIZE)
		submit_bio(&half->bio);
	else
		half_done(half, -EINVAL);
}

typedef void submit_fn(struct half *half, enum disk disk, int rw, struct page *page, loff_t at);

static void submit_both(submit_fn *submit, enum disk disk, int rw, const char *kinds)
{
	struct block_device *bdev = file_bdev(p2p_mix_files[disk]);
	unsigned long merged = part_stat_read(bdev, merges[rw == WRITE]);
	static struct half halves[NR_PAGES];
	struct blk_plug plug;
	unsigned int i;

	blk_start_plug(&plug);
	for (i = 0; i < NR_PAGES; i++) {
		init_completion(&halves[i].done);
		submit(&halves[i], disk, rw, p2p_mix_page(kinds, i), i * PAGE_SIZE);
	}
	blk_finish_plug(&plug);
	for (i = 0; i < NR_PAGES; i++) {
		wait_for_completion(&halves[i].done);
		p2p_mix_report(" %zd", halves[i].ret);
	}
	if (part_stat_read(bdev, merges[rw == WRITE]) > merged)
		p2p_mix_report(" merged");
}

/* Two vectors of a page each. */
void p2p_mix_try_pair(enum disk disk, int rw, const char *kinds)
{
	submit_both(submit_vector, disk, rw, kinds);
}

/* Two bios, as bio_add_page() makes them. */
void p2p_mix_try_bios(enum disk disk, int rw, const char *kinds)
{
	submit_both(submit_added, disk, rw, kinds);
}

/* Both pages into one bio. */
void p2p_mix_try_add(const char *kinds)
{
	struct bio_vec vecs[NR_PAGES];
	unsigned int i, added = 0;
	struct bio bio;

	bio_init(&bio, file_bdev(p2p_mix_files[OWN]), vecs, NR_PAGES, REQ_OP_WRITE);
	for (i = 0; i < NR_PAGES; i++)
		added += bio_add_page(&bio, p2p_mix_page(kinds, i), PAGE_SIZE, 0);
	p2p_mix_report("add %s: %u\n", kinds, added);
	bio_uninit(&bio);
}
