// SPDX-License-Identifier: GPL-2.0
/*
 * The rules that hold for all ioctls of the control node, and what QUERY, INFO,
 * PLAN and sysfs tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define NR_CMDS 5

static const struct {
	const char *name;
	unsigned long cmd;
	u32 size;
	u32 known_flags;
} cmds[NR_CMDS] = {
	{ "add", VTL0_ADD, sizeof(struct vtl0_add), 0x3f },
	{ "remove", VTL0_REMOVE, sizeof(struct vtl0_remove), 0 },
	{ "query", VTL0_QUERY, sizeof(struct vtl0_query), VTL0_QUERY_CHUNKS },
	{ "info", VTL0_INFO, sizeof(struct vtl0_info), 0 },
	{ "plan", VTL0_PLAN, sizeof(struct vtl0_plan), 0x7 },
};

FIXTURE(abi) {
	int ctl;
	u64 buf[8192 / 8];
	struct vtl0_range_info ranges[64];
};

FIXTURE_SETUP(abi)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
}

FIXTURE_TEARDOWN(abi)
{
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

/* A call that succeeds; for ADD it registers 2 MiB. */
static void valid_arg(unsigned int i, void *buf, struct vtl0_range_info *entries)
{
	struct vtl0_add *add = buf;
	struct vtl0_remove *remove = buf;
	struct vtl0_query *query = buf;
	struct vtl0_plan *plan = buf;

	memset(buf, 0, 8192);
	switch (cmds[i].cmd) {
	case VTL0_ADD:
		add->start = EMPTY_BASE;
		add->length = MIB(2);
		break;
	case VTL0_REMOVE:
		remove->start = EMPTY_BASE;
		remove->length = MIB(2);
		break;
	case VTL0_QUERY:
		query->buf = (uintptr_t)entries;
		query->entry_size = sizeof(*entries);
		query->count = 1;
		break;
	case VTL0_PLAN:
		plan->start = EMPTY_BASE;
		plan->length = MIB(2);
		break;
	}
	*(u32 *)buf = cmds[i].size;
}

/* REMOVE needs something to remove. */
static int call(int ctl, unsigned int i, void *buf)
{
	int ret;

	if (cmds[i].cmd == VTL0_REMOVE) {
		ret = add_range(ctl, EMPTY_BASE, MIB(2), 0);
		if (ret)
			return ret;
	}
	ret = vtl0_ioctl(ctl, cmds[i].cmd, buf);
	if (cmds[i].cmd != VTL0_REMOVE || ret)
		remove_range(ctl, EMPTY_BASE, MIB(2));
	return ret;
}

TEST_F(abi, row03_size_too_small)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { 0, 1, 7, 8, cmds[i].size - 8, cmds[i].size - 1 };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			EXPECT_EQ(-EINVAL, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
		}
		valid_arg(i, self->buf, self->ranges);
		EXPECT_EQ(0, call(self->ctl, i, self->buf))
			TH_LOG("%s", cmds[i].name);
	}
}

TEST_F(abi, larger_size_with_zero_tail)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { cmds[i].size + 1, cmds[i].size + 8, 4095, 4096 };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			EXPECT_EQ(0, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
			EXPECT_EQ(sizes[j], *(u32 *)self->buf);
		}
	}
}

TEST_F(abi, larger_size_with_other_tail)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { cmds[i].size + 1, cmds[i].size + 8, 4096 };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			((char *)self->buf)[sizes[j] - 1] = 1;
			EXPECT_EQ(-E2BIG, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
		}
		/* what lies behind the size does not matter */
		valid_arg(i, self->buf, self->ranges);
		((char *)self->buf)[cmds[i].size] = 1;
		EXPECT_EQ(0, call(self->ctl, i, self->buf))
			TH_LOG("%s", cmds[i].name);
		EXPECT_EQ(1, ((char *)self->buf)[cmds[i].size]);
	}
}

TEST_F(abi, larger_size_than_a_page)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { 4097, 8192, 1U << 31, UINT32_MAX };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			EXPECT_EQ(-E2BIG, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
		}
	}
}

