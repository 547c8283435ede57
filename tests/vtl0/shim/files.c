// SPDX-License-Identifier: GPL-2.0
/*
 * Gives a program named ranges, or, to compare, other files, for the files that it creates
 * without a name of its choice: memfd_create(), tmpfile() and mkstemp().
 *
 * VTL0_SHIM_FILES=FILE[:FILE]... LD_PRELOAD=/opt/vtl0/bin/vtl0_shim PROGRAM
 *
 * The program's first file is the first FILE, cleared, and so on, and the first one again
 * behind the last. ftruncate() and fallocate() up to the size of FILE do nothing, as its
 * size is what it is.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FILES 16
#define MAX_FDS 1024

static char *names[MAX_FILES];
static unsigned int nr_names;
static unsigned int next_name;

/* by descriptor: the size of the file behind it, 0 for what the program opened itself */
static off_t sizes[MAX_FDS];

static void *next_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void clear(int fd, off_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return;
	memset(p, 0, size);
	munmap(p, size);
}

/* A descriptor of the next FILE, or -1. */
static int open_next(int flags)
{
	int fd = open(names[next_name++ % nr_names], O_RDWR | flags);
	off_t size;

	if (fd < 0)
		return fd;
	size = lseek(fd, 0, SEEK_END);
	lseek(fd, 0, SEEK_SET);
	clear(fd, size);
	if (fd < MAX_FDS)
		sizes[fd] = size;
	return fd;
}

int memfd_create(const char *name, unsigned int flags)
{
	if (!nr_names)
		return syscall(SYS_memfd_create, name, flags);
	return open_next(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
}

FILE *tmpfile(void)
{
	typeof(tmpfile) *next = next_function("tmpfile");
	int fd;

	if (!nr_names)
		return next();
	fd = open_next(0);
	return fd < 0 ? NULL : fdopen(fd, "w+");
}

/* The file that @template names is there, but empty, as the program may unlink() it. */
int mkstemp(char *template)
{
	typeof(mkstemp) *next = next_function("mkstemp");
	int fd = next(template);

	if (!nr_names || fd < 0)
		return fd;
	close(fd);
	fd = open_next(0);
	if (fd < 0)
		unlink(template);
	return fd;
}

int ftruncate(int fd, off_t size)
{
	if (fd < 0 || fd >= MAX_FDS || !sizes[fd])
		return syscall(SYS_ftruncate, fd, size);
	if (size <= sizes[fd])
		return 0;
	errno = EFBIG;
	return -1;
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
	if (fd >= 0 && fd < MAX_FDS && !mode && offset + length <= sizes[fd])
		return 0;
	return syscall(SYS_fallocate, fd, mode, offset, length);
}

int close(int fd)
{
	if (fd >= 0 && fd < MAX_FDS)
		sizes[fd] = 0;
	return syscall(SYS_close, fd);
}

/* fclose() closes without close(). */
int fclose(FILE *file)
{
	typeof(fclose) *next = next_function("fclose");
	int fd = fileno(file);

	if (fd >= 0 && fd < MAX_FDS)
		sizes[fd] = 0;
	return next(file);
}

/* The names that _FILE_OFFSET_BITS=64 gives them. */
typeof(ftruncate) ftruncate64 __attribute__((alias("ftruncate")));
typeof(fallocate) fallocate64 __attribute__((alias("fallocate")));
typeof(mkstemp) mkstemp64 __attribute__((alias("mkstemp")));
typeof(tmpfile) tmpfile64 __attribute__((alias("tmpfile")));

__attribute__((constructor)) static void begin(void)
{
	char *list = getenv("VTL0_SHIM_FILES"), *name;

	if (!list)
		return;
	list = strdup(list);
	for (name = strtok(list, ":"); name && nr_names < MAX_FILES; name = strtok(NULL, ":"))
		names[nr_names++] = name;
}
