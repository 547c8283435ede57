// SPDX-License-Identifier: GPL-2.0
/* What the vtl0 selftests share; see common.h. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

static int open_node(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int open_control(void)
{
	return open_node("/dev/vtl0", O_RDWR);
}

int open_low(int flags)
{
	return open_node("/dev/vtl0_low", flags);
}

int vtl0_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int cmd_add(int fd, struct vtl0_add *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_ADD, arg);
}

int cmd_remove(int fd, struct vtl0_remove *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_REMOVE, arg);
}

int cmd_query(int fd, struct vtl0_query *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_QUERY, arg);
}

int cmd_info(int fd, struct vtl0_info *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_INFO, arg);
}

int cmd_plan(int fd, struct vtl0_plan *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_PLAN, arg);
}

int add_range(int fd, u64 start, u64 length, u32 flags)
{
	struct vtl0_add arg = { .start = start, .length = length, .flags = flags };

	return cmd_add(fd, &arg);
}

int add_chunked(int fd, u64 start, u64 length, u64 chunk_length)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_CHUNK,
		.start = start,
		.length = length,
		.chunk_length = chunk_length,
	};

	return cmd_add(fd, &arg);
}

int add_order(int fd, u64 start, u64 length, u32 max_order)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_ORDER,
		.start = start,
		.length = length,
		.max_order = max_order,
	};

	return cmd_add(fd, &arg);
}

int remove_range(int fd, u64 start, u64 length)
{
	struct vtl0_remove arg = { .start = start, .length = length };

	return cmd_remove(fd, &arg);
}

/* Calls QUERY until there is no more, with an array of 64 entries. */
static int list(int fd, u32 flags, void *out, size_t entry, unsigned int max)
{
	struct vtl0_query arg = { .flags = flags, .entry_size = entry };
	char *buf = malloc(64 * entry);
	unsigned int nr = 0;
	int ret;

	do {
		arg.buf = (uintptr_t)buf;
		arg.count = 64;
		ret = cmd_query(fd, &arg);
		if (ret)
			break;
		for (u32 i = 0; i < arg.count; i++, nr++)
			if (nr < max)
				memcpy((char *)out + nr * entry, buf + i * entry, entry);
	} while (arg.cursor);
	free(buf);
	return ret ? ret : (int)nr;
}

int list_ranges(int fd, struct vtl0_range_info *info, unsigned int max)
{
	return list(fd, 0, info, sizeof(*info), max);
}

int list_chunks(int fd, struct vtl0_chunk_info *info, unsigned int max)
{
	return list(fd, VTL0_QUERY_CHUNKS, info, sizeof(*info), max);
}

int find_range(int fd, u64 start, struct vtl0_range_info *info)
{
	struct vtl0_query arg = {
		.cursor = start,
		.buf = (uintptr_t)info,
		.entry_size = sizeof(*info),
		.count = 1,
	};
	int ret = cmd_query(fd, &arg);

	if (ret)
		return ret;
	return arg.count == 1 && info->start == start ? 0 : -ENOENT;
}

/* "1G", "0x100000", "256M": as memparse() of the kernel. */
static u64 parse_size(const char *s, char **end)
{
	u64 n = strtoull(s, end, 0);

	switch (**end) {
	case 'G': case 'g':
		n <<= 10;
		/* fall through */
	case 'M': case 'm':
		n <<= 10;
		/* fall through */
	case 'K': case 'k':
		n <<= 10;
		(*end)++;
	}
	return n;
}

int env_range(unsigned int n, u64 *start, u64 *length)
{
	char line[4096];
	char *p = line;
	ssize_t ret = read_file("/proc/cmdline", line, sizeof(line));

	if (ret < 0)
		return ret;
	while ((p = strstr(p, "memmap="))) {
		p += strlen("memmap=");
		*length = parse_size(p, &p);
		if (*p != '$')
			continue;
		*start = parse_size(p + 1, &p);
		if (!n--)
			return 0;
	}
	return -ENOENT;
}

bool debug_kernel(void)
{
	struct utsname u;

	return !uname(&u) && strstr(u.release, "vtl0-debug");
}

const char *nvme_disk(void)
{
	struct stat st;

	return !stat("/dev/nvme0n1", &st) && S_ISBLK(st.st_mode) ? "/dev/nvme0n1" : NULL;
}

u64 online_nodes(void)
{
	char buf[256];
	char *p = buf;
	u64 mask = 0;

	if (read_file("/sys/devices/system/node/online", buf, sizeof(buf)) < 0)
		return 1;
	/* "0-1,3" */
	while (*p >= '0' && *p <= '9') {
		unsigned long from = strtoul(p, &p, 10), to = from;

		if (*p == '-')
			to = strtoul(p + 1, &p, 10);
		for (; from <= to && from < 64; from++)
			mask |= 1ULL << from;
		if (*p == ',')
			p++;
	}
	return mask;
}

