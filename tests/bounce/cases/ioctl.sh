# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Commands for the driver of the disk below.

# namespace_id DISK [COMMAND...]: as the driver says, or the errno, in $got
namespace_id()
{
	value id "$("${@:2}" bounce_io ioctl "$1" </dev/null)"
}

expect_id()
{
	namespace_id "${@:3}"
	expect "$1" "$2" "$got"
}

test_compat_nvme_cli()
{
	local disk what
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	bounce a "/dev/$disk" mode=all
	for what in id-ctrl id-ns smart-log; do
		# "nvme" alone is a function of ours.
		command nvme $what -b "/dev/$disk" >"$tmp/below" || fail "$what below"
		command nvme $what -b /dev/bounce-a >"$tmp/above" || fail "$what"
		[ -s "$tmp/below" ] || fail "$what: nothing"
		cmp "$tmp/below" "$tmp/above" || fail "$what: another answer"
	done
	null n
	bounce b /dev/n mode=all
	for disk in n bounce-b; do
		! command nvme id-ctrl -b /dev/$disk 2>"$tmp/$disk" >"$tmp/out" ||
			fail "$disk: an NVMe controller"
	done
	cmp "$tmp/n" "$tmp/bounce-b" || fail "fails otherwise: $(<"$tmp/bounce-b")"
	[ -s "$tmp/n" ] || fail 'fails without a reason'
}

test_compat_ioctl_allowed()
{
	local disk without='setpriv --bounding-set=-sys_rawio'
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	# shellcheck disable=SC2086 # words
	{
		expect_id 'below, without the capability' 1 "/dev/$disk" $without
		bounce a "/dev/$disk" mode=write
		expect_id 'with it' 1 /dev/bounce-a
		expect_id 'without it' ENOTTY /dev/bounce-a $without
		bounce b /dev/bounce-a mode=write
		expect_id 'one more' 1 /dev/bounce-b
		remove b
	}
	bounce a "/dev/$disk" mode=write read_only=1
	expect_id 'read_only' 1 /dev/bounce-a
	command nvme id-ctrl -b /dev/bounce-a >"$tmp/above" || fail 'read_only: id-ctrl'
	command nvme smart-log -b /dev/bounce-a >"$tmp/above" || fail 'read_only: smart-log'
	! command nvme flush /dev/bounce-a 2>"$tmp/errno" >"$tmp/out" || fail 'read_only: flush'
	cat "$tmp/errno" "$tmp/out" >"$tmp/above"
	has "$tmp/above" 'Read-only file system' || fail "read_only: $(<"$tmp/above")"
	null n
	expect_id 'a disk without ioctls' ENOTTY /dev/n
	bounce b /dev/n mode=write
	expect_id 'over it' ENOTTY /dev/bounce-b
}

# keep_open DISK: for ask_again, which waits for so many answers, in $out
keep_open()
{
	mkfifo "$tmp/in"
	: >"$tmp/ids"
	bounce_io ioctl "$1" <"$tmp/in" >>"$tmp/ids" &
	exec 7>"$tmp/in"
	until_true has "$tmp/ids" id=
}

answers()
{
	[ "$(wc -l <"$tmp/ids")" = "$1" ]
}

ask_again()
{
	echo >&7
	until_true answers "$1"
	got=$(tail -n 1 "$tmp/ids")
}

close_it()
{
	exec 7>&-
	wait $!
	rm "$tmp/in"
}

test_ioctl_when_unplugged()
{
	local disk pci
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	pci=$(readlink -f "/sys/block/$disk/device/device")
	bounce a "/dev/$disk" mode=write
	keep_open /dev/bounce-a
	expect 'before' id=1 "$(<"$tmp/ids")"
	echo 1 >"$pci/remove"
	ask_again 2
	expect 'unplugged' id=ENODEV "$got"
	until_true gone a
	echo 1 >/sys/bus/pci/rescan
	wait_for_node "/dev/$disk"
	# Not that of another device with the same name.
	expect_set 'power on again' 0 a power 1
	expect_id 'the new one' 1 /dev/bounce-a
	ask_again 3
	expect 'the old one' id=ENODEV "$got"
	remove a
	close_it
}

below_is_busy()
{
	has /sys/block/sda/device/device_busy 1
}

busy_or_over()
{
	below_is_busy || has "$tmp/out" result
}

# Power off and rmdir are refused while the device below executes a command.
test_ioctl_under_way()
{
	local pid i
	scsi_disk dev_size_mb=16 delay=0 || return
	wait_for_node /dev/sda
	printf 'a' | dd of=/dev/sda bs=512 conv=sync oflag=direct 2>/dev/null
	bounce a /dev/sda mode=write
	# In ticks: 1 to 4 seconds.
	echo 1000 >/sys/bus/pseudo/drivers/scsi_debug/delay
	# On a busy machine the command may have ended before the script looks.
	for i in 1 2 3; do
		: >"$tmp/out"
		bounce_io sgread /dev/bounce-a >>"$tmp/out" &
		pid=$!
		until_true busy_or_over
		! below_is_busy || break
	done
	expect_set 'power off' EBUSY a power 0
	! rmdir "$config/a" 2>/dev/null || fail rmdir
	wait $pid
	expect 'the data read' 'result=0 status=0 first=97' "$(<"$tmp/out")"
	remove a
	# With the delay, the flush when scsi_debug removes its disk would take minutes.
	echo 0 >/sys/bus/pseudo/drivers/scsi_debug/delay
	unload_scsi_debug
}
