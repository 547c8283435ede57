// SPDX-License-Identifier: GPL-2.0
/* VTL0_ADD from two threads, in thousands of chunks, and with any input. */
#include <errno.h>
#include <linux/mshv.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "add.h"
#include "random.h"

struct racer {
	pthread_barrier_t *barrier;
	unsigned int rounds;
	int fd;
	u64 start, length;
	/* per round */
	int ret[64];
};

/* Between the two waits of a round the main thread looks and cleans up. */
static void *race(void *arg)
{
	struct racer *r = arg;

	for (unsigned int i = 0; i < r->rounds; i++) {
		pthread_barrier_wait(r->barrier);
		r->ret[i] = add_range(r->fd, r->start, r->length, 0);
		pthread_barrier_wait(r->barrier);
		pthread_barrier_wait(r->barrier);
	}
	return NULL;
}

TEST_F_TIMEOUT(add, two_threads_overlap, SLOW)
{
	unsigned int rounds = debug_kernel() ? 24 : 64;
	struct racer r[2] = {
		{ .start = EMPTY_BASE, .length = BLOCKS(4), .rounds = rounds },
		{ .start = EMPTY_BASE + BLOCKS(2), .length = BLOCKS(4), .rounds = rounds },
	};
	pthread_barrier_t barrier;
	pthread_t thread[2];

	pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 2; i++) {
		r[i].fd = self->ctl;
		r[i].barrier = &barrier;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, race, &r[i]));
	}
	for (unsigned int i = 0; i < rounds; i++) {
		int won;

		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		won = r[0].ret[i] ? 1 : 0;
		EXPECT_EQ(0, r[won].ret[i]);
		EXPECT_EQ(-EEXIST, r[!won].ret[i]);
		EXPECT_EQ(1, list_ranges(self->ctl, self->ranges, 64));
		EXPECT_EQ(r[won].start, self->ranges[0].start);
		EXPECT_EQ(0, remove_range(self->ctl, r[won].start, r[won].length));
		pthread_barrier_wait(&barrier);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&barrier);
}

TEST_F_TIMEOUT(add, two_threads_same_range, SLOW)
{
	unsigned int rounds = debug_kernel() ? 24 : 64;
	struct racer r[2] = {
		{ .start = EMPTY_BASE, .length = BLOCKS(4), .rounds = rounds },
		{ .start = EMPTY_BASE, .length = BLOCKS(4), .rounds = rounds },
	};
	pthread_barrier_t barrier;
	pthread_t thread[2];

	pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 2; i++) {
		r[i].fd = open_control();
		ASSERT_LE(0, r[i].fd);
		r[i].barrier = &barrier;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, race, &r[i]));
	}
	for (unsigned int i = 0; i < rounds; i++) {
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		EXPECT_EQ(0, r[0].ret[i]);
		EXPECT_EQ(0, r[1].ret[i]);
		EXPECT_EQ(1, list_ranges(self->ctl, self->ranges, 64));
		EXPECT_EQ(2, self->ranges[0].owners);
		EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
		pthread_barrier_wait(&barrier);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		close(r[i].fd);
	}
	pthread_barrier_destroy(&barrier);
}

/*
 * The index finds each of many chunks, and only those. tests/vtl0/bench
 * measures the cost.
 */
