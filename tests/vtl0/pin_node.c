// SPDX-License-Identifier: GPL-2.0
/*
 * Device nodes other than that of devtmpfs: all map the same memory, removal
 * reaches every mapping, and long-term pins work on each file system.
 */
#include <liburing.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "map.h"

FIXTURE(node) {
	struct map_state s;
	char dir[64];
	char path[80];
	bool mounted;
};

FIXTURE_VARIANT(node) {
	const char *fs;
};

FIXTURE_VARIANT_ADD(node, tmpfs) { "tmpfs" };
FIXTURE_VARIANT_ADD(node, ext4) { "ext4" };

static int make_fs(const char *fs, const char *dir)
{
	char disk[64], command[128];
	int fd;

	if (!strcmp(fs, "tmpfs"))
		return mount("tmpfs", dir, fs, 0, NULL) ? -errno : 0;
	fd = open_disk_named(512, disk, sizeof(disk));
	if (fd < 0)
		return fd;
	close(fd);
	snprintf(command, sizeof(command), "mkfs.ext4 -q -F %s 64M >/dev/null", disk);
	if (system(command))
		return -EIO;
	return mount(disk, dir, fs, 0, NULL) ? -errno : 0;
}

FIXTURE_SETUP(node)
{
	struct stat st;
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->s.length = 16 * PMD_BYTES;
	strcpy(self->dir, "/tmp/vtl0-node-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	ret = make_fs(variant->fs, self->dir);
	if (ret == -ENOENT) {
		rmdir(self->dir);
		SKIP(return, NO_DISK);
	}
	ASSERT_EQ(0, ret);
	self->mounted = true;
	snprintf(self->path, sizeof(self->path), "%s/low", self->dir);
	ASSERT_EQ(0, stat("/dev/vtl0_low", &st));
	ASSERT_EQ(0, mknod(self->path, S_IFCHR | 0600, st.st_rdev));
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, self->s.length, 0));
}

FIXTURE_TEARDOWN_PARENT(node)
{
	EXPECT_ALL_GONE();
	if (self->mounted)
		EXPECT_EQ(0, umount(self->dir));
	EXPECT_EQ(0, rmdir(self->dir));
}

/* The node goes while it is open and mapped. */
TEST_F_TIMEOUT(node, second_node_unlinked, SLOW)
{
	int low = open(self->path, O_RDWR);
	char *here, *there;

	ASSERT_LE(0, low);
	here = map_low(self->s.low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	there = map_low(low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, here);
	ASSERT_NE(MAP_FAILED, there);
	fill_pattern(here, MIB(1), 21);
	EXPECT_TRUE(check_pattern(there, MIB(1), 21));
	EXPECT_MAPPINGS(2, map_info(&self->s).mappings);
	EXPECT_EQ(2, map_info(&self->s).faults_pmd);
	ASSERT_EQ(0, unlink(self->path));
	ASSERT_EQ(0, close(low));
	EXPECT_EQ(0, touch_write(there + PMD_BYTES));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	EXPECT_EQ(BUS_ADRERR, touch(here));
	EXPECT_EQ(BUS_ADRERR, touch(there));
	EXPECT_EQ(BUS_ADRERR, touch(there + PMD_BYTES));
	/* and back, for both */
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, self->s.length, 0));
	EXPECT_TRUE(check_pattern(here, MIB(1), 21));
	EXPECT_TRUE(check_pattern(there, MIB(1), 21));
	ASSERT_EQ(0, munmap(here, self->s.length));
	ASSERT_EQ(0, munmap(there, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* Writable long-term pins are refused on mappings that write back. */
TEST_F_TIMEOUT(node, registered_buffers, SLOW)
{
	int low = open(self->path, O_RDWR);
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int pipefd[2];
	struct iovec iov;
	char *va;

	ASSERT_LE(0, low);
	va = map_low(low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_EQ(0, pipe(pipefd));
	ASSERT_EQ(5, write(pipefd[1], "vtl0", 5));
	iov = (struct iovec){ va, 2 * PMD_BYTES };
	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	ASSERT_EQ(0, io_uring_register_buffers(&ring, &iov, 1));
	EXPECT_EQ(2, map_info(&self->s).held);
	io_uring_prep_read_fixed(io_uring_get_sqe(&ring), pipefd[0], va + PMD_BYTES - 2, 5, -1, 0);
	ASSERT_EQ(1, io_uring_submit(&ring));
	ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
	EXPECT_EQ(5, cqe->res);
	EXPECT_STREQ("vtl0", va + PMD_BYTES - 2);
	io_uring_cqe_seen(&ring, cqe);
	ASSERT_EQ(0, io_uring_unregister_buffers(&ring));
	io_uring_queue_exit(&ring);
	ASSERT_EQ(0, munmap(va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
