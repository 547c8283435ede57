// SPDX-License-Identifier: GPL-2.0
/*
 * Does what OpenVMM does as a paravisor, in its order: map all RAM of the guest from
 * /dev/mshv_vtl_low, load the guest into it, register pieces of a GiB when a
 * page is first locked for I/O, do direct I/O from it; and once more after the
 * servicing of the VMM, in other pieces. RAM begins and ends at edges of pages and has a
 * hole. All of it under a timer signal, with a second VMM beside it.
 */
#include <linux/mshv.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "map.h"

#define PFN(address) ((address) >> 12)
#define NR_RAM 3

static volatile sig_atomic_t nr_signals;

struct vmm {
	int mshv;
	int vtl;
	int low;
	/* of the guest's address 0, as all mappings are made in one reservation */
	char *base;
};

FIXTURE(openvmm) {
	struct window ram[NR_RAM];
	u64 end;
	int disk;
};

static void count_signal(int sig)
{
	(void)sig;
	nr_signals++;
}

/*
 * SIGALRM every millisecond, or no more. On a debug kernel a signal takes most of a
 * millisecond, and the rest of the program too long.
 */
static void set_timer(bool on)
{
	struct sigaction sa = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	unsigned int us = on ? debug_kernel() ? 20000 : 1000 : 0;
	struct itimerval it = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

FIXTURE_SETUP(openvmm)
{
	u64 start[2], length[2];

	for (int i = 0; i < 2; i++)
		if (env_range(i, &start[i], &length[i]))
			SKIP(return, "two windows of RAM are needed (memmap=SIZE$START)");
	self->disk = open_disk(512);
	if (self->disk < 0)
		SKIP(return, NO_DISK);
	/* up to 1 GiB at 4 GiB and, at higher addresses, RAM with odd edges and a hole */
	self->ram[0] = (struct window){ start[0], debug_kernel() ? MIB(128) : GIB(1) };
	self->ram[1] = (struct window){ start[1] + 16 * PAGE_BYTES,
					MIB(101) + 3 * PAGE_BYTES };
	self->ram[2] = (struct window){ start[1] + MIB(101) + 23 * PAGE_BYTES, MIB(99) };
	self->end = self->ram[2].start + self->ram[2].length;
	ASSERT_EQ(0, module_unload("vtl0", true));
	ASSERT_EQ(0, module_load("vtl0", "mshv_names=1"));
	set_timer(true);
}

FIXTURE_TEARDOWN(openvmm)
{
	int ctl;

	set_timer(false);
	close(self->disk);
	ctl = open_control();
	EXPECT_LE(0, remove_all(ctl));
	close(ctl);
	EXPECT_NOTHING_LEFT();
	EXPECT_EQ(0, module_unload("vtl0", true));
	EXPECT_EQ(0, module_load("vtl0", ""));
}

/* The partition, and one mapping for each range of RAM. */
static int start_vmm(struct vmm *v, const struct window *ram, u64 end)
{
	char *space = mmap(NULL, end - ram[0].start, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char zero = 0;

	v->mshv = open("/dev/mshv", O_RDWR | O_CLOEXEC);
	v->vtl = vtl0_ioctl(v->mshv, MSHV_CREATE_VTL, &zero);
	v->low = open("/dev/mshv_vtl_low", O_RDWR | O_CLOEXEC);
	if (space == MAP_FAILED || v->mshv < 0 || v->vtl < 0 || v->low < 0)
		return -1;
	v->base = space - ram[0].start;
	for (int i = 0; i < NR_RAM; i++)
		if (mmap(v->base + ram[i].start, ram[i].length, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, v->low, ram[i].start) == MAP_FAILED)
			return -1;
	return 0;
}

static void stop_vmm(struct vmm *v, const struct window *ram, u64 end)
{
	munmap(v->base + ram[0].start, end - ram[0].start);
	close(v->low);
	close(v->vtl);
	close(v->mshv);
}

/* As its registrar: what of RAM lies in each piece. Never tried again. */
static int register_ram(const struct vmm *v, const struct window *ram, u64 piece)
{
	for (int i = 0; i < NR_RAM; i++) {
		u64 pos = ram[i].start, end = pos + ram[i].length, next;

		for (; pos < end; pos = next) {
			struct mshv_vtl_ram_disposition arg = { .start_pfn = PFN(pos) };
			int ret;

			next = (pos / piece + 1) * piece;
			if (next > end)
				next = end;
			arg.last_pfn = PFN(next);
			ret = vtl0_ioctl(v->vtl, MSHV_ADD_VTL0_MEMORY, &arg);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* From one page that is written to the next: faults are dear on a debug kernel. */
static u64 step(void)
{
	return debug_kernel() ? 7 * PAGE_BYTES : PAGE_BYTES;
}

/* A word in each of these pages. */
static void write_pages(const struct vmm *v, const struct window *ram, u64 seed)
{
	u64 each = step();

	for (int i = 0; i < NR_RAM; i++)
		for (u64 at = ram[i].start; at < ram[i].start + ram[i].length; at += each)
			*(u64 *)(v->base + at) = at ^ seed;
}

static u64 wrong_pages(const struct vmm *v, const struct window *ram, u64 seed)
{
	u64 wrong = 0, each = step();

	for (int i = 0; i < NR_RAM; i++)
		for (u64 at = ram[i].start; at < ram[i].start + ram[i].length; at += each)
			wrong += *(u64 *)(v->base + at) != (at ^ seed);
	return wrong;
}

/* Whole transfers at each end of each range of RAM, and in its middle. */
static int transfers(const struct vmm *v, const struct window *ram, int disk)
{
	static const size_t sizes[] = { 4096, 65536, MIB(1), MIB(4) };

	for (int i = 0; i < NR_RAM; i++) {
		for (size_t j = 0; j < sizeof(sizes) / sizeof(*sizes); j++) {
			char *first = v->base + ram[i].start;
			char *last = first + ram[i].length - sizes[j];
			char *places[3] = { first, first + ram[i].length / 2 / 512 * 512, last };

			for (int k = 0; k < 3; k++) {
				int ret = direct_io(disk, places[k], sizes[j], i + j + k);

				if (ret)
					return ret;
			}
		}
	}
	return 0;
}

TEST_F_TIMEOUT(openvmm, boots_and_is_serviced, SLOW)
{
	static const u64 pieces[] = { GIB(1), MIB(64), GIB(2) };
	struct vmm v;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, start_vmm(&v, self->ram, self->end));
		if (i) {
			/* what the one before it left in the guest */
			EXPECT_EQ(0, wrong_pages(&v, self->ram, i - 1));
		}
		/* the loader: nothing is registered yet the first time */
		write_pages(&v, self->ram, i);
		EXPECT_EQ(0, wrong_pages(&v, self->ram, i));
		ASSERT_EQ(0, register_ram(&v, self->ram, pieces[i]));
		EXPECT_EQ(0, transfers(&v, self->ram, self->disk));
		write_pages(&v, self->ram, i);
		stop_vmm(&v, self->ram, self->end);
	}
	EXPECT_LT(0, nr_signals);
}

/* Registered before the first touch, and in part. */
TEST_F_TIMEOUT(openvmm, registers_first, SLOW)
{
	struct vmm v;

	ASSERT_EQ(0, start_vmm(&v, self->ram, self->end));
	*(volatile char *)(v.base + self->ram[1].start + MIB(7)) = 1;
	ASSERT_EQ(0, register_ram(&v, self->ram, GIB(1)));
	EXPECT_EQ(0, transfers(&v, self->ram, self->disk));
	write_pages(&v, self->ram, 7);
	EXPECT_EQ(0, wrong_pages(&v, self->ram, 7));
	/* the hole is not RAM: no mapping reaches it, and nothing claimed it */
	EXPECT_FALSE(iomem_has(self->ram[1].start + self->ram[1].length, 4 * PAGE_BYTES, NULL));
	stop_vmm(&v, self->ram, self->end);
}

static int second_vmm(const struct window *ram, u64 end)
{
	struct vmm v;

	set_timer(true);
	for (int i = 0; i < 4; i++) {
		if (start_vmm(&v, ram, end))
			return 1;
		for (int j = 0; j < NR_RAM; j++)
			for (u64 at = 0; at < ram[j].length; at += MIB(1))
				(void)*(volatile char *)(v.base + ram[j].start + at);
		if (register_ram(&v, ram, MIB(32)))
			return 2;
		stop_vmm(&v, ram, end);
	}
	return 0;
}

TEST_F_TIMEOUT(openvmm, two_at_once, SLOW)
{
	struct vmm v;
	pid_t child;
	int status;

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(second_vmm(self->ram, self->end));
	ASSERT_EQ(0, start_vmm(&v, self->ram, self->end));
	write_pages(&v, self->ram, 3);
	ASSERT_EQ(0, register_ram(&v, self->ram, GIB(1)));
	EXPECT_EQ(0, wrong_pages(&v, self->ram, 3));
	EXPECT_EQ(0, transfers(&v, self->ram, self->disk));
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	EXPECT_EQ(0, status);
	stop_vmm(&v, self->ram, self->end);
}

/* A window is no way to what belongs to another: the kernel's own memory. */
TEST_F_TIMEOUT(openvmm, system_ram_is_not_in_the_window, SLOW)
{
	int low = open("/dev/mshv_vtl_low", O_RDWR | O_CLOEXEC);
	u64 start, length;
	char *p;

	ASSERT_LE(0, low);
	if (iomem_find("System RAM", MIB(64), &start, &length))
		SKIP(return, "no System RAM");
	p = map_low(low, start + MIB(8), MIB(16), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(BUS_ADRERR, touch(p));
	EXPECT_EQ(BUS_ADRERR, touch_write(p + MIB(16) - 1));
	munmap(p, MIB(16));
	close(low);
}

TEST_HARNESS_MAIN
