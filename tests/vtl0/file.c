// SPDX-License-Identifier: GPL-2.0
/*
 * Files that show one range: /dev/vtl0_NAME and what VTL0_OPEN returns. They show the
 * range from offset 0, nothing beside it, to whom their mode says, and they do not
 * come back to life with the addresses.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "map.h"

#define NODE "/dev/vtl0_test-1"
#define NAME "test-1"
#define LENGTH (4 * PMD_BYTES)
#define NOBODY 65534

FIXTURE(file) {
	struct map_state s;
};

FIXTURE_SETUP(file)
{
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	/* not the beginning of the window, so that offset 0 is another address */
	self->s.start += 8 * PMD_BYTES;
	self->s.length = LENGTH;
	ASSERT_EQ(0, add_named(self->s.control, self->s.start, LENGTH, NAME, 0640));
}

FIXTURE_TEARDOWN_PARENT(file)
{
	EXPECT_ALL_GONE();
	EXPECT_NE(0, access(NODE, F_OK));
	EXPECT_TRUE(wait_until(module_unused, NULL, PATIENCE));
}

static int open_part(int control, u64 start, u64 length, u32 flags)
{
	struct vtl0_open arg = { .start = start, .length = length, .flags = flags };
	int ret = cmd_open(control, &arg);

	return ret ? ret : arg.fd;
}

static void *map_file(int fd, u64 offset, size_t length, int prot)
{
	return mmap(NULL, length, prot, MAP_SHARED, fd, offset);
}

/* 0, or the errno. */
static int map_fails(int fd, u64 offset, size_t length, int prot, int flags)
{
	void *va = mmap(NULL, length, prot, flags, fd, offset);

	if (va == MAP_FAILED)
		return errno;
	munmap(va, length);
	return 0;
}

