// SPDX-License-Identifier: GPL-2.0
/*
 * Shows how the block layer and the NVMe driver treat I/O that mixes pages of an NVMe
 * controller's memory (P, P2PDMA pages) with pages of the host (H). The module tries
 * each way to make such I/O when it is loaded; the parameter "results" has a line for
 * each try. p2p_mix.sh knows the expected results.
 *
 * The first pages of all three disks are overwritten.
 */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "p2p_mix.h"

static const char * const disk_names[] = { "own", "peer", "pi" };
static const char * const mixes[] = { "HH", "PP", "PH", "HP" };

static char *disks[NR_DISKS];
static char results[PAGE_SIZE];
static size_t results_len;

struct file *p2p_mix_files[NR_DISKS];

void p2p_mix_report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	results_len += vscnprintf(results + results_len, sizeof(results) - results_len,
				  format, args);
	va_end(args);
}

/* I/O that prepares or checks a try, with spare pages. */
static void carry(enum disk disk, int rw)
{
	ssize_t ret = disk == PI ? p2p_mix_meta_io(disk, rw, "SS") :
				   p2p_mix_vector_io(disk, rw, "SS");

	if (ret <= 0)
		p2p_mix_report(" (no I/O with spare pages: %zd)", ret);
}

typedef void try_fn(enum disk disk, int rw, const char *kinds);

static void try_one(const char *name, try_fn *try, enum disk disk, int rw, const char *kinds)
{
	size_t len = disk == PI ? META_BYTES / 2 : PAGE_SIZE;

	p2p_mix_report("%s %s %s %s:", name, disk_names[disk], kinds,
		       rw == WRITE ? "write" : "read");
	p2p_mix_fill("SS", len, rw == READ);
	carry(disk, WRITE);
	p2p_mix_fill(kinds, len, rw == WRITE);
	try(disk, rw, kinds);
	if (rw == WRITE) {
		p2p_mix_fill("SS", len, false);
		carry(disk, READ);
	}
	p2p_mix_report_content(rw == WRITE ? "SS" : kinds, len);
}

static void try_mixes(const char *name, try_fn *try, enum disk disk)
{
	unsigned int i;
	int rw;

	for (i = 0; i < ARRAY_SIZE(mixes); i++)
		for (rw = READ; rw <= WRITE; rw++)
			try_one(name, try, disk, rw, mixes[i]);
}

static void try_all(void)
{
	struct gendisk *peer = file_bdev(p2p_mix_files[PEER])->bd_disk;
	enum disk disk;
	unsigned int i;

	p2p_mix_report("peer: %s\n", p2p_mix_supported(disk_to_dev(peer)) ? "allowed" : "refused");
	for (i = 0; i < ARRAY_SIZE(mixes); i++)
		p2p_mix_try_add(mixes[i]);
	for (disk = OWN; disk <= PEER; disk++) {
		try_mixes("vector", p2p_mix_try_vector, disk);
		try_mixes("pair", p2p_mix_try_pair, disk);
		try_mixes("bios", p2p_mix_try_bios, disk);
		try_mixes("user", p2p_mix_try_user, disk);
	}
	try_mixes("meta", p2p_mix_try_meta, PI);
}

static int __init p2p_mix_test_init(void)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; n < NR_DISKS; n++) {
		p2p_mix_files[n] = filp_open(disks[n] ?: "", O_RDWR | O_DIRECT | O_EXCL, 0);
		if (IS_ERR(p2p_mix_files[n])) {
			ret = PTR_ERR(p2p_mix_files[n]);
			goto close;
		}
	}
	ret = p2p_mix_get_memory(disk_to_dev(file_bdev(p2p_mix_files[OWN])->bd_disk));
	if (!ret)
		try_all();
	p2p_mix_put_memory();
close:
	while (n--)
		filp_close(p2p_mix_files[n], NULL);
	return ret;
}

static void __exit p2p_mix_test_exit(void)
{
}

module_init(p2p_mix_test_init);
module_exit(p2p_mix_test_exit);
module_param_array(disks, charp, NULL, 0444);
MODULE_PARM_DESC(disks, "one of the controller whose memory is used, one of another, one with metadata");
module_param_string(results, results, sizeof(results), 0444);
MODULE_PARM_DESC(results, "what happened");
MODULE_DESCRIPTION("Tries I/O that mixes peer and host memory");
MODULE_LICENSE("GPL");
