/* SPDX-License-Identifier: GPL-2.0 */
/* I/O of two pages, each of the host (H) or of a peer device (P). */
#ifndef P2P_MIX_H
#define P2P_MIX_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct device;
struct file;
struct page;

#define NR_PAGES 2

/* A tuple of 8 bytes for each sector of a page. */
#define META_BYTES 64

/*
 * The disk of the controller that the peer memory is in, a disk of another
 * controller, and the disk with metadata, which is of another one, too. With the
 * last one it is the metadata that is mixed; its data is a page of the host.
 */
enum disk { OWN, PEER, PI, NR_DISKS };

extern struct file *p2p_mix_files[NR_DISKS];

/* main.c */
__printf(1, 2) void p2p_mix_report(const char *format, ...);

/* memory.c */
int p2p_mix_get_memory(struct device *own);
void p2p_mix_put_memory(void);
bool p2p_mix_supported(struct device *client);
struct page *p2p_mix_page(const char *kinds, unsigned int i);
struct page *p2p_mix_data_page(void);
void p2p_mix_fill(const char *kinds, size_t len, bool fresh);
void p2p_mix_report_content(const char *kinds, size_t len);
unsigned long p2p_mix_map(const char *kinds);

/* tries.c */
ssize_t p2p_mix_vector_io(enum disk disk, int rw, const char *kinds);
ssize_t p2p_mix_user_io(enum disk disk, int rw, const char *kinds);
ssize_t p2p_mix_meta_io(enum disk disk, int rw, const char *kinds);
void p2p_mix_try_vector(enum disk disk, int rw, const char *kinds);
void p2p_mix_try_pair(enum disk disk, int rw, const char *kinds);
void p2p_mix_try_bios(enum disk disk, int rw, const char *kinds);
void p2p_mix_try_user(enum disk disk, int rw, const char *kinds);
void p2p_mix_try_meta(enum disk disk, int rw, const char *kinds);
void p2p_mix_try_add(const char *kinds);

#endif
