# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Rows 110 and 116: the device below becomes another one while the disk is live.

# A flush and a write with FUA
durable_io()
{
	dd if=/dev/zero of=/dev/bounce-a bs=4k count=1 oflag=direct conv=notrunc,fsync 2>/dev/null
	dd if=/dev/zero of=/dev/bounce-a bs=4k count=1 oflag=direct,dsync conv=notrunc 2>/dev/null
}

# The volume moves to a disk with a volatile cache.
test_gains_cache()
{
	local mode flushes='FWS 0 + 0' fua='WFS 0 + 8'
	null n1
	null n2 cache_size=16 fua=1
	gate g /dev/n1
	for mode in none write all guest; do
		bounce a /dev/mapper/g mode=$mode
		queue_of dm-0 write_cache
		expect "$mode: below" 'write through' "$got"
		get /sys/block/n2/size
		dmsetup load g --table "0 $got linear /dev/n2 0"
		shut_gate g
		open_gate g
		watch_bios n2
		arriving durable_io
		unwatch_bios
		[[ $got == *"$flushes"* ]] || fail "$mode: no flush: $got"
		[[ $got == *"$fua"* ]] || fail "$mode: no FUA: $got"
		get /sys/block/n1/size
		dmsetup load g --table "0 $got linear /dev/n1 0"
		shut_gate g
		open_gate g
	done
}

# A SCSI disk is told to have a cache.
test_cache_switched_on()
{
	local type
	if ! modprobe -q sd_mod || ! modprobe -q scsi_debug dev_size_mb=16 delay=0; then
		skip 'no scsi_debug'
		return
	fi
	settle /dev/sda
	type=$(echo /sys/class/scsi_disk/*/cache_type)
	put "$type" 'temporary write through'
	bounce a /dev/sda mode=write
	put "$type" 'temporary write back'
	queue_of sda write_cache
	expect 'below' 'write back' "$got"
	watch_bios sda
	arriving durable_io
	unwatch_bios
	[[ $got == *'FWS 0 + 0'* ]] || fail "no flush: $got"
	expect_set 'power off' 0 a power 0
	modprobe -r scsi_debug || fail 'scsi_debug is in use'
}
