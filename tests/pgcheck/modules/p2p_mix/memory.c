// SPDX-License-Identifier: GPL-2.0
/* The mixed pages: their origin, contents and mapping. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/string.h>

#include "p2p_mix.h"

/* The data transferred: FRESH in the first page, FRESH + 1 in the second. */
#define FRESH 0xa5
#define STALE 0

/* Two for H, two for S, one for the data of I/O whose metadata is mixed. */
#define NR_HOST_PAGES 5

static struct pci_dev *provider;
static void *host, *peer;

/*
 * The pages of H are neighbours in physical memory, and so are those of P. S are
 * spare pages of the host for I/O that has to succeed: they are in reverse order,
 * so that nothing takes them for one piece.
 */
struct page *p2p_mix_page(const char *kinds, unsigned int i)
{
	switch (kinds[i]) {
	case 'P':
		return virt_to_page(peer + i * PAGE_SIZE);
	case 'S':
		return virt_to_page(host + (3 - i) * PAGE_SIZE);
	default:
		return virt_to_page(host + i * PAGE_SIZE);
	}
}

struct page *p2p_mix_data_page(void)
{
	return virt_to_page(host + 4 * PAGE_SIZE);
}

/* The last @len bytes of the first page, the first @len bytes of the second. */
static void *part(const char *kinds, unsigned int i, size_t len)
{
	return page_address(p2p_mix_page(kinds, i)) + (i ? 0 : PAGE_SIZE - len);
}

void p2p_mix_fill(const char *kinds, size_t len, bool fresh)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		memset(part(kinds, i, len), fresh ? FRESH + i : STALE, len);
}

/* A letter for each page: new, old, or neither. */
void p2p_mix_report_content(const char *kinds, size_t len)
{
	unsigned int i;

	p2p_mix_report(" ");
	for (i = 0; i < NR_PAGES; i++) {
		void *data = part(kinds, i, len);

		p2p_mix_report("%c", !memchr_inv(data, FRESH + i, len) ? 'n' :
				     !memchr_inv(data, STALE, len) ? 'o' : '?');
	}
	p2p_mix_report("\n");
}

static int map_pages(struct file *file, struct vm_area_struct *vma)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < NR_PAGES && !ret; i++)
		ret = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     p2p_mix_page(file->private_data, i));
	return ret;
}

static const struct file_operations map_fops = {
	.owner = THIS_MODULE,
	.mmap = map_pages,
};

/* Maps the pages into the memory of the program that loads the module. */
unsigned long p2p_mix_map(const char *kinds)
{
	struct file *file = anon_inode_getfile("[p2p_mix]", &map_fops, (void *)kinds, O_RDWR);
	unsigned long addr;

	if (IS_ERR(file))
		return PTR_ERR(file);
	addr = vm_mmap(file, 0, NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	fput(file);
	return addr;
}

bool p2p_mix_supported(struct device *client)
{
	return pci_p2pdma_distance(provider, client, false) >= 0;
}

int p2p_mix_get_memory(struct device *own)
{
	unsigned int i;

	host = alloc_pages_exact(NR_HOST_PAGES * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!host)
		return -ENOMEM;
	provider = pci_p2pmem_find(own);
	if (!provider)
		return -ENODEV;
	peer = pci_alloc_p2pmem(provider, NR_PAGES * PAGE_SIZE);
	if (!peer)
		return -ENOMEM;
	/* Only a page that has a reference can be mapped. */
	for (i = 0; i < NR_PAGES; i++)
		init_page_count(p2p_mix_page("PP", i));
	return 0;
}

void p2p_mix_put_memory(void)
{
	unsigned int i;

	if (peer) {
		/* put_page() would free the memory page by page. */
		for (i = 0; i < NR_PAGES; i++)
			set_page_count(p2p_mix_page("PP", i), 0);
		pci_free_p2pmem(provider, peer, NR_PAGES * PAGE_SIZE);
	}
	pci_dev_put(provider);
	if (host)
		free_pages_exact(host, NR_HOST_PAGES * PAGE_SIZE);
}
