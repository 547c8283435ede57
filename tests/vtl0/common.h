/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the vtl0 selftests share. Functions return 0 (or a file descriptor) or
 * -errno where nothing else is said. They know nothing of the harness.
 */
#ifndef _VTL0_SELFTESTS_COMMON_H
#define _VTL0_SELFTESTS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/vtl0.h>

typedef uint64_t u64;
typedef uint32_t u32;

#define KIB(n) ((u64)(n) << 10)
#define MIB(n) ((u64)(n) << 20)
#define GIB(n) ((u64)(n) << 30)
#define TIB(n) ((u64)(n) << 40)

#define PMD_BYTES MIB(2)
#define PUD_BYTES GIB(1)
#define PMD_FOLIO_ORDER 9
#define PUD_FOLIO_ORDER 18

/* For TEST_F_TIMEOUT(): seconds that a slow test may take on an emulated debug kernel. */
#define SLOW 300

/* Addresses without RAM behind them: may be registered, must not be touched. */
#define EMPTY_BASE TIB(16)

/* The nodes. */
int open_control(void);				/* /dev/vtl0, read-write */
int open_low(int flags);			/* /dev/vtl0_low, with O_RDWR or O_RDONLY */

/*
 * The ioctls. A structure whose size is 0 gets the right one. Any fd that takes
 * the ioctls will do.
 */
int vtl0_ioctl(int fd, unsigned long cmd, void *arg);
int cmd_add(int fd, struct vtl0_add *arg);
int cmd_remove(int fd, struct vtl0_remove *arg);
int cmd_query(int fd, struct vtl0_query *arg);
int cmd_info(int fd, struct vtl0_info *arg);
int cmd_plan(int fd, struct vtl0_plan *arg);
/* The short ones. */
int add_range(int fd, u64 start, u64 length, u32 flags);
int add_chunked(int fd, u64 start, u64 length, u64 chunk_length);
int add_order(int fd, u64 start, u64 length, u32 max_order);
int remove_range(int fd, u64 start, u64 length);
/* Iterate with QUERY; return how many there are (at most @max are stored). */
int list_ranges(int fd, struct vtl0_range_info *info, unsigned int max);
int list_chunks(int fd, struct vtl0_chunk_info *info, unsigned int max);
/* The range that begins at @start, or -ENOENT. */
int find_range(int fd, u64 start, struct vtl0_range_info *info);

/*
 * The n-th window of RAM that the guest's kernel was told not to use
 * (memmap=SIZE$START); -ENOENT if there are not that many. Window 0 is meant to
 * be 1 GiB and aligned to that, window 1 smaller and aligned to 2 MiB only.
 */
int env_range(unsigned int n, u64 *start, u64 *length);
/* The kernel of the lab that is built for debugging. */
bool debug_kernel(void);
/* A whole NVMe disk to write to, or NULL. */
const char *nvme_disk(void);
/* Bit n: NUMA node n is online. */
u64 online_nodes(void);

/* Files. */
ssize_t read_file(const char *path, char *buf, size_t size);	/* NUL-terminated */
int write_file(const char *path, const char *text);
/* /sys/class/vtl0/rangeID/NAME without its last newline. */
int range_attr(u32 id, const char *name, char *buf, size_t size);
int range_attr_u64(u32 id, const char *name, u64 *value);
/* A number in /proc/self/status, in bytes: "VmPTE", "RssFile", ... */
long long status_bytes(const char *name);
/* Does a line of /proc/iomem have just this range and name (NULL: any)? */
bool iomem_has(u64 start, u64 length, const char *name);
/* The first /proc/iomem entry of that name, longer than min_length. */
int iomem_find(const char *name, u64 min_length, u64 *start, u64 *length);
int iomem_find_window(u64 min_length, u64 *start, u64 *length);
/* Memory of a PCI device that has struct pages (an NVMe controller's CMB); -ENOENT. */
int cmb_find(u64 *start, u64 *length);
/* Write a line to the kernel log, so that a report there can be attributed. */
void kernel_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The kernel log from here on: watch_log() returns an fd, log_complaint() whether
 * a line about memory, resources or a WARNING at level warning or worse came
 * since, and which.
 */
int watch_log(void);
bool log_complaint(int log, char *line, size_t size);
/* Bits 5, 7, 9 of /proc/sys/kernel/tainted: bad page, oops, warning. */
u32 taint(void);

/*
 * Fault injection, on kernels that have it. fail_nth() lets the n-th allocation
 * of this thread from here on fail; fail_nth_hit() ends that and returns whether
 * there were so many.
 */
bool have_fail_nth(void);
void fail_nth(unsigned int n);
bool fail_nth_hit(void);
/* How many allocations a call makes: begin, and what was made since. */
void count_allocations(void);
unsigned int counted_allocations(void);

/* Run a command with its output discarded; returns its exit status. */
int run(const char *command);

/* Memory. */
void *map_low(int low, u64 start, size_t length, int prot);	/* MAP_FAILED, errno */
/*
 * Read (or write back) a byte. 0: it worked; > 0: SIGBUS, its si_code
 * (BUS_ADRERR, ...); < 0: -SIGSEGV.
 */
int touch(const void *addr);
int touch_write(void *addr);
void *alloc_aligned(size_t alignment, size_t size);		/* NULL; free() */
/* Fill or check with a pattern that depends on seed and position. */
void fill_pattern(void *buf, size_t size, u64 seed);
bool check_pattern(const void *buf, size_t size, u64 seed);

/* Ask until done(arg) is true, at most @seconds; returns whether it came true. */
bool wait_until(bool (*done)(void *arg), void *arg, unsigned int seconds);

/*
 * What a test left behind: returns 0 if no range is registered and none is in
 * /proc/iomem. Else the number of ranges, with a description in @why; they are
 * removed, so that only this test fails.
 */
int left_behind(char *why, size_t size);

/* For FIXTURE_TEARDOWN(), after all fds and mappings of the test are gone. */
#define EXPECT_NOTHING_LEFT() do {					\
	char left_why[512] = "";					\
	EXPECT_EQ(0, left_behind(left_why, sizeof(left_why)))		\
		TH_LOG("left behind: %s", left_why);			\
} while (0)

#endif /* _VTL0_SELFTESTS_COMMON_H */