TEST_F(file, node_is_as_asked_for)
{
	struct vtl0_range_info info = map_info(&self->s);
	char name[64];
	struct stat st;
	u64 align;

	ASSERT_EQ(0, stat(NODE, &st));
	EXPECT_EQ(S_IFCHR | 0640, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_STREQ(NAME, info.name);
	ASSERT_EQ(0, range_attr(info.id, "name", name, sizeof(name)));
	EXPECT_STREQ(NAME, name);
	ASSERT_EQ(0, range_attr_u64(info.id, "align", &align));
	EXPECT_EQ(PMD_BYTES, align);
}

TEST_F(file, owner_and_group)
{
	struct vtl0_add arg = {
		.start = self->s.start + 8 * PMD_BYTES, .length = BLOCKS(1), .flags = VTL0_ADD_NAME,
		.file_mode = 0600, .file_uid = 12, .file_gid = 34, .name = "owned",
	};
	struct stat st;

	ASSERT_EQ(0, cmd_add(self->s.control, &arg));
	ASSERT_EQ(0, stat("/dev/vtl0_owned", &st));
	EXPECT_EQ(12, st.st_uid);
	EXPECT_EQ(34, st.st_gid);
	ASSERT_EQ(0, remove_range(self->s.control, arg.start, arg.length));
	EXPECT_NE(0, access("/dev/vtl0_owned", F_OK));
}

TEST_F(file, offset_0_is_the_first_byte)
{
	int disk = open_disk(512);
	int fd = open(NODE, O_RDWR | O_CLOEXEC);
	char *low, *va;

	ASSERT_LE(0, fd);
	EXPECT_EQ((off_t)LENGTH, lseek(fd, 0, SEEK_END));
	va = map_file(fd, 0, LENGTH, PROT_READ | PROT_WRITE);
	low = map_low(self->s.low, self->s.start, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)va);
	ASSERT_NE(MAP_FAILED, (void *)low);
	fill_pattern(va, LENGTH, 1);
	EXPECT_TRUE(check_pattern(low, LENGTH, 1));
	EXPECT_EQ(LENGTH / PMD_BYTES, map_info(&self->s).faults_pmd - LENGTH / PMD_BYTES);
	EXPECT_EQ(0, map_info(&self->s).fallbacks);
	if (disk >= 0) {
		EXPECT_EQ(0, direct_io(disk, va + 512, 2 * PMD_BYTES, 2));
		close(disk);
	}
	ASSERT_EQ(0, munmap(va, LENGTH));
	va = map_file(fd, BLOCKS(3), BLOCKS(1), PROT_READ);
	ASSERT_NE(MAP_FAILED, (void *)va);
	fill_pattern(low + BLOCKS(3), BLOCKS(1), 3);
	EXPECT_TRUE(check_pattern(va, BLOCKS(1), 3));
	ASSERT_EQ(0, munmap(va, BLOCKS(1)));
	ASSERT_EQ(0, munmap(low, LENGTH));
	close(fd);
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_F(file, nothing_beside_the_range)
{
	int fds[] = {
		open(NODE, O_RDWR | O_CLOEXEC),
		open_part(self->s.control, self->s.start + BLOCKS(1), BLOCKS(1), VTL0_OPEN_WRITE),
	};
	u64 lengths[] = { LENGTH, BLOCKS(1) };

	/* what lies behind is there to be seen */
	ASSERT_EQ(0, add_range(self->s.control, self->s.start + LENGTH, BLOCKS(1), 0));
	for (int i = 0; i < 2; i++) {
		int fd = fds[i], prot = PROT_READ | PROT_WRITE;
		u64 length = lengths[i];
		char *va;

		ASSERT_LE(0, fd);
		EXPECT_EQ(ENXIO, map_fails(fd, 0, length + PAGE_BYTES, prot, MAP_SHARED));
		EXPECT_EQ(ENXIO, map_fails(fd, PAGE_BYTES, length, prot, MAP_SHARED));
		EXPECT_EQ(ENXIO, map_fails(fd, length, PAGE_BYTES, prot, MAP_SHARED));
		EXPECT_EQ(ENXIO, map_fails(fd, self->s.start, PAGE_BYTES, prot, MAP_SHARED));
		EXPECT_EQ(ENXIO, map_fails(fd, 1ULL << 62, PAGE_BYTES, prot, MAP_SHARED));
		EXPECT_NE(0, map_fails(fd, -PAGE_BYTES, PAGE_BYTES, prot, MAP_SHARED));
		EXPECT_EQ(EINVAL, map_fails(fd, 0, PAGE_BYTES, prot, MAP_PRIVATE));
		va = map_file(fd, length - PAGE_BYTES, PAGE_BYTES, prot);
		ASSERT_NE(MAP_FAILED, (void *)va);
		EXPECT_EQ(0, touch_write(va));
		EXPECT_EQ(MAP_FAILED, mremap(va, PAGE_BYTES, 2 * PAGE_BYTES, MREMAP_MAYMOVE));
		EXPECT_NE(0, remap_file_pages(va, PAGE_BYTES, 0, length / PAGE_BYTES, 0));
		EXPECT_EQ(0, munmap(va, PAGE_BYTES));
		EXPECT_EQ(-1, pread(fd, &va, 1, 0));
		close(fd);
	}
	EXPECT_EQ(0, remove_range(self->s.control, self->s.start + LENGTH, BLOCKS(1)));
}

TEST_F(file, read_only)
{
	int fds[] = {
		open(NODE, O_RDONLY | O_CLOEXEC),
		open_part(self->s.control, self->s.start, LENGTH, 0),
	};

	for (int i = 0; i < 2; i++) {
		char *va;

		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(EACCES, map_fails(fds[i], 0, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED));
		va = map_file(fds[i], 0, LENGTH, PROT_READ);
		ASSERT_NE(MAP_FAILED, (void *)va);
		EXPECT_EQ(0, touch(va));
		EXPECT_NE(0, mprotect(va, LENGTH, PROT_READ | PROT_WRITE));
		EXPECT_EQ(-SIGSEGV, touch_write(va));
		EXPECT_EQ(0, munmap(va, LENGTH));
		close(fds[i]);
	}
}

/* As a vhost-user process is: given a file, and nothing else. */
static int send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(socket, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Exit status 0, or the number of what is wrong. */
static void be_backend(int socket, int control, int low)
{
	char *va;
	int fd;

	close(control);
	close(low);
	if (setgid(NOBODY) || setuid(NOBODY))
		_exit(1);
	if (open(NODE, O_RDWR) >= 0 || errno != EACCES)
		_exit(2);
	fd = receive_fd(socket);
	va = map_file(fd, 0, LENGTH, PROT_READ | PROT_WRITE);
	if (va == MAP_FAILED)
		_exit(3);
	if (!check_pattern(va, LENGTH, 5))
		_exit(4);
	fill_pattern(va, LENGTH, 6);
	if (send(socket, "", 1, 0) != 1 || recv(socket, &fd, 1, 0) != 1)
		_exit(5);
	_exit(touch(va) == BUS_ADRERR ? 0 : 6);
}

TEST_F(file, can_be_passed_to_a_process_without_privileges)
{
	int sockets[2], fd, status;
	char *va, byte;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		be_backend(sockets[1], self->s.control, self->s.low);
	close(sockets[1]);
	fd = open_part(self->s.control, self->s.start, LENGTH, VTL0_OPEN_WRITE);
	ASSERT_LE(0, fd);
	va = map_file(fd, 0, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)va);
	fill_pattern(va, LENGTH, 5);
	ASSERT_EQ(0, send_fd(sockets[0], fd));
	close(fd);
	ASSERT_EQ(1, recv(sockets[0], &byte, 1, 0));
	EXPECT_TRUE(check_pattern(va, LENGTH, 6));
	/* its file does not hold the range */
	EXPECT_EQ(0, remove_range(self->s.control, self->s.start, LENGTH));
	ASSERT_EQ(1, send(sockets[0], "", 1, 0));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, munmap(va, LENGTH));
}

