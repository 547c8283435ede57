// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of a lab guest: builds the guest's root from read-only
 * images, runs one command, reports how it ended on a port of its own, and
 * switches the machine off. tools/lab/boot.sh is its other half.
 *
 * /lab/modules	modules to load, one file name a line, in order
 * /lab/conf	one setting a line, see read_conf()
 * /lab/argv	the command, NUL-terminated words
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define MAX_ITEMS	64
#define OUT_PORT	"/dev/vport0p1"
#define VERDICT_PORT	"/dev/vport0p2"

struct share {
	char tag[32];
	char path[4096];
	char mode[8];
};

static struct share shares[MAX_ITEMS];
static int nr_shares;
static char modprobes[MAX_ITEMS][64];
static int nr_modprobes;
static char waits[MAX_ITEMS][64];
static int nr_waits;
static bool use_kmemleak;

static void mkdirs(const char *path)
{
	char buf[4096], *p;

	snprintf(buf, sizeof(buf), "%s", path);
	for (p = buf + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(buf, 0755);
		*p = '/';
	}
	mkdir(buf, 0755);
}

static void mount_at(const char *type, const char *from, const char *path,
		     unsigned long flags, const char *data)
{
	mkdirs(path);
	if (mount(from, path, type, flags, data))
		fail("cannot mount", path);
}

/* The kernel looks for devices in the background, so their nodes may appear late. */
static void wait_for(const char *path)
{
	int ms;

	for (ms = 0; access(path, F_OK); ms++) {
		if (ms > 60000)
			fail("waited in vain for", path);
		usleep(1000);
	}
}

static void load_modules(void)
{
	char line[256], path[300];
	FILE *list = fopen("/lab/modules", "r");
	int fd;

	if (!list)
		return;
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(path, sizeof(path), "/lab/%s", line);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			fail("cannot load", line);
		close(fd);
	}
	fclose(list);
}

static void read_conf(void)
{
	char line[5000], word[64];
	FILE *conf = fopen("/lab/conf", "r");
	struct share *s;

	if (!conf)
		fail("cannot open", "/lab/conf");
	while (fgets(line, sizeof(line), conf)) {
		line[strcspn(line, "\n")] = '\0';
		if (nr_shares == MAX_ITEMS || nr_modprobes == MAX_ITEMS ||
		    nr_waits == MAX_ITEMS) {
			errno = E2BIG;
			fail("too many settings", line);
		}
		s = &shares[nr_shares];
		/* The path comes last, so that it may have blanks. */
		if (sscanf(line, "share %31s %7s %4095[^\n]", s->tag, s->mode,
			   s->path) == 3)
			nr_shares++;
		else if (sscanf(line, "modprobe %63s", modprobes[nr_modprobes]) == 1)
			nr_modprobes++;
		else if (sscanf(line, "wait %63s", waits[nr_waits]) == 1)
			nr_waits++;
		else if (sscanf(line, "tty %hu %hu", &winsize.ws_row,
				&winsize.ws_col) == 2)
			use_tty = true;
		else if (sscanf(line, "env %63[^\n]", word) == 1)
			putenv(strdup(word));
		else if (sscanf(line, "tasks %u", &show_tasks_at) == 1)
			continue;
		else if (!strcmp(line, "kmemleak"))
			use_kmemleak = true;
	}
	fclose(conf);
}

/*
 * An overlay of three read-only images, which boot.sh attaches in this order (the userland,
 * the kernel's modules, the checkout's modules and programs), and a tmpfs on top.
 */
static void make_root(void)
{
	static const char * const images[] = { "vda", "vdb", "vdc" };
	char dev[32], dir[32], data[256] = "lowerdir=";
	int i;

	for (i = 2; i >= 0; i--) {
		snprintf(dev, sizeof(dev), "/dev/%s", images[i]);
		snprintf(dir, sizeof(dir), "/images/%s", images[i]);
		wait_for(dev);
		mount_at("erofs", dev, dir, MS_RDONLY, NULL);
		strcat(data, dir);
		strcat(data, i ? ":" : "");
	}
	mount_at("tmpfs", "tmpfs", "/rw", 0, NULL);
	mkdirs("/rw/upper");
	mkdirs("/rw/work");
	strcat(data, ",upperdir=/rw/upper,workdir=/rw/work");
	mount_at("overlay", "lab", "/new", 0, data);
}

static void enter_root(void)
{
	mkdirs("/new/dev");
	mkdirs("/new/proc");
	mkdirs("/new/sys");
	if (mount("/dev", "/new/dev", NULL, MS_MOVE, NULL) ||
	    mount("/proc", "/new/proc", NULL, MS_MOVE, NULL) ||
	    mount("/sys", "/new/sys", NULL, MS_MOVE, NULL) ||
	    chdir("/new") || mount(".", "/", NULL, MS_MOVE, NULL) ||
	    chroot(".") || chdir("/"))
		fail("cannot enter", "the root");
}