ssize_t read_file(const char *path, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf + used, size - 1 - used)) > 0)
		used += n;
	if (n < 0)
		n = -errno;
	close(fd);
	buf[used] = '\0';
	return n < 0 ? n : (ssize_t)used;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int range_attr(u32 id, const char *name, char *buf, size_t size)
{
	char path[128];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/vtl0/range%u/%s", id, name);
	n = read_file(path, buf, size);
	if (n < 0)
		return n;
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	return 0;
}

int range_attr_u64(u32 id, const char *name, u64 *value)
{
	char buf[64], *end;
	int ret = range_attr(id, name, buf, sizeof(buf));

	if (ret)
		return ret;
	*value = strtoull(buf, &end, 0);
	return *end || end == buf ? -EINVAL : 0;
}

long long status_bytes(const char *name)
{
	char line[256];
	size_t len = strlen(name);
	long long ret = -ENOENT;
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			ret = strtoll(line + len + 1, NULL, 10) * 1024;
	fclose(f);
	return ret;
}

/* Calls found() for each entry of /proc/iomem until it returns true. */
static bool iomem_walk(bool (*found)(u64 start, u64 length, const char *name, void *arg),
		       void *arg)
{
	FILE *f = fopen("/proc/iomem", "re");
	bool ret = false;
	char line[256];

	if (!f)
		return false;
	while (!ret && fgets(line, sizeof(line), f)) {
		char name[128];
		u64 start, end;

		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %127[^\n]", &start, &end, name) == 3)
			ret = found(start, end - start + 1, name, arg);
	}
	fclose(f);
	return ret;
}

struct iomem_wish {
	u64 start;
	u64 length;
	const char *name;
};

static bool is_it(u64 start, u64 length, const char *name, void *arg)
{
	struct iomem_wish *w = arg;

	return start == w->start && length == w->length &&
	       (!w->name || !strcmp(name, w->name));
}

static bool is_like_it(u64 start, u64 length, const char *name, void *arg)
{
	struct iomem_wish *w = arg;

	if (length < w->length || strcmp(name, w->name))
		return false;
	w->start = start;
	w->length = length;
	return true;
}

bool iomem_has(u64 start, u64 length, const char *name)
{
	struct iomem_wish w = { start, length, name };

	return iomem_walk(is_it, &w);
}

int iomem_find(const char *name, u64 min_length, u64 *start, u64 *length)
{
	struct iomem_wish w = { 0, min_length, name };

	if (!iomem_walk(is_like_it, &w))
		return -ENOENT;
	*start = w.start;
	*length = w.length;
	return 0;
}

/* A window of PCI; the second name is what it has in a machine booted with pci=noacpi. */
int iomem_find_window(u64 min_length, u64 *start, u64 *length)
{
	int ret = iomem_find("PCI Bus 0000:00", min_length, start, length);

	return ret ? iomem_find("PNP0A08:00", min_length, start, length) : 0;
}

/* The BAR that is as long as the memory in it. */
static int bar_of(const char *resources, u64 length, u64 *start)
{
	char line[128];
	int ret = -ENOENT;
	u64 end, flags;
	FILE *f = fopen(resources, "r");

	while (f && ret && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, start, &end, &flags) == 3 &&
		    *start && end - *start + 1 == length)
			ret = 0;
	if (f)
		fclose(f);
	return ret;
}

int cmb_find(u64 *start, u64 *length)
{
	char text[32], path[300];
	int ret = -ENOENT;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*/p2pmem/size", 0, NULL, &g))
		return -ENOENT;
	for (size_t i = 0; ret && i < g.gl_pathc; i++) {
		if (read_file(g.gl_pathv[i], text, sizeof(text)) <= 0)
			continue;
		*length = strtoull(text, NULL, 0);
		snprintf(path, sizeof(path), "%.*s/resource",
			 (int)(strlen(g.gl_pathv[i]) - strlen("/p2pmem/size")), g.gl_pathv[i]);
		ret = bar_of(path, *length, start);
	}
	globfree(&g);
	return ret;
}

void kernel_log(const char *fmt, ...)
{
	char text[256] = "vtl0-test: ";
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - len, fmt, ap);
	va_end(ap);
	write_file("/dev/kmsg", text);
}

int watch_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* A record is "PRIORITY,SEQ,TIME,...;TEXT\n...". */
bool log_complaint(int log, char *line, size_t size)
{
	static const char * const words[] = {
		"WARNING", "BUG", "emory", "esource", "remap", "isaligned", "vtl0",
	};
	char buf[8192];
	bool found = false;
	ssize_t n;

	/* EPIPE: records were lost, go on with the oldest there is */
	while ((n = read(log, buf, sizeof(buf) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		char *text;

		if (n < 0)
			continue;
		buf[n] = '\0';
		text = strchr(buf, ';');
		/* facility 0, level up to warning */
		if (!text || strtoul(buf, NULL, 10) > 4)
			continue;
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!found && strstr(text, words[i])) {
				snprintf(line, size, "%s", text + 1);
				found = true;
			}
	}
	return found;
}

u32 taint(void)
{
	char buf[32];

	if (read_file("/proc/sys/kernel/tainted", buf, sizeof(buf)) < 0)
		return 0;
	return strtoul(buf, NULL, 10) & (1U << 5 | 1U << 7 | 1U << 9);
}

#define FAIL_NTH "/proc/thread-self/fail-nth"

bool have_fail_nth(void)
{
	static const char * const attrs[] = { "failslab", "fail_page_alloc" };
	char path[128];

	if (access(FAIL_NTH, W_OK) || access("/sys/kernel/debug/failslab", F_OK))
		return false;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/ignore-gfp-wait", attrs[i]);
		write_file(path, "N");
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", attrs[i]);
		write_file(path, "0");
	}
	write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return true;
}