TEST_F(abi, row03_unknown_flags)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		for (unsigned int bit = 0; bit < 32; bit++) {
			if (cmds[i].known_flags & 1U << bit)
				continue;
			valid_arg(i, self->buf, self->ranges);
			((u32 *)self->buf)[1] = 1U << bit;
			EXPECT_EQ(-EOPNOTSUPP, call(self->ctl, i, self->buf))
				TH_LOG("%s with flag %u", cmds[i].name, bit);
		}
	}
}

TEST_F(abi, bad_pointer)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *edge;

	ASSERT_NE(MAP_FAILED, (void *)two);
	ASSERT_EQ(0, munmap(two + 4096, 4096));
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		EXPECT_EQ(-EFAULT, call(self->ctl, i, NULL));
		EXPECT_EQ(-EFAULT, call(self->ctl, i, (void *)0xffff888000000000ULL));
		/* the last byte is missing */
		valid_arg(i, self->buf, self->ranges);
		edge = two + 4096 - cmds[i].size + 1;
		memcpy(edge, self->buf, cmds[i].size - 1);
		EXPECT_EQ(-EFAULT, call(self->ctl, i, edge))
			TH_LOG("%s", cmds[i].name);
		/* and the tail that must be zero */
		edge = two + 4096 - cmds[i].size;
		memcpy(edge, self->buf, cmds[i].size);
		*(u32 *)edge = cmds[i].size + 8;
		EXPECT_EQ(-EFAULT, call(self->ctl, i, edge))
			TH_LOG("%s", cmds[i].name);
	}
}

/* A result that cannot be told must not come about. */
TEST_F(abi, read_only_argument)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		valid_arg(i, self->buf, self->ranges);
		ASSERT_EQ(0, mprotect(page, 4096, PROT_READ | PROT_WRITE));
		memcpy(page, self->buf, cmds[i].size);
		ASSERT_EQ(0, mprotect(page, 4096, PROT_READ));
		if (cmds[i].cmd == VTL0_REMOVE) {
			ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, MIB(2), 0));
		}
		EXPECT_EQ(-EFAULT, vtl0_ioctl(self->ctl, cmds[i].cmd, page))
			TH_LOG("%s", cmds[i].name);
		/* after ADD nothing, after REMOVE it is still there */
		EXPECT_EQ(cmds[i].cmd == VTL0_REMOVE, list_ranges(self->ctl, self->ranges, 64))
			TH_LOG("%s", cmds[i].name);
		remove_range(self->ctl, EMPTY_BASE, MIB(2));
	}
}

TEST_F(abi, unknown_ioctls)
{
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, _IO(VTL0_IOCTL_TYPE, 0x05), self->buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, _IO(VTL0_IOCTL_TYPE, 0xff), self->buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, _IOW(VTL0_IOCTL_TYPE, 0x00, u32), self->buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, 0, self->buf));
}

TEST_F(abi, nodes_need_privilege)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		/* /dev may be world-writable, so the mode is not what refuses */
		if (chmod("/dev/vtl0", 0666) || chmod("/dev/vtl0_low", 0666) || setuid(65534))
			_exit(1);
		if (open_control() != -EPERM)
			_exit(2);
		if (open_low(O_RDWR) != -EPERM || open_low(O_RDONLY) != -EPERM)
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, chmod("/dev/vtl0", 0600));
	EXPECT_EQ(0, chmod("/dev/vtl0_low", 0600));
}

TEST_F(abi, info)
{
	struct vtl0_info info = { };

	ASSERT_EQ(0, cmd_info(self->ctl, &info));
	EXPECT_EQ(4096, info.page_size);
	EXPECT_EQ(MIB(2), info.min_align);
	EXPECT_EQ(1ULL | 1ULL << 9 | 1ULL << 18, info.orders);
	EXPECT_EQ(VTL0_FEATURE_MSHV | VTL0_FEATURE_MAP_PMD | VTL0_FEATURE_MAP_PUD |
		  VTL0_FEATURE_DEDUP, info.features);
	EXPECT_LE(GIB(64), info.max_address);
	EXPECT_EQ(0, info.nr_ranges);
	EXPECT_EQ(0, info.nr_chunks);
	EXPECT_EQ(0, info.bytes);
	EXPECT_EQ(0, info.memmap_bytes);
	EXPECT_EQ(0, info.memmap_saved);
}

