// SPDX-License-Identifier: GPL-2.0
/*
 * Memory-management calls on a mapping of the low node: each has a defined
 * result, the data stay as they were, and nothing is left behind.
 */
#include <linux/userfaultfd.h>
#include <sys/wait.h>

#include "map.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define DATA (2 * PMD_BYTES)

LEVEL_FIXTURE(advice);

FIXTURE_SETUP(advice)
{
	SETUP_LEVEL();
	fill_pattern(self->va, DATA, 30);
}

FIXTURE_TEARDOWN_PARENT(advice)
{
	EXPECT_ALL_GONE();
}

#define FINISH() do {							\
	EXPECT_TRUE(check_pattern(self->va, DATA, 30));			\
	EXPECT_EQ(0, map_info(&self->s).held);				\
	ASSERT_EQ(0, munmap(self->va, self->s.length));			\
	EXPECT_UNUSED_AND_REMOVE(&self->s);				\
} while (0)

/* The mapping is inherited as shared memory, also by a child that outlives it. */
TEST_F_TIMEOUT(advice, fork_shares_memory, SLOW)
{
	pid_t child;
	int status;

	child = fork();
	if (!child) {
		bool good = check_pattern(self->va, DATA, 30);

		fill_pattern(self->va + MIB(1), MIB(1), 31);
		_exit(good ? 0 : 1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(check_pattern(self->va + MIB(1), MIB(1), 31));
	fill_pattern(self->va, DATA, 30);
	FINISH();
}

static int advise_all(char *va, u64 length, int advice)
{
	/* whole entries, a page and a block in them, and what begins in the middle */
	const struct { u64 offset, length; } parts[] = {
		{ 0, length },
		{ PAGE_BYTES, PAGE_BYTES },
		{ PMD_BYTES, PMD_BYTES },
		{ PMD_BYTES / 2, PMD_BYTES },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		touch_write(va + parts[i].offset);
		if (madvise(va + parts[i].offset, parts[i].length, advice))
			return -errno;
	}
	return 0;
}

TEST_F_TIMEOUT(advice, madvise_that_works, SLOW)
{
	const int kinds[] = {
		MADV_DONTNEED, MADV_COLD, MADV_PAGEOUT, MADV_HUGEPAGE,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_WILLNEED,
		MADV_SEQUENTIAL, MADV_NORMAL, MADV_DONTFORK, MADV_DONTDUMP,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		int ret = advise_all(self->va, self->s.length, kinds[i]);

		/* read-ahead needs a file that can be read */
		if (kinds[i] == MADV_WILLNEED && ret == -EBADF)
			ret = 0;
		EXPECT_EQ(0, ret) {
			TH_LOG("advice %d", kinds[i]);
		}
		EXPECT_TRUE(check_pattern(self->va, DATA, 30)) {
			TH_LOG("advice %d", kinds[i]);
		}
	}
	FINISH();
}

/* Advice that would change, free or replace the memory, or dump it. */
TEST_F_TIMEOUT(advice, madvise_that_is_refused, SLOW)
{
	const int kinds[] = {
		MADV_FREE, MADV_REMOVE, MADV_COLLAPSE, MADV_GUARD_INSTALL,
		MADV_WIPEONFORK, MADV_DODUMP,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		int ret = advise_all(self->va, self->s.length, kinds[i]);

		EXPECT_NE(0, ret) {
			TH_LOG("advice %d", kinds[i]);
		}
		EXPECT_TRUE(check_pattern(self->va, DATA, 30)) {
			TH_LOG("advice %d", kinds[i]);
		}
	}
	/* never kept from children: some kernels refuse that all the same */
	advise_all(self->va, self->s.length, MADV_DOFORK);
	EXPECT_TRUE(check_pattern(self->va, DATA, 30));
	FINISH();
}

/* Without huge pages by wish of the user: pages, and counted as fallback. */
TEST_F_TIMEOUT(advice, nohugepage, SLOW)
{
	struct vtl0_range_info before, after;

	ASSERT_EQ(0, madvise(self->va, self->s.length, MADV_NOHUGEPAGE));
	ASSERT_EQ(0, madvise(self->va, self->s.length, MADV_DONTNEED));
	before = map_info(&self->s);
	ASSERT_EQ(0, touch_write(self->va));
	ASSERT_EQ(0, touch_write(self->va + FAULT_AROUND));
	after = map_info(&self->s);
	EXPECT_EQ(before.faults_pte + 2, after.faults_pte);
	EXPECT_EQ(before.fallbacks + (variant->order ? 2 : 0), after.fallbacks);
	FINISH();
}

TEST_F_TIMEOUT(advice, mlock, SLOW)
{
	u64 length = variant->entry == PAGE_BYTES ? DATA : self->s.length;

	ASSERT_EQ(0, madvise(self->va, self->s.length, MADV_DONTNEED));
	ASSERT_EQ(0, mlock(self->va, length));
	EXPECT_MAPPINGS(length / variant->entry, map_info(&self->s).mappings);
	EXPECT_EQ(0, mlock(self->va + PAGE_BYTES, PAGE_BYTES));
	EXPECT_EQ(0, munlock(self->va + PAGE_BYTES, PAGE_BYTES));
	EXPECT_EQ(0, munlock(self->va, length));
	EXPECT_EQ(0, mlockall(MCL_CURRENT));
	EXPECT_EQ(0, munlockall());
	EXPECT_EQ(0, status_bytes("VmLck"));
	FINISH();
}

TEST_F_TIMEOUT(advice, mremap_cannot_grow, SLOW)
{
	u64 length = self->s.length;

	EXPECT_EQ(MAP_FAILED, mremap(self->va, length, length + PMD_BYTES, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(self->va, length, length + PMD_BYTES, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	/* a second mapping of the same memory by the old trick */
	EXPECT_EQ(MAP_FAILED, mremap(self->va, 0, length, MREMAP_MAYMOVE));
	FINISH();
}

TEST_F_TIMEOUT(advice, mremap_shrinks, SLOW)
{
	u64 length = self->s.length - PMD_BYTES;

	ASSERT_EQ(self->va, mremap(self->va, self->s.length, length, 0));
	EXPECT_EQ(0, touch_write(self->va + length - 1));
	EXPECT_EQ(-SIGSEGV, touch(self->va + length));
	FINISH();
}

TEST_F_TIMEOUT(advice, mincore, SLOW)
{
	unsigned char *present = malloc(DATA / PAGE_BYTES);

	ASSERT_EQ(0, mincore(self->va, DATA, present));
	free(present);
	FINISH();
}

/*
 * Where the kernel lets userfaultfd write-protect the mapping: what then faults is an
 * error, whether an entry was there or not, until the mapping is unregistered. Of large
 * entries the kernel makes markers; a single page that is there does not fault in the
 * driver. NULL, or what went wrong.
 */
static const char *protect_and_touch(int fd, char *va, struct uffdio_range range, bool large)
{
	struct uffdio_writeprotect wp = {
		.range = range, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (ioctl(fd, UFFDIO_WRITEPROTECT, &wp))
		return "present memory cannot be protected";
	if (large && touch_write(va) != BUS_ADRERR)
		return "what large entries map can be written";
	if (madvise(va, range.len, MADV_DONTNEED) || ioctl(fd, UFFDIO_WRITEPROTECT, &wp))
		return "absent memory cannot be protected";
	if (touch(va) != BUS_ADRERR || touch_write(va + PAGE_BYTES) != BUS_ADRERR)
		return "absent memory can be touched";
	if (ioctl(fd, UFFDIO_UNREGISTER, &range))
		return "cannot be unregistered";
	return touch_write(va) ? "cannot be touched afterwards" : NULL;
}

/*
 * User space must not get to hold a fault on guest memory, or to write-protect it: the
 * kernel refuses because the mapping has a fixed size (VM_DONTEXPAND), and where it does
 * not refuse to protect it asynchronously, the driver does.
 */
TEST_F(advice, userfaultfd)
{
	const u64 modes[] = {
		UFFDIO_REGISTER_MODE_MISSING, UFFDIO_REGISTER_MODE_WP, UFFDIO_REGISTER_MODE_MINOR,
	};
	const u64 features[] = { 0, UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED };

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "the kernel has no userfaultfd");
	for (unsigned int i = 0; i < ARRAY_SIZE(features); i++) {
		struct uffdio_api api = { .api = UFFD_API, .features = features[i] };
		int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
		for (unsigned int j = 0; j < ARRAY_SIZE(modes); j++) {
			struct uffdio_register reg = {
				.range = { .start = (uintptr_t)self->va, .len = self->s.length },
				.mode = modes[j],
			};

			if (ioctl(fd, UFFDIO_REGISTER, &reg)) {
				EXPECT_EQ(EINVAL, errno);
				continue;
			}
			EXPECT_TRUE(features[i] && modes[j] == UFFDIO_REGISTER_MODE_WP);
			TH_LOG("the kernel allows asynchronous write protection");
			EXPECT_STREQ("", protect_and_touch(fd, self->va, reg.range,
							   variant->order) ?: "");
		}
		close(fd);
	}
	FINISH();
}

TEST_HARNESS_MAIN
