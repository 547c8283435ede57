// SPDX-License-Identifier: GPL-2.0
/*
 * Reads pfn_mapped[], in which x86 keeps the ranges of its direct map, out of the
 * kernel's memory:
 *
 *	reproduce-pfn-mapped count           the number of ranges
 *	reproduce-pfn-mapped has ADDRESS     "yes" if that physical address is in one
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

struct range {
	uint64_t start, end;
};

static uint64_t address_of(const char *symbol)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char name[256];

	if (!file)
		err(CANNOT, "/proc/kallsyms");
	while (fscanf(file, "%llx %*c %255[^\n]", &address, name) == 2)
		if (!strcmp(name, symbol) && address) {
			fclose(file);
			return address;
		}
	errx(CANNOT, "/proc/kallsyms: no %s", symbol);
}

static void read_kernel(int kcore, uint64_t address, void *buf, size_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	int i;

	if (pread(kcore, &header, sizeof(header), 0) != sizeof(header))
		err(CANNOT, "/proc/kcore");
	for (i = 0; i < header.e_phnum; i++) {
		if (pread(kcore, &segment, sizeof(segment),
			  header.e_phoff + i * sizeof(segment)) != sizeof(segment))
			err(CANNOT, "/proc/kcore");
		if (segment.p_type != PT_LOAD || address < segment.p_vaddr ||
		    address + size > segment.p_vaddr + segment.p_memsz)
			continue;
		if (pread(kcore, buf, size, segment.p_offset + address - segment.p_vaddr) !=
		    (ssize_t)size)
			err(CANNOT, "/proc/kcore");
		return;
	}
	errx(CANNOT, "/proc/kcore: no segment with %#llx", (unsigned long long)address);
}

int main(int argc, char **argv)
{
	int kcore = open("/proc/kcore", O_RDONLY);
	struct range *ranges;
	uint64_t pfn;
	int nr, i;

	if (kcore < 0)
		err(CANNOT, "/proc/kcore");
	read_kernel(kcore, address_of("nr_pfn_mapped"), &nr, sizeof(nr));
	if (argc == 2 && !strcmp(argv[1], "count")) {
		printf("%d\n", nr);
		return 0;
	}
	if (argc != 3 || strcmp(argv[1], "has"))
		errx(CANNOT, "usage: %s count | has ADDRESS", argv[0]);
	pfn = strtoull(argv[2], NULL, 0) / 4096;
	ranges = calloc(nr, sizeof(*ranges));
	if (!ranges)
		err(CANNOT, "memory");
	read_kernel(kcore, address_of("pfn_mapped"), ranges, nr * sizeof(*ranges));
	for (i = 0; i < nr; i++)
		if (ranges[i].start <= pfn && pfn < ranges[i].end)
			break;
	puts(i < nr ? "yes" : "no");
	return 0;
}
