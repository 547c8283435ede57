# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# The links and properties that udev gives a bounce disk and the device below, with the rules of
# tools/udev.

udevd=/usr/lib/systemd/systemd-udevd

# start_udev: with our rules; every disk is looked at. udevd watches files, so it does not
# start on a kernel without inotify.
start_udev()
{
	[ -x $udevd ] && [ -d /proc/sys/fs/inotify ] || return 1
	mkdir -p /run/udev/rules.d /run/lock
	cp "$here"/../../tools/udev/*.rules /run/udev/rules.d
	$udevd --daemon 2>"$tmp/udevd" || fail "udevd: $(<"$tmp/udevd")"
	until_true udevadm control --ping || fail "udevd: $(<"$tmp/udevd")"
	udevadm trigger --subsystem-match=block
	udev_done
}

udev_done()
{
	udevadm settle --timeout=120 || fail 'udev does not come to an end'
}

no_udev()
{
	! pgrep -x systemd-udevd >/dev/null
}

# The daemon answers first and ends later: until then its socket takes what is meant for
# the next one, and its workers keep disks open.
stop_udev()
{
	udevadm control --exit
	until_true no_udev
	rm -f /run/udev/rules.d/*
}

# property DISK NAME: as udev knows it, in $got
property()
{
	got=$(udevadm info -q property --property="$2" --value -n "/dev/$1")
}

# expect_property DISK NAME VALUE
expect_property()
{
	property "$1" "$2"
	expect "$1: $2" "$3" "$got"
}

# expect_link LINK DISK: below /dev/disk
expect_link()
{
	expect "$1" "/dev/$2" "$(readlink -f "/dev/disk/$1")"
}

# make_fs DISK: with the label vmdata; its UUID in $got
make_fs()
{
	mkfs.ext4 -q -F -L vmdata "/dev/$1" || fail mkfs
	udevadm trigger --settle "/dev/$1"
	got=$(blkid -p -o value -s UUID "/dev/$1")
}

test_udev_moves_links()
{
	local uuid how
	start_udev || { skip 'no udevd, or no inotify'; return; }
	if ! modprobe -q sd_mod || ! modprobe -q scsi_debug dev_size_mb=64 delay=0; then
		skip 'no scsi_debug'
		stop_udev
		return
	fi
	wait_for_node /dev/sda
	make_fs sda
	uuid=$got
	expect_link "by-uuid/$uuid" sda
	bounce a /dev/sda mode=write
	udev_done
	for how in "by-uuid/$uuid" by-label/vmdata by-id/bounce-a; do
		expect_link "$how" bounce-a
	done
	property bounce-a DISKSEQ
	expect_link "by-diskseq/$got" bounce-a
	expect_property bounce-a ID_FS_TYPE ext4
	expect_property bounce-a SYSTEMD_READY ''
	expect_property sda SYSTEMD_READY 0
	expect_property sda ID_FS_TYPE bounce_member
	mkdir -p "$tmp/mnt"
	for how in LABEL=vmdata "UUID=$uuid" "/dev/disk/by-uuid/$uuid"; do
		mount "$how" "$tmp/mnt" || fail "mount $how"
		expect "mount $how" /dev/bounce-a "$(findmnt -n -o SOURCE "$tmp/mnt")"
		umount "$tmp/mnt"
		udev_done
	done
	# udev itself may have it open for a moment.
	power_off a
	udev_done
	expect_link "by-uuid/$uuid" sda
	expect_property sda SYSTEMD_READY ''
	expect_property sda ID_FS_TYPE ext4
	rmdir "$config/a"
	unload_scsi_debug
	stop_udev
}

test_udev_partitions()
{
	local how
	start_udev || { skip 'no udevd, or no inotify'; return; }
	if ! modprobe -q sd_mod || ! modprobe -q scsi_debug dev_size_mb=64 delay=0; then
		skip 'no scsi_debug'
		stop_udev
		return
	fi
	wait_for_node /dev/sda
	printf 'label: gpt\nsize=32M, name=first\n' | sfdisk -q /dev/sda
	udev_done
	make_fs sda1
	bounce a /dev/sda
	udev_done
	for how in "by-uuid/$got" by-label/vmdata by-partlabel/first by-id/bounce-a-part1; do
		expect_link "$how" bounce-a1
	done
	expect_property sda1 SYSTEMD_READY 0
	expect_property sda1 ID_FS_TYPE bounce_member
	expect_property bounce-a1 ID_FS_TYPE ext4
	power_off a
	rmdir "$config/a"
	# Over the partition alone, which leaves the disk as it is.
	udev_done
	bounce a /dev/sda1
	udev_done
	expect_link "by-label/vmdata" bounce-a
	expect_property sda1 SYSTEMD_READY 0
	expect_property sda SYSTEMD_READY ''
	power_off a
	rmdir "$config/a"
	udev_done
	unload_scsi_debug
	stop_udev
}

# udev does not watch a disk while it works on it, so "add" waits: udev would miss what mkfs
# writes. The rule makes udev work on it for long enough.
test_udev_add_and_remove_wait()
{
	local slow=/run/udev/rules.d/99-slow.rules
	mkdir -p /run/udev/rules.d
	cat >$slow <<-'END'
		KERNEL=="bounce-a", ACTION=="add", RUN+="/bin/sleep 2"
		KERNEL=="bounce-a", ACTION=="change", RUN+="/bin/sh -c 'exec 3</dev/bounce-a; echo >/run/udev/opened; sleep 2'"
	END
	if ! start_udev; then
		skip 'no udevd, or no inotify'
		rm $slow
		return
	fi
	if ! modprobe -q sd_mod || ! modprobe -q scsi_debug dev_size_mb=64 delay=0; then
		skip 'no scsi_debug'
		stop_udev
		return
	fi
	wait_for_node /dev/sda
	udev_done
	bouncectl add a /dev/sda mode=write >"$tmp/said" 2>&1 || fail "$(<"$tmp/said")"
	udevadm settle --timeout=0 || fail 'udev is not idle when add ends'
	mkfs.ext4 -q /dev/bounce-a || fail mkfs
	udev_done
	expect_link "by-uuid/$(blkid -p -o value -s UUID /dev/bounce-a)" bounce-a
	# It is busy while udev looks at it, which is soon over.
	rm -f /run/udev/opened
	echo change >/sys/block/bounce-a/uevent
	until_true test -e /run/udev/opened
	bouncectl remove a || fail 'it cannot be removed'
	udev_done
	rm -f /run/udev/opened
	unload_scsi_debug
	stop_udev
}

# A disk that grows without telling its holder: its uevent does.
test_udev_resize()
{
	local loop
	start_udev || { skip 'no udevd, or no inotify'; return; }
	truncate -s 16M "$tmp/file"
	loop=$(losetup -f --show "$tmp/file") || { fail 'no loop device'; stop_udev; return; }
	bounce a "$loop" mode=all
	exec 8</dev/bounce-a
	truncate -s 32M "$tmp/file"
	losetup -c "$loop" || fail 'losetup -c'
	udev_done
	expect_file 'size' 65536 /sys/block/bounce-a/size
	exec 8<&-
	power_off a
	rmdir "$config/a"
	losetup -d "$loop"
	rm "$tmp/file"
	stop_udev
}
