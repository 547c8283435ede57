# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh and dm.sh
#
# dm-bounce and the disk below: protection information.

# pi_disk: an NVMe disk with protection information that programs can send, in $got
pi_disk()
{
	nvme pi || { skip 'no NVMe with protection information'; return 1; }
	[ "$(bounce_io pi "/dev/$got" 0xb218)" != result=no_attributes ] ||
		{ skip 'this kernel takes no protection information from programs'; return 1; }
}

test_dm_integrity_passes_in_mode_none()
{
	local disk mode
	pi_disk || return
	disk=$got
	bounce a "/dev/$disk" mode=none
	pi_passes none /dev/bounce-a "/dev/$disk"
	for mode in write all guest direct; do
		bounce a "/dev/$disk" mode=$mode
		expect "$mode" result=EINVAL "$(bounce_io pi /dev/bounce-a 0xb218)"
		expect_value "$mode: without it" result = 0 \
			"$(bounce_io oneio /dev/bounce-a write 0 64K)"
	done
}

# expect_format WHAT WANTED: of the protection information of bounce-a
expect_format()
{
	block_dir bounce-a
	expect_file "$1" "$2" "$got/integrity/format"
}

# A linear target becomes a bounced one. What was stacked on it goes on to send protection
# information, and so does a read that came while it was suspended.
test_dm_integrity_is_refused()
{
	local disk size mode read='result=0 guard=0xb218'
	pi_disk || return
	disk=$got
	get "/sys/block/$disk/size"
	size=$got
	for mode in none write all; do
		dmsetup create bounce-a --table "0 $size linear /dev/$disk 0"
		wait_for_node /dev/mapper/bounce-a
		gate g /dev/mapper/bounce-a
		pi_passes "$mode: linear" /dev/mapper/g "/dev/$disk"
		shut_gate bounce-a
		bounce_io pi_read /dev/mapper/g >"$tmp/out" &
		pause 0.3
		dmsetup reload bounce-a --table "0 $size bounce /dev/$disk 0 1 mode:$mode"
		open_gate bounce-a
		wait $!
		[ $mode != all ] || read='result=EOPNOTSUPP guard=0'
		expect "$mode: a read that waited" "$read" "$(<"$tmp/out")"
		dmsetup message bounce-a 0 reset
		if [ $mode = none ]; then
			pi_passes none /dev/mapper/g "/dev/$disk"
			expect_format none "$(<"/sys/block/$disk/integrity/format")"
		else
			expect "$mode: with it" result=EOPNOTSUPP "$(bounce_io pi /dev/mapper/g 0xb218)"
			# io_uring may try once more where it can wait.
			expect_stat "$mode: refusals" a integrity_refusals -gt 0
			expect_format "$mode" nop
		fi
		expect_value "$mode: write without it" result = 0 \
			"$(bounce_io oneio /dev/mapper/g write 0 64K)"
		expect_value "$mode: read without it" result = 0 \
			"$(bounce_io oneio /dev/mapper/g read 0 64K)"
		until_true dmsetup remove g
		gates=
		power_off a
	done
}

# XFS of Linux 7 makes protection information itself where the device takes it.
test_dm_reload_below_xfs_over_pi()
{
	local disk file size
	nvme pi || { skip 'no NVMe with protection information'; return; }
	disk=$got
	get "/sys/block/$disk/size"
	size=$got
	dmsetup create bounce-a --table "0 $size linear /dev/$disk 0"
	wait_for_node /dev/mapper/bounce-a
	mkdir -p "$tmp/mnt"
	mkfs.xfs -q -f /dev/mapper/bounce-a || fail mkfs
	mount /dev/mapper/bounce-a "$tmp/mnt" || { fail mount; return; }
	head -c 2M /dev/urandom >"$tmp/data"
	dd if="$tmp/data" of="$tmp/mnt/before" bs=1M oflag=direct 2>/dev/null || fail 'write before'
	reload bounce-a "0 $size bounce /dev/$disk 0 1 mode:all" || fail reload
	dd if="$tmp/data" of="$tmp/mnt/after" bs=1M oflag=direct 2>/dev/null || fail write
	dd if="$tmp/data" of="$tmp/mnt/cached" bs=1M conv=fsync 2>/dev/null || fail 'cached write'
	echo 3 >/proc/sys/vm/drop_caches
	for file in before after cached; do
		cmp "$tmp/data" "$tmp/mnt/$file" || fail "$file: another file"
	done
	expect_stat refusals a integrity_refusals -eq 0
	expect_stat bounced a write_bounced_bytes -gt 2097152
	umount "$tmp/mnt" || fail umount
}
