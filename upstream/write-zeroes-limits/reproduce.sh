#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A disk whose WRITE SAME turns out not to work: are attributes still writable, of the disk
# and of devices above such disks?
#
#	lab run --kernel 7.3 --smp 1 -- upstream/write-zeroes-limits/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

adapter=/sys/bus/pseudo/drivers/scsi_debug/adapter0
wrong=0

# find_disks: the names of three disks that advertise WRITE SAME with UNMAP, in $disks
find_disks()
{
	modprobe -q sd_mod || :
	modprobe scsi_debug num_tgts=3 dev_size_mb=64 lbpu=1 lbpws=1 lbprz=1
	for try in $(seq 100); do
		disks=''
		for disk in "$adapter"/host*/target*/*/block/sd*; do
			[ ! -b "/dev/${disk##*/}" ] || disks="$disks ${disk##*/}"
		done
		[ "$(echo "$disks" | wc -w)" != 3 ] || return 0
		sleep 0.1
	done
	cannot "not three disks after $try tries"
}

# refuse_write_same DISK: it answers the next WRITE SAME (10 and 16) by CHECK CONDITION,
# ILLEGAL REQUEST, INVALID COMMAND OPERATION CODE
refuse_write_same()
{
	device=$(readlink -f "/sys/block/$1/device")
	for opcode in 41 93; do
		echo "2 -1 0x$opcode 0 0 2 5 0x20 0" >"/sys/kernel/debug/scsi_debug/${device##*/}/error"
	done
}

# same_value ATTRIBUTE: stores the value that $queue has
same_value()
{
	value=$(cat "$queue/$1") && echo "$value" >"$queue/$1"
} 2>/dev/null

# limits WHEN: of write zeroes
limits()
{
	echo "# $1: write_zeroes_max_bytes $(cat "$queue/write_zeroes_max_bytes")," \
		"write_zeroes_unmap_max_hw_bytes $(cat "$queue/write_zeroes_unmap_max_hw_bytes")"
}

# look DEVICE DISK: DEVICE is DISK or above it
look()
{
	queue=/sys/dev/block/$(stat -c %Hr:%Lr "$1")/queue
	limits "$1 before"
	same_value max_sectors_kb || cannot "$1 refuses stores from the beginning"
	refuse_write_same "$2"
	# RAID 0 asks its disks before the command, so that it notices one command later.
	for _ in first second; do
		fallocate --zero-range --length 1M "$1" || echo "# $1: the zeroes were not written"
	done
	limits "$1 after"
	[ "$(cat "$queue/write_zeroes_max_bytes")" = 0 ] || cannot "$1: WRITE SAME was not refused"
	for name in max_sectors_kb discard_max_bytes rotational iostats; do
		if same_value $name; then
			echo "# $1 $name: accepted"
		else
			echo "# $1 $name: REFUSED"
			wrong=1
		fi
	done
}

mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
find_disks
# shellcheck disable=SC2086 # three names
set -- $disks
look "/dev/$1" "$1"

modprobe -q dm_mod || :
dmsetup create above --table "0 $(cat "/sys/block/$2/size") linear /dev/$2 0"
look /dev/mapper/above "$2"

modprobe -q raid0 || :
mdadm --build /dev/md99 --force --level=0 --chunk=64 --raid-devices=1 "/dev/$3" 2>/dev/null
look /dev/md99 "$3"
answer [ $wrong = 1 ]