/* Three ranges of 1, 3 and 2 chunks, with gaps between them. */
static int add_three(int ctl)
{
	return add_range(ctl, EMPTY_BASE, MIB(2), 0) ?:
	       add_chunked(ctl, EMPTY_BASE + MIB(8), MIB(6), MIB(2)) ?:
	       add_chunked(ctl, EMPTY_BASE + MIB(32), MIB(6), MIB(4));
}

static const struct {
	u64 start;
	u64 length;
} three[] = {
	{ MIB(0), MIB(2) },
	{ MIB(8), MIB(2) }, { MIB(10), MIB(2) }, { MIB(12), MIB(2) },
	{ MIB(32), MIB(4) }, { MIB(36), MIB(2) },
};

TEST_F(abi, query_chunks_one_by_one)
{
	struct vtl0_chunk_info chunk;
	struct vtl0_query q = { .flags = VTL0_QUERY_CHUNKS };

	ASSERT_EQ(0, add_three(self->ctl));
	for (unsigned int i = 0; i < ARRAY_SIZE(three); i++) {
		q.buf = (uintptr_t)&chunk;
		q.entry_size = sizeof(chunk);
		q.count = 1;
		memset(&chunk, 0xff, sizeof(chunk));
		ASSERT_EQ(0, cmd_query(self->ctl, &q));
		ASSERT_EQ(1, q.count);
		EXPECT_EQ(EMPTY_BASE + three[i].start, chunk.start);
		EXPECT_EQ(three[i].length, chunk.length);
		EXPECT_EQ(9, chunk.order);
		EXPECT_EQ(i + 1 == ARRAY_SIZE(three), !q.cursor);
	}
	/* 0 is the beginning again */
	ASSERT_EQ(0, cmd_query(self->ctl, &q));
	EXPECT_EQ(1, q.count);
	EXPECT_EQ(EMPTY_BASE, chunk.start);
}

TEST_F(abi, query_ranges_with_any_count)
{
	static const u64 starts[] = { 0, MIB(8), MIB(32) };
	static const u32 nr_chunks[] = { 1, 3, 2 };

	ASSERT_EQ(0, add_three(self->ctl));
	for (u32 count = 1; count <= 4; count++) {
		struct vtl0_query q = { .entry_size = sizeof(*self->ranges) };
		unsigned int nr = 0;

		do {
			q.buf = (uintptr_t)(self->ranges + nr);
			q.count = count;
			ASSERT_EQ(0, cmd_query(self->ctl, &q));
			ASSERT_LE(q.count, count);
			nr += q.count;
			ASSERT_LE(nr, 3);
		} while (q.cursor);
		ASSERT_EQ(3, nr);
		for (unsigned int i = 0; i < 3; i++) {
			EXPECT_EQ(EMPTY_BASE + starts[i], self->ranges[i].start);
			EXPECT_EQ(nr_chunks[i], self->ranges[i].nr_chunks);
			EXPECT_EQ(VTL0_STATE_LIVE, self->ranges[i].state);
			EXPECT_EQ(1, self->ranges[i].owners);
			EXPECT_EQ(0, self->ranges[i].flags);
		}
	}
}

/* The cursor may be any address: what ends behind it is listed. */
TEST_F(abi, query_cursor_anywhere)
{
	static const struct {
		u64 cursor;
		u64 start;
	} cases[] = {
		{ 0, 0 }, { 1, 0 }, { MIB(2) - 1, 0 }, { MIB(2), MIB(8) },
		{ MIB(8) + 4096, MIB(8) }, { MIB(13), MIB(8) }, { MIB(14), MIB(32) },
		{ MIB(38) - 1, MIB(32) },
	};
	struct vtl0_query q = { };

	ASSERT_EQ(0, add_three(self->ctl));
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		q = (struct vtl0_query) {
			.cursor = EMPTY_BASE + cases[i].cursor,
			.buf = (uintptr_t)self->ranges,
			.entry_size = sizeof(*self->ranges),
			.count = 1,
		};
		ASSERT_EQ(0, cmd_query(self->ctl, &q));
		ASSERT_EQ(1, q.count);
		EXPECT_EQ(EMPTY_BASE + cases[i].start, self->ranges[0].start)
			TH_LOG("cursor %#llx", (unsigned long long)cases[i].cursor);
	}
	q.cursor = EMPTY_BASE + MIB(38);
	ASSERT_EQ(0, cmd_query(self->ctl, &q));
	EXPECT_EQ(0, q.count);
	EXPECT_EQ(0, q.cursor);
}