/* Kept open: what follows must not allocate more than it has to. */
static int nth_fd = -1;

void fail_nth(unsigned int n)
{
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%u", n);

	if (nth_fd < 0)
		nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (pwrite(nth_fd, buf, len, 0) != len)
		abort();
}

static unsigned int fail_nth_left(void)
{
	char buf[16] = "";

	if (pread(nth_fd, buf, sizeof(buf) - 1, 0) <= 0)
		abort();
	if (pwrite(nth_fd, "0", 1, 0) != 1)
		abort();
	return strtoul(buf, NULL, 10);
}

bool fail_nth_hit(void)
{
	/* counts down to 0 */
	return !fail_nth_left();
}

#define MANY 1000000

void count_allocations(void)
{
	fail_nth(MANY);
}

unsigned int counted_allocations(void)
{
	return MANY - fail_nth_left();
}

int run(const char *command)
{
	char line[512];
	int ret;

	snprintf(line, sizeof(line), "%s >/dev/null 2>&1", command);
	ret = system(line);
	return WIFEXITED(ret) ? WEXITSTATUS(ret) : 128;
}

void *map_low(int low, u64 start, size_t length, int prot)
{
	return mmap(NULL, length, prot, MAP_SHARED, low, start);
}

static __thread sigjmp_buf *touch_jump;

static void touch_failed(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!touch_jump) {
		/* not ours: die of it */
		signal(sig, SIG_DFL);
		return;
	}
	siglongjmp(*touch_jump, sig == SIGBUS ? info->si_code : -sig);
}

static int touch_byte(volatile char *addr, bool write)
{
	struct sigaction sa = { .sa_sigaction = touch_failed, .sa_flags = SA_SIGINFO };
	sigjmp_buf jump;
	int ret;

	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	touch_jump = &jump;
	ret = sigsetjmp(jump, 1);
	if (!ret) {
		if (write)
			*addr = *addr;
		else
			(void)*addr;
	}
	touch_jump = NULL;
	return ret;
}

int touch(const void *addr)
{
	return touch_byte((char *)(uintptr_t)addr, false);
}

int touch_write(void *addr)
{
	return touch_byte(addr, true);
}

void *alloc_aligned(size_t alignment, size_t size)
{
	void *p;

	return posix_memalign(&p, alignment, size) ? NULL : p;
}

static u64 pattern(u64 seed, size_t i)
{
	return (seed + i) * 0x9e3779b97f4a7c15ULL;
}

void fill_pattern(void *buf, size_t size, u64 seed)
{
	u64 *p = buf;

	for (size_t i = 0; i < size / sizeof(*p); i++)
		p[i] = pattern(seed, i);
}

bool check_pattern(const void *buf, size_t size, u64 seed)
{
	const u64 *p = buf;

	for (size_t i = 0; i < size / sizeof(*p); i++)
		if (p[i] != pattern(seed, i))
			return false;
	return true;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

bool wait_until(bool (*done)(void *arg), void *arg, unsigned int seconds)
{
	double end = now() + seconds;

	while (!done(arg)) {
		if (now() > end)
			return false;
		usleep(1000);
	}
	return true;
}

static bool is_vtl0(u64 start, u64 length, const char *name, void *arg)
{
	struct iomem_wish *w = arg;

	if (strcmp(name, "vtl0"))
		return false;
	w->start = start;
	w->length = length;
	return true;
}

int left_behind(char *why, size_t size)
{
	struct vtl0_range_info info[16];
	struct iomem_wish w;
	int fd = open_control();
	int nr, ret;

	if (fd < 0) {
		snprintf(why, size, "cannot open the control node: %s", strerror(-fd));
		return fd;
	}
	nr = list_ranges(fd, info, 16);
	for (int i = 0; i < nr && i < 16; i++) {
		ret = remove_range(fd, info[i].start, info[i].length);
		snprintf(why, size, "range %u at %#llx+%#llx in state %u, %u owners, flags %#x; removing it: %s",
			 info[i].id, info[i].start, info[i].length, info[i].state,
			 info[i].owners, info[i].flags, strerror(-ret));
	}
	if (!nr && iomem_walk(is_vtl0, &w)) {
		snprintf(why, size, "%#" PRIx64 "+%#" PRIx64 " in /proc/iomem only",
			 w.start, w.length);
		nr = 1;
	}
	close(fd);
	return nr;
}
