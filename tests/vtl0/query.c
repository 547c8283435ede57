// SPDX-License-Identifier: GPL-2.0
/* The answers of INFO, QUERY and sysfs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"
#include "module.h"

FIXTURE(query) {
	int ctl;
	u64 buf[8192 / 8];
	struct vtl0_range_info ranges[64];
};

FIXTURE_SETUP(query)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
}

FIXTURE_TEARDOWN(query)
{
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

/*
 * What Documentation/admin-guide/vtl0.rst says that is missing: on arm64 1G entries, and a
 * memmap whose parts are shared; 1G entries also on Linux 6.13 to 6.19. Linux 6.12 is the one
 * that does not count mappings, and vtl0_upstream is built for 7.0 and newer.
 */
#ifdef __x86_64__
static u64 depends_on_kernel(const struct vtl0_info *info)
{
	int fd = module_file("vtl0_upstream");

	if (fd >= 0)
		close(fd);
	return VTL0_FEATURE_DEDUP |
	       (fd >= 0 || !(info->features & VTL0_FEATURE_COUNTS) ? VTL0_FEATURE_MAP_PUD : 0);
}
#else
static u64 depends_on_kernel(__attribute__((unused)) const struct vtl0_info *info)
{
	return 0;
}
#endif

TEST_F(query, info_describes_kernel)
{
	struct vtl0_info info = { };

	ASSERT_EQ(0, cmd_info(self->ctl, &info));
	EXPECT_EQ(PAGE_BYTES, info.page_size);
	EXPECT_EQ(BLOCK_BYTES, info.min_align);
	EXPECT_EQ(1ULL | 1ULL << PMD_FOLIO_ORDER |
		  (info.features & VTL0_FEATURE_MAP_PUD ? 1ULL << PUD_FOLIO_ORDER : 0),
		  info.orders);
	EXPECT_EQ(VTL0_FEATURE_MSHV | VTL0_FEATURE_MAP_PMD | VTL0_FEATURE_SEAMLESS |
		  depends_on_kernel(&info),
		  info.features & (VTL0_FEATURE_MSHV | VTL0_FEATURE_MAP_PMD |
				   VTL0_FEATURE_SEAMLESS | VTL0_FEATURE_MAP_PUD |
				   VTL0_FEATURE_DEDUP));
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
	return add_range(ctl, EMPTY_BASE, BLOCKS(1), 0) ?:
	       add_chunked(ctl, EMPTY_BASE + BLOCKS(4), BLOCKS(3), BLOCKS(1)) ?:
	       add_chunked(ctl, EMPTY_BASE + BLOCKS(16), BLOCKS(3), BLOCKS(2));
}

static const struct {
	u64 start;
	u64 length;
} three[] = {
	{ 0, BLOCKS(1) },
	{ BLOCKS(4), BLOCKS(1) }, { BLOCKS(5), BLOCKS(1) }, { BLOCKS(6), BLOCKS(1) },
	{ BLOCKS(16), BLOCKS(2) }, { BLOCKS(18), BLOCKS(1) },
};

TEST_F(query, chunks_one_by_one)
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
		EXPECT_EQ(BLOCK_ORDER, chunk.order);
		EXPECT_EQ(i + 1 == ARRAY_SIZE(three), !q.cursor);
	}
	/* 0 is the beginning again */
	ASSERT_EQ(0, cmd_query(self->ctl, &q));
	EXPECT_EQ(1, q.count);
	EXPECT_EQ(EMPTY_BASE, chunk.start);
}

TEST_F(query, ranges_with_any_count)
{
	static const u64 starts[] = { 0, BLOCKS(4), BLOCKS(16) };
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

/* The cursor may be any address: each range that ends behind it is listed. */
TEST_F(query, cursor_anywhere)
{
	static const struct {
		u64 cursor;
		u64 start;
	} cases[] = {
		{ 0, 0 }, { 1, 0 }, { BLOCKS(1) - 1, 0 }, { BLOCKS(1), BLOCKS(4) },
		{ BLOCKS(4) + PAGE_BYTES, BLOCKS(4) }, { BLOCKS(13) / 2, BLOCKS(4) },
		{ BLOCKS(7), BLOCKS(16) }, { BLOCKS(19) - 1, BLOCKS(16) },
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
	q.cursor = EMPTY_BASE + BLOCKS(19);
	ASSERT_EQ(0, cmd_query(self->ctl, &q));
	EXPECT_EQ(0, q.count);
	EXPECT_EQ(0, q.cursor);
}

TEST_F(query, entry_sizes)
{
	struct vtl0_query q = { .count = 3, .buf = (uintptr_t)self->buf };
	u32 bad[] = { 0, 1, 15, PAGE_BYTES + 1, UINT32_MAX };
	u64 full[sizeof(struct vtl0_range_info) / 8 + 1];

	ASSERT_EQ(0, add_three(self->ctl));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		q.entry_size = bad[i];
		EXPECT_EQ(-EINVAL, cmd_query(self->ctl, &q))
			TH_LOG("entry_size %u", bad[i]);
	}
	/* only the first fields of an entry */
	memset(self->buf, 0xff, sizeof(self->buf));
	q.entry_size = 16;
	q.count = 3;
	ASSERT_EQ(0, cmd_query(self->ctl, &q));
	ASSERT_EQ(3, q.count);
	EXPECT_EQ(EMPTY_BASE + BLOCKS(4), self->buf[2]);
	EXPECT_EQ(BLOCKS(3), self->buf[3]);
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

TEST_F(query, refuses_bad_cursor_and_buffer)
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
	two = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)two);
	ASSERT_EQ(0, munmap(two + PAGE_BYTES, PAGE_BYTES));
	q.buf = (uintptr_t)two + PAGE_BYTES - sizeof(*self->ranges);
	q.count = 3;
	q.cursor = 0;
	EXPECT_EQ(-EFAULT, cmd_query(self->ctl, &q));
	EXPECT_EQ(1, q.count);
}

static u64 number_in(const char *path)
{
	char buf[64];

	return read_file(path, buf, sizeof(buf)) < 0 ? UINT64_MAX : strtoull(buf, NULL, 0);
}

/* What the attribute "stat" of a range says. */
static void stat_text(const struct vtl0_range_info *r, char *text)
{
	sprintf(text, "faults_pte %llu\nfaults_pmd %llu\nfaults_pud %llu\nfallbacks %llu",
		r->faults_pte, r->faults_pmd, r->faults_pud, r->fallbacks);
}

/* What the attribute "usage" says. */
static void usage_text(const struct vtl0_range_info *r, char *text)
{
	if (r->mappings == VTL0_MAPPINGS_UNKNOWN)
		sprintf(text, "mappings unknown\nheld %llu", r->held);
	else
		sprintf(text, "mappings %llu\nheld %llu", r->mappings, r->held);
}

TEST_F(query, sysfs_equals_query)
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
		stat_text(r, expected);
		ASSERT_EQ(0, range_attr(r->id, "stat", text, sizeof(text)));
		EXPECT_STREQ(expected, text);
		usage_text(r, expected);
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

TEST_HARNESS_MAIN