TEST_F(abi, query_entry_sizes)
{
	struct vtl0_query q = { .count = 3, .buf = (uintptr_t)self->buf };
	u32 bad[] = { 0, 1, 15, 4097, UINT32_MAX };
	u64 full[sizeof(struct vtl0_range_info) / 8 + 1];

	ASSERT_EQ(0, add_three(self->ctl));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		q.entry_size = bad[i];
		EXPECT_EQ(-EINVAL, cmd_query(self->ctl, &q))
			TH_LOG("entry_size %u", bad[i]);
	}
	/* only what an entry begins with */
	memset(self->buf, 0xff, sizeof(self->buf));
	q.entry_size = 16;
	q.count = 3;
	ASSERT_EQ(0, cmd_query(self->ctl, &q));
	ASSERT_EQ(3, q.count);
	EXPECT_EQ(EMPTY_BASE + MIB(8), self->buf[2]);
	EXPECT_EQ(MIB(6), self->buf[3]);
	EXPECT_EQ(UINT64_MAX, self->buf[6]);
	/* more than this kernel knows */
	memset(full, 0xff, sizeof(full));
	q.buf = (uintptr_t)full;
	q.entry_size = sizeof(full);
	q.cursor = 0;
	q.count = 1;
	ASSERT_EQ(0, cmd_query(self->ctl, &q));
	EXPECT_EQ(EMPTY_BASE, full[0]);
	EXPECT_EQ(0, full[ARRAY_SIZE(full) - 1]);
}

TEST_F(abi, query_errors)
{
	struct vtl0_query q = {
		.buf = (uintptr_t)self->ranges,
		.entry_size = sizeof(*self->ranges),
	};
	struct vtl0_info info = { };
	char *two;

	EXPECT_EQ(-EINVAL, cmd_query(self->ctl, &q));
	q.count = 1;
	ASSERT_EQ(0, cmd_info(self->ctl, &info));
	q.cursor = info.max_address + 1;
	EXPECT_EQ(-ERANGE, cmd_query(self->ctl, &q));
	q.cursor = UINT64_MAX;
	EXPECT_EQ(-ERANGE, cmd_query(self->ctl, &q));
	q.cursor = info.max_address;
	EXPECT_EQ(0, cmd_query(self->ctl, &q));

	ASSERT_EQ(0, add_three(self->ctl));
	q = (struct vtl0_query) { .entry_size = sizeof(*self->ranges), .count = 1 };
	EXPECT_EQ(-EFAULT, cmd_query(self->ctl, &q));
	EXPECT_EQ(0, q.count);
	/* room for one only */
	two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)two);
	ASSERT_EQ(0, munmap(two + 4096, 4096));
	q.buf = (uintptr_t)two + 4096 - sizeof(*self->ranges);
	q.count = 3;
	q.cursor = 0;
	EXPECT_EQ(-EFAULT, cmd_query(self->ctl, &q));
	EXPECT_EQ(1, q.count);
}