TEST_F(file, mode_lets_others_open_it)
{
	pid_t child;
	int status;

	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, LENGTH));
	ASSERT_EQ(0, add_named(self->s.control, self->s.start, LENGTH, NAME, 0644));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		char *va;
		int fd;

		if (setuid(NOBODY) || open(NODE, O_RDWR) >= 0)
			_exit(1);
		fd = open(NODE, O_RDONLY);
		va = map_file(fd, 0, LENGTH, PROT_READ);
		_exit(fd < 0 || va == MAP_FAILED ? 2 : touch(va));
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Another tenant gets the same memory, perhaps with the same name. */
TEST_F(file, dies_with_its_range)
{
	int fds[] = {
		open(NODE, O_RDWR | O_CLOEXEC),
		open_part(self->s.control, self->s.start, LENGTH, VTL0_OPEN_WRITE),
	};
	char *va[2];

	for (int i = 0; i < 2; i++) {
		ASSERT_LE(0, fds[i]);
		va[i] = map_file(fds[i], 0, LENGTH, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, (void *)va[i]);
		ASSERT_EQ(0, touch_write(va[i]));
	}
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, LENGTH));
	EXPECT_NE(0, access(NODE, F_OK));
	for (int again = 0; again < 2; again++) {
		for (int i = 0; i < 2; i++) {
			EXPECT_EQ(BUS_ADRERR, touch(va[i]));
			EXPECT_EQ(BUS_ADRERR, touch_write(va[i] + BLOCKS(1)));
			EXPECT_EQ(ENODEV, map_fails(fds[i], 0, LENGTH, PROT_READ, MAP_SHARED));
		}
		if (!again) {
			ASSERT_EQ(0, add_named(self->s.control, self->s.start, LENGTH, NAME, 0600));
		}
	}
	EXPECT_MAPPINGS(0, map_info(&self->s).mappings);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, munmap(va[i], LENGTH));
		close(fds[i]);
	}
}

/* The pin keeps range and module, although every file of either is closed. */
TEST_F(file, pin_through_it_keeps_module)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC), pipes[2];
	struct iovec iov = { .iov_len = PAGE_BYTES };
	char page[PAGE_BYTES];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(pipes));
	iov.iov_base = map_file(fd, 0, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, iov.iov_base);
	fill_pattern(iov.iov_base, PAGE_BYTES, 7);
	ASSERT_EQ((ssize_t)PAGE_BYTES, vmsplice(pipes[1], &iov, 1, 0));
	ASSERT_EQ(0, munmap(iov.iov_base, LENGTH));
	close(fd);
	close(self->s.low);
	close(self->s.control);
	EXPECT_NE(0, unload_module());
	self->s.control = open_control();
	ASSERT_LE(0, self->s.control);
	EXPECT_EQ(VTL0_STATE_DRAINING, map_info(&self->s).state);
	/* what drains cannot be opened */
	EXPECT_EQ(-1, open(NODE, O_RDWR));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-ENOENT, open_part(self->s.control, self->s.start, LENGTH, 0));
	ASSERT_EQ((ssize_t)PAGE_BYTES, read(pipes[0], page, PAGE_BYTES));
	EXPECT_TRUE(check_pattern(page, PAGE_BYTES, 7));
}

