// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU with guest RAM on a named range, by the line that the admin guide gives. QEMU is
 * a foreign program: the environment variable QEMU has the command. The guest is a few
 * instructions in place of the firmware, as QEMU is emulated itself here.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "map.h"

#define RAM MIB(256)
#define RAM_OPTIONS "-m 256M -machine q35,memory-backend=ram -object memory-backend-file,id=ram," \
		    "mem-path=/dev/vtl0_ram0,size=256M,share=on,align=2M "
#define BIOS "/tmp/vtl0-bios"
#define SERIAL "/tmp/vtl0-serial"

/* What the guest fills, and a word that the loader of QEMU writes. */
#define FILLED 0x10000
#define FILLED_LENGTH 0x10000
#define FILLER 0x5a17
#define WORD_AT MIB(128)
#define WORD 0x1122334455667788ULL

/* of isa-debug-exit, for the 16 that the guest writes */
#define GUEST_IS_DONE (16 << 1 | 1)

/* Fills 64 KiB, looks at them, says OK on the serial line, and ends QEMU. */
static const unsigned char code[] = {
	0xfa,			/* cli */
	0xb8, 0x00, 0x10,	/* mov $0x1000, %ax */
	0x8e, 0xc0,		/* mov %ax, %es */
	0xfc,			/* cld */
	0x31, 0xff,		/* xor %di, %di */
	0xb9, 0x00, 0x80,	/* mov $0x8000, %cx */
	0xb8, 0x17, 0x5a,	/* mov $0x5a17, %ax */
	0xf3, 0xab,		/* rep stosw */
	0x31, 0xff,		/* xor %di, %di */
	0xb9, 0x00, 0x80,	/* mov $0x8000, %cx */
	0xf3, 0xaf,		/* repe scasw */
	0x75, 0x0c,		/* jne to the end */
	0xba, 0xf8, 0x03,	/* mov $0x3f8, %dx */
	0xb0, 'O', 0xee,	/* outb */
	0xb0, 'K', 0xee,
	0xb0, '\n', 0xee,
	0xba, 0xf4, 0x00,	/* mov $0xf4, %dx */
	0xb0, 0x10, 0xee,	/* outb */
	0xf4,			/* hlt */
	0xeb, 0xfd,		/* jmp to it */
};

/* The processor begins 16 bytes before the end, in a segment that begins where it does. */
static const unsigned char jump_to_code[] = { 0xe9, 0x0d, 0x00 };

static int write_bios(void)
{
	static unsigned char bios[65536];
	FILE *file = fopen(BIOS, "we");
	size_t n;

	if (!file)
		return -errno;
	memcpy(bios, code, sizeof(code));
	memcpy(bios + sizeof(bios) - 16, jump_to_code, sizeof(jump_to_code));
	n = fwrite(bios, sizeof(bios), 1, file);
	return fclose(file) || n != 1 ? -EIO : 0;
}

static int run_qemu(const char *qemu)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command),
		 "%s -accel tcg -nodefaults -display none -no-reboot " RAM_OPTIONS
		 "-device loader,addr=%#llx,data=%#llx,data-len=8 "
		 "-device isa-debug-exit,iobase=0xf4,iosize=4 -serial file:" SERIAL
		 " -bios " BIOS " >&2", qemu, (unsigned long long)WORD_AT, WORD);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

FIXTURE(qemu) {
	struct map_state s;
};

FIXTURE_SETUP(qemu)
{
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->s.start += MIB(256);
	self->s.length = RAM;
}

FIXTURE_TEARDOWN_PARENT(qemu)
{
	unlink(BIOS);
	unlink(SERIAL);
	EXPECT_ALL_GONE();
}

TEST_F_TIMEOUT(qemu, guest_runs_in_a_named_range, SLOW)
{
	const char *qemu = getenv("QEMU");
	struct vtl0_range_info info;
	char said[64] = "";
	char *ram;
	int fd;

	if (!qemu)
		SKIP(return, "needs QEMU=COMMAND");
	ASSERT_EQ(0, write_bios());
	ASSERT_EQ(0, add_named(self->s.control, self->s.start, RAM, "ram0", 0600));
	ASSERT_EQ(GUEST_IS_DONE, run_qemu(qemu));
	ASSERT_LT(0, read_file(SERIAL, said, sizeof(said)));
	EXPECT_NE(NULL, strstr(said, "OK"));
	/* by 2M entries, wherever QEMU has put it */
	info = map_info(&self->s);
	EXPECT_LT(1, info.faults_pmd);
	EXPECT_EQ(0, info.faults_pte);
	EXPECT_MAPPINGS(0, info.mappings);
	/* the guest's memory is that of the range */
	fd = open("/dev/vtl0_ram0", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ram = mmap(NULL, RAM, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)ram);
	for (size_t i = 0; i < FILLED_LENGTH / 2; i++)
		ASSERT_EQ(FILLER, ((uint16_t *)(ram + FILLED))[i]);
	EXPECT_EQ(WORD, *(u64 *)(ram + WORD_AT));
	ASSERT_EQ(0, munmap(ram, RAM));
	close(fd);
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
