#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# QEMU boots Linux with its RAM in two named ranges and its disk on a bounce device. The
# guest writes, restarts, and reads what it wrote, by each way in which QEMU does I/O; then
# QEMU is killed while the guest writes.
#
# Skipped without these, in the environment:
#
# QEMU    command of qemu-system-x86_64, with -L for its firmware
# KERNEL  image of a kernel for the guest with all of qemu_linux.config built in, bzImage
#	  or, starting sooner, vmlinux. QEMU is emulated itself in the lab: a kernel of this
#	  configuration and no more, which is up in a few seconds without that, takes
#	  a minute or more here, a distribution's much longer.
#
# WAYS says which ways are tried, of io_uring, native, threads and iothread; all by default.
#
# As root, in a machine that may be spoilt; the first NVMe disk gets a file system:
#
# lab run --kernel 7.3 --mem 5G --reserve 1G@0x100000000 --nvme plain -- tests/vtl0/qemu_linux.sh
#
# KTAP on stdout. Exit status: 0 all passed, 1 some failed.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
ram=256M
disk=/dev/bounce-vm
seconds=${SECONDS_EACH:-900}
ways=${WAYS:-io_uring native threads iothread}

[ -n "${QEMU-}" ] && [ -n "${KERNEL-}" ] ||
	only_result 4 qemu_linux "needs QEMU=COMMAND and KERNEL=FILE"

# until_true SECONDS COMMAND...
until_true()
{
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return
		sleep 0.2
	done
}

# The guest's first process. What it finds on the disk says what it has to do.
guest_init()
{
	cat <<-'INIT'
	#!/bin/busybox sh
	finish() { echo "guest: $1"; printf '\020' | dd of=/dev/port bs=1 seek=244 2>/dev/null; }
	/bin/busybox mount -t proc proc /proc
	/bin/busybox --install -s /bin
	mount -t devtmpfs dev /dev
	mount -t ext4 /dev/vda /mnt || finish "no file system"
	if grep -q endless /proc/cmdline; then
		echo "guest: writes without end"
		while :; do dd if=/dev/zero of=/mnt/more bs=64k count=64 oflag=direct conv=notrunc 2>/dev/null; done
	fi
	if [ -e /mnt/sum ]; then
		cd /mnt && sha256sum -c sum && echo "guest: reads the same"
		rm sum direct cached
		cd / && umount /mnt
		finish done
	fi
	dd if=/dev/urandom of=/mnt/direct bs=64k count=16 oflag=direct || finish "dd"
	dd if=/dev/urandom of=/mnt/cached bs=4k count=250 || finish "dd"
	(cd /mnt && sha256sum direct cached >sum) && umount /mnt && echo "guest: restarts"
	reboot -f
	INIT
}

make_initramfs()
{
	local root=$tmp/root
	mkdir -p "$root"/{bin,dev,mnt,proc} &&
	cp "$(command -v busybox)" "$root/bin/busybox" &&
	guest_init >"$root/init" && chmod +x "$root/init" &&
	(cd "$root" && find . | busybox cpio -o -H newc) >"$tmp/initramfs"
}

prepare()
{
	modprobe vtl0 && modprobe bounce_blk && make_initramfs &&
	vtl0ctl add --name ram0 "0x100000000+$ram" && vtl0ctl add --name ram1 "0x120000000+$ram" &&
	bouncectl add vm /dev/nvme0n1 mode=guest && mkfs.ext4 -q -F $disk
}

# start_qemu DRIVE-OPTIONS DEVICE-OPTIONS [WORD]: becomes QEMU. The WORD is for the guest.
start_qemu()
{
	local backend=memory-backend-file,size=$ram,share=on,align=2M
	: >"$tmp/serial"
	# shellcheck disable=SC2086 # a command and its options
	exec $QEMU -accel tcg -machine q35 -nodefaults -display none -m 512M \
		-object $backend,id=ram0,mem-path=/dev/vtl0_ram0 -numa node,memdev=ram0 \
		-object $backend,id=ram1,mem-path=/dev/vtl0_ram1 -numa node,memdev=ram1 \
		-object iothread,id=iothread0 \
		-drive if=none,id=disk,file=$disk,format=raw,cache=none,$1 \
		-device virtio-blk-pci,drive=disk$2 \
		-device isa-debug-exit,iobase=0xf4,iosize=4 -serial "file:$tmp/serial" \
		-kernel "$KERNEL" -initrd "$tmp/initramfs" \
		-append "console=ttyS0 nokaslr mitigations=off tsc=reliable no_timer_check panic=-1 ${3-}"
}

# Writes of guest memory to the disk; the disk bounces nothing else.
written()
{
	cat /sys/block/bounce-vm/bounce/write_bounced_bytes
}

# wrote_more THAN BYTES
wrote_more()
{
	[ "$(written)" -ge $(($1 + $2)) ]
}

guest_says()
{
	grep -qF "guest: $1" "$tmp/serial"
}

show_serial()
{
	tail -n 30 "$tmp/serial" | notes
}

# guest_writes_and_reads WAY
guest_writes_and_reads()
{
	local status before aio=$1 thread=
	[ "$1" != iothread ] || { aio=io_uring; thread=,iothread=iothread0; }
	before=$(written)
	(start_qemu "aio=$aio" "$thread") >"$tmp/out" 2>&1 &
	qemu_pid=$!
	until_true "$seconds" guest_ended
	status=$?
	kill -9 $qemu_pid 2>/dev/null
	wait $qemu_pid 2>/dev/null
	[ $status = 0 ] && guest_says restarts && guest_says "reads the same" && guest_says "done" &&
		wrote_more "$before" 2072576 && e2fsck -fn $disk >"$tmp/out" 2>&1 && return
	notes <"$tmp/out"
	show_serial
	return 1
}

guest_ended()
{
	! kill -0 $qemu_pid 2>/dev/null
}

# Ends in the middle of requests.
is_killed_while_it_writes()
{
	local status
	(start_qemu aio=io_uring ",iothread=iothread0" endless) >"$tmp/out" 2>&1 &
	qemu_pid=$!
	until_true "$seconds" guest_says "writes without end" &&
		until_true 60 wrote_more "$(written)" 8000000
	status=$?
	kill -9 $qemu_pid
	wait $qemu_pid 2>/dev/null
	[ $status = 0 ] && return
	notes <"$tmp/out"
	show_serial
	return 1
}

# The pins of requests may go a moment after the process.
nothing_is_left()
{
	until_true 30 vtl0ctl remove --all 2>"$tmp/out" || { notes <"$tmp/out"; return 1; }
	# replays the journal, which makes its status 1
	e2fsck -fp $disk >/dev/null 2>&1
	e2fsck -fn $disk >"$tmp/out" 2>&1 || { notes <"$tmp/out"; return 1; }
	bouncectl remove vm && modprobe -r bounce_blk && modprobe -r vtl0 &&
		! grep vtl0 /proc/iomem
}

prepare >"$tmp/out" 2>&1 || { notes <"$tmp/out"; only_result 1 prepare; }
plan $(($(wc -w <<<"$ways") + 2))
for way in $ways; do
	begin=$SECONDS
	guest_writes_and_reads "$way"
	result $? "guest_writes_and_reads_$way"
	note "$((SECONDS - begin)) s for two boots, the writing and the reading"
done
is_killed_while_it_writes
result $? is_killed_while_it_writes
nothing_is_left
result $? nothing_is_left
tap_end
