// SPDX-License-Identifier: GPL-2.0
/*
 * fio, with its buffers in a named range: it writes a disk past the page cache, many
 * requests at a time, reads what it wrote, and compares.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "map.h"

#define NODE "/dev/vtl0_fio"
#define RANGE (8 * PMD_BYTES)

FIXTURE(fio) {
	struct map_state s;
	char disk[64];
};

FIXTURE_VARIANT(fio) {
	const char *engine;
};

FIXTURE_VARIANT_ADD(fio, libaio) { .engine = "libaio" };
FIXTURE_VARIANT_ADD(fio, io_uring) { .engine = "io_uring" };
/* all buffers are pinned for as long as fio runs */
FIXTURE_VARIANT_ADD(fio, io_uring_fixed) { .engine = "io_uring --fixedbufs" };

FIXTURE_SETUP(fio)
{
	int ret = map_open(&self->s), disk;

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	disk = open_disk_named(512, self->disk, sizeof(self->disk));
	if (disk < 0)
		SKIP(return, NO_DISK);
	close(disk);
	/* for what fio saves about its state */
	ASSERT_EQ(0, chdir("/tmp"));
	if (system("command -v fio >&2"))
		SKIP(return, "needs fio");
	/* not the beginning of the window, so that offset 0 is another address */
	self->s.start += 16 * PMD_BYTES;
	self->s.length = RANGE;
	ASSERT_EQ(0, add_named(self->s.control, self->s.start, RANGE, "fio", 0600));
}

FIXTURE_TEARDOWN_PARENT(fio)
{
	EXPECT_ALL_GONE();
}

/* By the line that the admin guide gives, with buffers of two large entries in all. */
TEST_F_TIMEOUT(fio, what_it_wrote_verifies, SLOW)
{
	char command[512];
	struct vtl0_range_info info;

	snprintf(command, sizeof(command),
		 "fio --name=verify --filename=%s --direct=1 --ioengine=%s --iodepth=16 "
		 "--rw=randwrite --bsrange=512-%" PRIu64 "k --blockalign=512 --size=%s "
		 "--verify=crc32c --verify_fatal=1 --iomem=mmapshared:" NODE " >&2",
		 self->disk, variant->engine, PMD_BYTES / 8 >> 10,
		 debug_kernel() ? "4m" : "16m");
	ASSERT_EQ(0, system(command));
	info = map_info(&self->s);
	/* the buffers were there, and the driver chose where they are mapped */
	EXPECT_LT(0, info.faults_pmd);
	EXPECT_EQ(0, info.faults_pte);
	EXPECT_EQ(0, info.fallbacks);
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