TEST_F(abi, plan_equals_add)
{
	static const struct {
		u64 start;
		u64 length;
		u64 chunk;
		u32 flags;
		u32 order;
	} cases[] = {
		{ 0, MIB(2), 0, 0, 0 },
		{ 0, GIB(2), 0, 0, 0 },
		{ MIB(2), GIB(2), 0, 0, 0 },
		{ MIB(2), GIB(4), 0, 0, 0 },
		{ 0, GIB(1), 0, VTL0_ADD_ORDER, 9 },
		{ 0, MIB(64), 0, VTL0_ADD_ORDER, 0 },
		{ 0, MIB(64), 0, VTL0_ADD_ORDER, 5 },
		{ MIB(2), MIB(64), MIB(6), VTL0_ADD_CHUNK, 0 },
		{ 4096, MIB(64), MIB(16), VTL0_ADD_CHUNK | VTL0_ADD_TRIM, 0 },
	};
	struct vtl0_chunk_info planned[32], added[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vtl0_plan plan = {
			.flags = cases[i].flags,
			.start = EMPTY_BASE + cases[i].start,
			.length = cases[i].length,
			.chunk_length = cases[i].chunk,
			.max_order = cases[i].order,
			.count = 32,
			.buf = (uintptr_t)planned,
		};
		struct vtl0_add add = {
			.flags = cases[i].flags,
			.start = EMPTY_BASE + cases[i].start,
			.length = cases[i].length,
			.chunk_length = cases[i].chunk,
			.max_order = cases[i].order,
		};
		struct vtl0_range_info info = { };

		ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
		ASSERT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
		ASSERT_EQ(0, cmd_add(self->ctl, &add));
		EXPECT_EQ(plan.planned_start, add.added_start);
		EXPECT_EQ(plan.planned_length, add.added_length);
		ASSERT_EQ(plan.count, add.nr_chunks);
		ASSERT_EQ((int)plan.count, list_chunks(self->ctl, added, 32));
		for (unsigned int j = 0; j < plan.count; j++) {
			EXPECT_EQ(planned[j].start, added[j].start);
			EXPECT_EQ(planned[j].length, added[j].length);
			EXPECT_EQ(planned[j].order, added[j].order);
			EXPECT_EQ(planned[j].memmap_bytes, added[j].memmap_bytes);
			EXPECT_EQ(0, planned[j].range_id);
			EXPECT_EQ(add.id, added[j].range_id);
		}
		ASSERT_EQ(0, find_range(self->ctl, add.added_start, &info));
		EXPECT_EQ(plan.memmap_bytes, info.memmap_bytes);
		EXPECT_EQ(plan.memmap_saved, info.memmap_saved);
		EXPECT_EQ(0, remove_range(self->ctl, add.added_start, add.added_length));
	}
}

TEST_F(abi, plan_buffer)
{
	struct vtl0_chunk_info chunks[4];
	struct vtl0_plan plan = {
		.flags = VTL0_ADD_CHUNK,
		.start = EMPTY_BASE,
		.length = MIB(6),
		.chunk_length = MIB(2),
	};

	/* just how many */
	ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(3, plan.count);
	/* fewer than there are: the rest is not written */
	memset(chunks, 0xff, sizeof(chunks));
	plan.buf = (uintptr_t)chunks;
	plan.count = 2;
	ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(3, plan.count);
	EXPECT_EQ(EMPTY_BASE + MIB(2), chunks[1].start);
	EXPECT_EQ(UINT64_MAX, chunks[2].start);
	plan.buf = 0;
	plan.count = 1;
	EXPECT_EQ(-EFAULT, cmd_plan(self->ctl, &plan));
	/* flags of ADD alone */
	plan = (struct vtl0_plan) { .start = EMPTY_BASE, .length = MIB(2) };
	plan.flags = VTL0_ADD_PERSIST;
	EXPECT_EQ(-EOPNOTSUPP, cmd_plan(self->ctl, &plan));
}

TEST_F(abi, chunk_length)
{
	u64 bad[] = { 1, 4096, MIB(1), MIB(3), MIB(2) + 4096, UINT64_MAX };
	struct vtl0_chunk_info chunks[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, add_chunked(self->ctl, EMPTY_BASE, MIB(8), bad[i]))
			TH_LOG("chunk_length %#llx", (unsigned long long)bad[i]);
	}
	/* chunks end at multiples of it */
	ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE + MIB(2), MIB(8), MIB(4)));
	ASSERT_EQ(3, list_chunks(self->ctl, chunks, 8));
	EXPECT_EQ(MIB(2), chunks[0].length);
	EXPECT_EQ(MIB(4), chunks[1].length);
	EXPECT_EQ(MIB(2), chunks[2].length);
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE + MIB(2), MIB(8)));
	/* longer than the range */
	ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE, MIB(8), TIB(1)));
	EXPECT_EQ(1, list_chunks(self->ctl, chunks, 8));
}

