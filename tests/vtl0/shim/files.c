// SPDX-License-Identifier: GPL-2.0
/*
 * Gives a program named ranges, or, to compare, other files, for the files that it creates
 * without a name of its choice: memfd_create(), tmpfile() and mkstemp().
 *
 * VTL0_SHIM_FILES=FILE[:FILE]... LD_PRELOAD=/opt/vtl0/bin/vtl0_shim PROGRAM
 *
 * The program's first file is the first FILE, cleared, and so on, and the first one again
 * behind the last. Of a file whose name the program chooses, make that name a symbolic
 * link to FILE. ftruncate() and fallocate() up to the size of FILE do nothing, as its size
 * is what it is; a hole that is punched into a range is cleared.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FILES 16

struct file {
	const char *name;
	dev_t dev;
	ino_t ino;
	off_t size;
};

static struct file files[MAX_FILES];
static unsigned int nr_files;
static unsigned int next_file;

static void *next_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Which FILE is open as @fd; NULL if none of them is. */
static const struct file *file_of(int fd)
{
	struct stat st;

	if (!nr_files || fstat(fd, &st))
		return NULL;
	for (unsigned int i = 0; i < nr_files; i++)
		if (files[i].dev == st.st_dev && files[i].ino == st.st_ino)
			return &files[i];
	return NULL;
}

/* As a hole does: whatever of it lies in the file, which need not begin at a page. */
static int clear(int fd, off_t offset, off_t length, off_t size)
{
	off_t within = offset % getpagesize();
	char *p;

	if (offset < 0 || length <= 0) {
		errno = EINVAL;
		return -1;
	}
	if (offset >= size)
		return 0;
	if (length > size - offset)
		length = size - offset;
	p = mmap(NULL, within + length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset - within);
	if (p == MAP_FAILED)
		return -1;
	memset(p + within, 0, length);
	return munmap(p, within + length);
}

/* A descriptor of the next FILE, or -1. */
static int open_next(int flags)
{
	const struct file *file = &files[next_file++ % nr_files];
	int fd = open(file->name, O_RDWR | flags);

	if (fd >= 0)
		clear(fd, 0, file->size, file->size);
	return fd;
}

int memfd_create(const char *name, unsigned int flags)
{
	if (!nr_files)
		return syscall(SYS_memfd_create, name, flags);
	return open_next(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
}

FILE *tmpfile(void)
{
	typeof(tmpfile) *next = next_function("tmpfile");
	int fd;

	if (!nr_files)
		return next();
	fd = open_next(0);
	return fd < 0 ? NULL : fdopen(fd, "w+");
}

/* The file that @template names is there, but empty, as the program may unlink() it. */
int mkstemp(char *template)
{
	typeof(mkstemp) *next = next_function("mkstemp");
	int fd = next(template);

	if (!nr_files || fd < 0)
		return fd;
	close(fd);
	fd = open_next(0);
	if (fd < 0)
		unlink(template);
	return fd;
}

int ftruncate(int fd, off_t size)
{
	const struct file *file = file_of(fd);

	if (!file)
		return syscall(SYS_ftruncate, fd, size);
	if (size <= file->size)
		return 0;
	errno = EFBIG;
	return -1;
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
	const struct file *file = file_of(fd);
	int ret;

	if (file && !mode && offset + length <= file->size)
		return 0;
	ret = syscall(SYS_fallocate, fd, mode, offset, length);
	/* which is the answer for whatever is no regular file */
	if (ret && errno == ENODEV && file && mode & FALLOC_FL_PUNCH_HOLE)
		return clear(fd, offset, length, file->size);
	return ret;
}

/* The names that _FILE_OFFSET_BITS=64 gives them. */
typeof(ftruncate) ftruncate64 __attribute__((alias("ftruncate")));
typeof(fallocate) fallocate64 __attribute__((alias("fallocate")));
typeof(mkstemp) mkstemp64 __attribute__((alias("mkstemp")));
typeof(tmpfile) tmpfile64 __attribute__((alias("tmpfile")));

/* What cannot be opened fails when it is a program's turn to get it. */
static void look_at(struct file *file)
{
	int fd = open(file->name, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st)) {
		file->dev = st.st_dev;
		file->ino = st.st_ino;
		file->size = lseek(fd, 0, SEEK_END);
	}
	close(fd);
}

__attribute__((constructor)) static void begin(void)
{
	char *list = getenv("VTL0_SHIM_FILES"), *name;

	if (!list)
		return;
	list = strdup(list);
	for (name = strtok(list, ":"); name && nr_files < MAX_FILES; name = strtok(NULL, ":")) {
		files[nr_files].name = name;
		look_at(&files[nr_files++]);
	}
}