TEST_F(file, names_are_unique)
{
	u64 other = self->s.start + 8 * PMD_BYTES;

	EXPECT_EQ(-ENOTUNIQ, add_named(self->s.control, other, BLOCKS(1), NAME, 0600));
	EXPECT_EQ(-ENOTUNIQ, add_named(self->s.control, other, BLOCKS(1), "low", 0600));
	EXPECT_EQ(1, list_ranges(self->s.control, NULL, 0));
	/* the same again, with the name or without one */
	EXPECT_EQ(0, add_named(self->s.control, self->s.start, LENGTH, NAME, 0600));
	EXPECT_EQ(0, add_range(self->s.control, self->s.start, LENGTH, 0));
	EXPECT_EQ(-EEXIST, add_named(self->s.control, self->s.start, LENGTH, "else", 0600));
	/* free again */
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, LENGTH));
	EXPECT_EQ(0, add_named(self->s.control, other, BLOCKS(1), NAME, 0600));
	EXPECT_EQ(0, access(NODE, F_OK));
	EXPECT_EQ(0, remove_range(self->s.control, other, BLOCKS(1)));
}

TEST_F(file, bad_names)
{
	static const char * const bad[] = {
		"", ".", "..", "-a", "_a", "a/b", "a b", "\xc3\xa4", "a\n",
		"0123456789abcdef0123456789abcdef",
	};
	u64 other = self->s.start + 8 * PMD_BYTES;
	struct vtl0_add arg = {
		.start = other, .length = BLOCKS(1), .flags = VTL0_ADD_NAME, .name = "a\0b",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, add_named(self->s.control, other, BLOCKS(1), bad[i], 0600))
			TH_LOG("\"%s\"", bad[i]);
	}
	EXPECT_EQ(-EINVAL, cmd_add(self->s.control, &arg));
	EXPECT_EQ(-EINVAL, add_named(self->s.control, other, BLOCKS(1), "a", 0700));
	EXPECT_EQ(-EINVAL, add_named(self->s.control, other, BLOCKS(1), "a", 04600));
	/* without the flag all of it is zero */
	arg = (struct vtl0_add){ .start = other, .length = BLOCKS(1), .name = "a" };
	EXPECT_EQ(-EINVAL, cmd_add(self->s.control, &arg));
	arg = (struct vtl0_add){ .start = other, .length = BLOCKS(1), .file_mode = 0600 };
	EXPECT_EQ(-EINVAL, cmd_add(self->s.control, &arg));
	arg = (struct vtl0_add){ .start = other, .length = BLOCKS(1), .reserved = 1 };
	EXPECT_EQ(-EINVAL, cmd_add(self->s.control, &arg));
	EXPECT_EQ(1, list_ranges(self->s.control, NULL, 0));
	EXPECT_EQ(0, add_named(self->s.control, other, BLOCKS(1),
			       "0123456789abcdef0123456789abcde", 0600));
	EXPECT_EQ(0, access("/dev/vtl0_0123456789abcdef0123456789abcde", F_OK));
	EXPECT_EQ(0, remove_range(self->s.control, other, BLOCKS(1)));
}

TEST_F(file, sync_succeeds)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);
	char *va = map_file(fd, 0, LENGTH, PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, (void *)va);
	EXPECT_EQ(0, fsync(fd));
	EXPECT_EQ(0, fdatasync(self->s.low));
	EXPECT_EQ(0, msync(va, LENGTH, MS_SYNC));
	ASSERT_EQ(0, munmap(va, LENGTH));
	close(fd);
}

TEST_F(file, open_errors)
{
	int control = self->s.control;
	u64 start = self->s.start;
	struct vtl0_open arg = { .start = start, .length = LENGTH, .reserved = 1 };

	EXPECT_EQ(-EINVAL, cmd_open(control, &arg));
	EXPECT_EQ(-1, arg.fd);
	EXPECT_EQ(-EINVAL, open_part(control, start, 0, 0));
	EXPECT_EQ(-EINVAL, open_part(control, start + 512, PAGE_BYTES, 0));
	EXPECT_EQ(-EINVAL, open_part(control, start, 512, 0));
	EXPECT_EQ(-EOPNOTSUPP, open_part(control, start, LENGTH, 2));
	EXPECT_EQ(-EOVERFLOW, open_part(control, start, -start, 0));
	EXPECT_EQ(-ERANGE, open_part(control, start, 1ULL << 62, 0));
	EXPECT_EQ(-ENOENT, open_part(control, start - PAGE_BYTES, PAGE_BYTES, 0));
	EXPECT_EQ(-ENOENT, open_part(control, start, LENGTH + PAGE_BYTES, 0));
	/* two ranges are two owners' */
	ASSERT_EQ(0, add_range(control, start + LENGTH, BLOCKS(1), 0));
	EXPECT_EQ(-ENOENT, open_part(control, start, LENGTH + BLOCKS(1), 0));
	EXPECT_EQ(0, remove_range(control, start + LENGTH, BLOCKS(1)));
}

TEST_HARNESS_MAIN
