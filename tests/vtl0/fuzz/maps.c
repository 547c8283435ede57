// SPDX-License-Identifier: GPL-2.0
/* The processes of vtl0_fuzz that map the memory, and change their mappings; see users.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "users.h"

#define MSHV_LOW "/dev/mshv_vtl_low"

static const int hints[] = {
	MADV_DONTNEED, MADV_WILLNEED, MADV_RANDOM, MADV_NORMAL, MADV_DONTFORK, MADV_DOFORK,
	MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_MERGEABLE, MADV_FREE,
	MADV_REMOVE, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	MADV_COLLAPSE,
};

/* Without access for a moment, in which only the kernel looks, as ptrace does. */
void take_access(char *p, uint64_t length)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char byte;

	if (!mprotect(p, length, PROT_NONE)) {
		pread(mem, &byte, 1, (uintptr_t)p + below(length));
		if (!mprotect(p, length, PROT_READ | PROT_WRITE))
			count(NO_ACCESS);
	}
	close(mem);
}

/* Touches only memory that is not protected: SIGSEGV is a failure. */
void change_part(char *p, uint64_t length)
{
	uint64_t at = below(length / PAGE) * PAGE;
	uint64_t part = (1 + below((length - at) / PAGE)) * PAGE;
	char *to;

	switch (below(9)) {
	case 0:
		/* and keep the address: after munmap() another mmap() could get it */
		if (mmap(p + at, part, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			 0) != MAP_FAILED)
			count(PART_UNMAPPED);
		break;
	case 1:
		if (!mprotect(p + at, part, PROT_READ) &&
		    !mprotect(p + at, part, PROT_READ | PROT_WRITE))
			count(PROTECTED);
		break;
	case 2:
		to = mremap(p + at, part, part, MREMAP_MAYMOVE | MREMAP_FIXED,
			    p - (1ULL << 40));
		if (to == MAP_FAILED)
			break;
		touch_some(to, part, 2);
		/* and back, so that there is no hole */
		if (mremap(to, part, part, MREMAP_MAYMOVE | MREMAP_FIXED, p + at) !=
		    MAP_FAILED)
			count(MOVED);
		break;
	case 3:
		mlock(p + at, part < MIB(1) ? part : MIB(1));
		munlock(p + at, part);
		break;
	case 4:
		msync(p + at, part, MS_SYNC);
		break;
	case 5:
		take_access(p + at, part);
		break;
	default:
		if (!madvise(p + at, part, hints[below(ARRAY_SIZE(hints))]))
			count(ADVISED);
	}
}

void use_mappings(void)
{
	uint64_t offset, length, i;
	char *p;

	pick_piece(&offset, &length);
	/* now and then all of it, for 1G entries */
	if (!below(4)) {
		offset = 0;
		length = window.length;
	}
	p = map_piece(offset, length);
	if (p == MAP_FAILED) {
		failure("mmap: %s", strerrorname_np(errno));
		return;
	}
	for (i = below(8); i; i--) {
		touch_some(p, length, 4);
		change_part(p, length);
	}
	munmap(p, length);
}

/*
 * A mapping that declares its memory, as a VMM for mshv_vtl makes one: what is touched is
 * registered, if no call has made a range of it or removes one just now.
 */
void use_declaring_maps(void)
{
	uint64_t offset, length, i;
	char *p;
	int low;

	/* not often: such memory is in the way of the calls that add */
	if (below(8) || clearing())
		return;
	low = open(MSHV_LOW, O_RDWR | O_CLOEXEC);
	pick_piece(&offset, &length);
	p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, low,
		 window.start + offset + (below(4) ? 0 : ALIAS));
	/* the mapping keeps the file */
	close(low);
	if (p == MAP_FAILED)
		return;
	count(MSHV_MAPPED);
	for (i = below(4); i; i--) {
		touch_some(p, length, 2);
		change_part(p, length);
	}
	munmap(p, length);
}

/* The node of a range, by one of the names that the callers give. */
void use_names(void)
{
	char path[] = "/dev/vtl0_?", *p;
	off_t length;
	int fd;

	path[sizeof(path) - 2] = 'a' + below(4);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	length = lseek(fd, 0, SEEK_END);
	p = length > 0 ? mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) :
			 MAP_FAILED;
	/* what it shows goes on being mapped */
	close(fd);
	if (p == MAP_FAILED)
		return;
	count(NAMED);
	touch_some(p, length, 4);
	change_part(p, length);
	munmap(p, length);
}