TEST_F_TIMEOUT(add, thousands_of_chunks, SLOW)
{
	/* of VTL0_MAX_CHUNKS as many as take seconds, not minutes */
	unsigned int nr = debug_kernel() ? 512 : 4096;
	u64 length = nr * BLOCKS(1);
	struct vtl0_chunk_info *chunks = calloc(nr + 1, sizeof(*chunks)), one;
	struct vtl0_add arg = {
		.start = EMPTY_BASE,
		.length = length,
		.chunk_length = BLOCKS(1),
		.flags = VTL0_ADD_CHUNK,
	};
	struct vtl0_query q;

	ASSERT_NE(NULL, chunks);
	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	EXPECT_EQ(nr, arg.nr_chunks);
	ASSERT_EQ((int)nr, list_chunks(self->ctl, chunks, nr + 1));
	for (unsigned int i = 0; i < nr; i++) {
		u64 start = EMPTY_BASE + i * BLOCKS(1);
		u64 cursors[] = { start, start + PAGE_BYTES, start + BLOCKS(1) - 1 };

		ASSERT_EQ(start, chunks[i].start);
		ASSERT_EQ(BLOCKS(1), chunks[i].length);
		ASSERT_EQ(BLOCK_ORDER, chunks[i].order);
		for (unsigned int j = 0; j < ARRAY_SIZE(cursors); j++) {
			q = (struct vtl0_query) {
				.flags = VTL0_QUERY_CHUNKS,
				.cursor = cursors[j],
				.buf = (uintptr_t)&one,
				.entry_size = sizeof(one),
				.count = 1,
			};
			ASSERT_EQ(0, cmd_query(self->ctl, &q));
			ASSERT_EQ(1, q.count);
			ASSERT_EQ(start, one.start);
		}
	}
	EXPECT_EQ(-EEXIST, add_range(self->ctl, EMPTY_BASE + length - BLOCKS(1), BLOCKS(1), 0));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, length));
	EXPECT_EQ(0, list_chunks(self->ctl, chunks, nr));
	free(chunks);
}

/* An address or a length of the kind that breaks things. */
static u64 nasty(struct rng *rng)
{
	static const u64 values[] = {
		0, 1, 4095, 4096, MIB(1), BLOCKS(1), BLOCKS(1) + 4096, MIB(128), 0x10000,
		0x9fc00000, 0xfee00000, GIB(4), 1ULL << 46, 1ULL << 47, 1ULL << 51, 1ULL << 52,
		1ULL << 63, (1ULL << 52) - BLOCKS(1), (1ULL << 63) - BLOCKS(1), -BLOCKS(1),
		UINT64_MAX,
	};
	u64 r = rng_next(rng);
	u64 v = values[r % ARRAY_SIZE(values)];

	switch (r >> 32 & 3) {
	case 0:
		return v;
	case 1:
		return v + 4096;
	case 2:
		return v - 4096;
	default:
		return EMPTY_BASE + (r >> 40 & 15) * BLOCKS(1);
	}
}

/* Each request is either done or refused; the teardown looks at the log. */
TEST_F_TIMEOUT(add, no_input_warns, SLOW)
{
	unsigned int rounds = debug_kernel() ? 200 : 1000, done = 0;
	char panics[8];
	struct rng rng = { 0x76746c30 };

	ASSERT_LT(0, read_file("/proc/sys/kernel/panic_on_warn", panics, sizeof(panics)));
	if (atoi(panics) != 1)
		TH_LOG("panic_on_warn is off: only the log and the taint tell");
	for (unsigned int i = 0; i < rounds; i++) {
		u64 r = rng_next(&rng);
		struct vtl0_add arg = {
			.start = nasty(&rng),
			.length = nasty(&rng),
			.flags = r & 0x3f,
		};
		struct mshv_vtl_ram_disposition ram = {
			.start_pfn = nasty(&rng) >> (r & 64 ? 12 : 0),
			.last_pfn = nasty(&rng) >> (r & 64 ? 12 : 0),
		};

		/* large ones take long, and are tested elsewhere */
		if (arg.length > GIB(1) && arg.length < (1ULL << 48))
			arg.length = BLOCKS(2);
		if (r & VTL0_ADD_CHUNK)
			arg.chunk_length = nasty(&rng);
		if (r & VTL0_ADD_ORDER)
			arg.max_order = r >> 8 & 31;
		if (r & VTL0_ADD_NODE)
			arg.node = (int)(r >> 16 & 7) - 2;
		if (!cmd_add(self->ctl, &arg)) {
			done++;
			ASSERT_EQ(0, remove_range(self->ctl, arg.added_start, arg.added_length));
		}
		if (ram.last_pfn - ram.start_pfn < GIB(1) >> 12 &&
		    !vtl0_ioctl(self->ctl, MSHV_ADD_VTL0_MEMORY, &ram)) {
			done++;
			ASSERT_EQ(0, remove_range(self->ctl, ram.start_pfn << 12,
						  (ram.last_pfn - ram.start_pfn) << 12));
		}
		remove_range(self->ctl, nasty(&rng), nasty(&rng));
	}
	/* some of it makes sense */
	EXPECT_LT(0, done);
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
}

TEST_HARNESS_MAIN