static void mount_system(void)
{
	mount_at("debugfs", "debugfs", "/sys/kernel/debug", 0, NULL);
	mount_at("configfs", "configfs", "/sys/kernel/config", 0, NULL);
	mount_at("tmpfs", "tmpfs", "/tmp", 0, "mode=1777");
	mount_at("tmpfs", "tmpfs", "/run", 0, "mode=755");
	mount_at("tmpfs", "tmpfs", "/dev/shm", 0, "mode=1777");
	mount_at("devpts", "devpts", "/dev/pts", 0, "ptmxmode=666,gid=5,mode=620");
	/* Not every kernel has tracefs and hugetlbfs. */
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	mkdirs("/dev/hugepages");
	mount("hugetlbfs", "/dev/hugepages", "hugetlbfs", 0, NULL);
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
	symlink("/proc/self/mounts", "/etc/mtab");
}

static void mount_shares(void)
{
	static const char opts[] = "trans=virtio,version=9p2000.L,msize=512000,"
				   "cache=mmap,access=any";
	int i;

	for (i = 0; i < nr_shares; i++)
		mount_at("9p", shares[i].tag, shares[i].path,
			 strcmp(shares[i].mode, "ro") ? 0 : MS_RDONLY, opts);
}

/*
 * Device nodes whose opening loads a module (loop-control, mapper/control,
 * ...): without udev no other process makes them.
 */
static void make_static_nodes(void)
{
	char path[512], line[256], name[128], type;
	unsigned int major, minor;
	struct utsname uts;
	FILE *list;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.devname", uts.release);
	list = fopen(path, "r");
	while (list && fgets(line, sizeof(line), list)) {
		if (sscanf(line, "%*s %127s %c%u:%u", name, &type, &major, &minor) != 4)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", name);
		*strrchr(path, '/') = '\0';
		mkdirs(path);
		snprintf(path, sizeof(path), "/dev/%s", name);
		mknod(path, (type == 'b' ? S_IFBLK : S_IFCHR) | 0600,
		      makedev(major, minor));
	}
	if (list)
		fclose(list);
}

static void net_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	if (sethostname("lab", 3))
		perror("lab: sethostname");
}

static void load_on_request(void)
{
	int i, status = 0;
	pid_t pid;

	for (i = 0; i < nr_modprobes; i++) {
		pid = fork();
		if (!pid) {
			execlp("modprobe", "modprobe", modprobes[i], NULL);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) < 0 || status) {
			errno = ENOENT;
			fail("cannot load", modprobes[i]);
		}
	}
	for (i = 0; i < nr_waits; i++)
		wait_for(waits[i]);
}

static char **read_argv(void)
{
	static char buf[1 << 17];
	static char *argv[4096];
	int fd = open("/lab/argv", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	char *p;
	int n = 0;

	if (len <= 0 || len == sizeof(buf) - 1)
		fail("cannot read", "the command");
	for (p = buf; p < buf + len && n < 4095; p += strlen(p) + 1)
		argv[n++] = p;
	close(fd);
	return argv;
}

int main(void)
{
	int status, out_port = -1, i;
	char **argv;

	setenv("PATH", "/opt/vtl0/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("VTL0_IN_LAB", "1", 1);
	/* There is no udev: libdevmapper makes its nodes itself. */
	setenv("DM_DISABLE_UDEV", "1", 1);
	mount_at("devtmpfs", "dev", "/dev", 0, NULL);
	mount_at("proc", "proc", "/proc", 0, NULL);
	mount_at("sysfs", "sys", "/sys", 0, NULL);
	load_modules();
	wait_for(VERDICT_PORT);
	verdict_fd = open(VERDICT_PORT, O_WRONLY | O_CLOEXEC);
	if (verdict_fd < 0)
		fail("cannot open", VERDICT_PORT);
	read_conf();
	argv = read_argv();
	wait_for(use_tty ? TTY : OUT_PORT);
	out_port = open(use_tty ? TTY : OUT_PORT, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (out_port < 0)
		fail("cannot open", "the output port");
	make_root();
	enter_root();
	mount_system();
	make_static_nodes();
	net_up();
	mount_shares();
	load_on_request();
	verdict("ready\n");

	status = supervise(argv, out_port);
	kill_the_rest();
	if (use_kmemleak && leaks_found(out_port))
		verdict("leak\n");
	sync();
	for (i = nr_shares - 1; i >= 0; i--)
		umount2(shares[i].path, MNT_DETACH);
	verdict("exit %d\n", status);
	power_off();
}