TEST_F(abi, too_many_chunks)
{
	struct vtl0_plan plan = {
		.flags = VTL0_ADD_CHUNK,
		.start = EMPTY_BASE,
		.length = VTL0_MAX_CHUNKS * MIB(2),
		.chunk_length = MIB(2),
	};

	ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(VTL0_MAX_CHUNKS, plan.count);
	plan.length += MIB(2);
	plan.count = 0;
	EXPECT_EQ(-EINVAL, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(-EINVAL, add_chunked(self->ctl, EMPTY_BASE, plan.length, MIB(2)));
}

static u64 number_in(const char *path)
{
	char buf[64];

	return read_file(path, buf, sizeof(buf)) < 0 ? UINT64_MAX : strtoull(buf, NULL, 0);
}

TEST_F(abi, sysfs_equals_query)
{
	static const char * const states[] = { "adding", "live", "removing", "draining" };
	struct vtl0_chunk_info chunks[16];
	struct vtl0_info totals = { };
	u64 v, bytes = 0, memmap = 0, saved = 0;
	unsigned int chunk = 0;
	char text[256];

	ASSERT_EQ(0, add_three(self->ctl));
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE + GIB(1), GIB(1), VTL0_ADD_PERSIST));
	ASSERT_EQ(4, list_ranges(self->ctl, self->ranges, 64));
	ASSERT_EQ(7, list_chunks(self->ctl, chunks, 16));
	for (unsigned int i = 0; i < 4; i++) {
		struct vtl0_range_info *r = &self->ranges[i];
		char expected[256];

#define EXPECT_ATTR(name, value) do {					\
		ASSERT_EQ(0, range_attr_u64(r->id, name, &v))		\
			TH_LOG("attribute %s", name);			\
		EXPECT_EQ((u64)(value), v)				\
			TH_LOG("attribute %s", name);			\
} while (0)
		EXPECT_ATTR("start", r->start);
		EXPECT_ATTR("length", r->length);
		EXPECT_ATTR("node", r->node);
		EXPECT_ATTR("persist", r->flags & VTL0_RANGE_PERSIST);
		EXPECT_ATTR("owners", r->owners);
		EXPECT_ATTR("nr_chunks", r->nr_chunks);
		EXPECT_ATTR("memmap_bytes", r->memmap_bytes);
		EXPECT_EQ(i == 3, r->flags == VTL0_RANGE_PERSIST);
		ASSERT_EQ(0, range_attr(r->id, "state", text, sizeof(text)));
		EXPECT_STREQ(states[r->state], text);
		for (u32 j = 0; j < r->nr_chunks; j++, chunk++)
			EXPECT_EQ(r->id, chunks[chunk].range_id);
		sprintf(expected, "faults_pte %llu\nfaults_pmd %llu\nfaults_pud %llu\nfallbacks %llu",
			r->faults_pte, r->faults_pmd, r->faults_pud, r->fallbacks);
		ASSERT_EQ(0, range_attr(r->id, "stat", text, sizeof(text)));
		EXPECT_STREQ(expected, text);
		sprintf(expected, "mappings %llu\nheld %llu", r->mappings, r->held);
		ASSERT_EQ(0, range_attr(r->id, "usage", text, sizeof(text)));
		EXPECT_STREQ(expected, text);
		bytes += r->length;
		memmap += r->memmap_bytes;
		saved += r->memmap_saved;
	}
	ASSERT_EQ(0, cmd_info(self->ctl, &totals));
	EXPECT_EQ(4, totals.nr_ranges);
	EXPECT_EQ(7, totals.nr_chunks);
	EXPECT_EQ(bytes, totals.bytes);
	EXPECT_EQ(memmap, totals.memmap_bytes);
	EXPECT_EQ(saved, totals.memmap_saved);
	EXPECT_EQ(4, number_in("/sys/devices/vtl0/nr_ranges"));
	EXPECT_EQ(bytes, number_in("/sys/devices/vtl0/bytes"));
	EXPECT_EQ(memmap, number_in("/sys/devices/vtl0/memmap_bytes"));
	EXPECT_EQ(saved, number_in("/sys/devices/vtl0/memmap_saved"));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE + GIB(1), GIB(1)));
	EXPECT_EQ(-ENOENT, range_attr_u64(self->ranges[3].id, "start", &v));
}

TEST_F(abi, remove_errors)
{
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, MIB(4), 0));
	EXPECT_EQ(-EINVAL, remove_range(self->ctl, EMPTY_BASE, 0));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, MIB(2)));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE + MIB(2), MIB(2)));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, MIB(6)));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE + MIB(4), MIB(4)));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE | 1ULL << 63, MIB(4)));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, UINT64_MAX, UINT64_MAX));
	EXPECT_EQ(1, list_ranges(self->ctl, self->ranges, 64));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, MIB(4)));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, MIB(4)));
}

TEST_HARNESS_MAIN
