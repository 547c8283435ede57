# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# A bounce disk follows changes and removal of the device below, and allows the I/O
# that the device below allows.

# unbind_and_bind DISK COMMAND...: an orderly removal, with the command in between. It binds
# after the last close of the old disk, which a worker does: the disk_release() that follows
# sets queue->disk to NULL, and add_disk() oopses if the new disk has the queue already (6.18;
# 7.3 has the same code).
unbind_and_bind()
{
	local driver=/sys/bus/scsi/drivers/sd name
	name=$(readlink -f "/sys/block/$1/device")
	name=${name##*/}
	echo "$name" >$driver/unbind
	"${@:2}"
	rmdir "$config/a" || fail rmdir
	until_true grep -qx 0 /sys/module/scsi_debug/refcnt
	echo "$name" >$driver/bind
	wait_for_node "/dev/$1"
}

close_8()
{
	exec 8<&-
}

# File systems may still write to the bounce disk then, so no written data may be lost.
test_orderly_removal()
{
	scsi_disk dev_size_mb=64 delay=0 || return
	wait_for_node /dev/sda
	head -c 1M /dev/urandom >"$tmp/data"
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/sda || fail mkfs
	bounce a /dev/sda mode=write
	if ! mount /dev/bounce-a "$tmp/mnt" || ! cp "$tmp/data" "$tmp/mnt/data"; then
		fail 'no file system'
	fi
	unbind_and_bind sda umount "$tmp/mnt"
	mount /dev/sda "$tmp/mnt" || fail 'mount below'
	cmp "$tmp/data" "$tmp/mnt/data" || fail 'the file is another one'
	umount "$tmp/mnt"

	# ... nor from the page cache of the disk itself.
	bounce a /dev/sda mode=write
	exec 8<>/dev/bounce-a
	cat "$tmp/data" >&8
	unbind_and_bind sda close_8
	cmp -n 1048576 "$tmp/data" /dev/sda || fail 'the disk has other data'
	unload_scsi_debug
}

# A read into BIO_MAX_VECS pieces: the driver must not need a vec of that bio.
test_all_vecs()
{
	# It takes 1 MiB as a whole; the parts of a split bio wait for each other.
	null n max_sectors=2048
	dd if=/dev/urandom of=/dev/n bs=1M count=1 oflag=direct 2>/dev/null
	bounce a /dev/n mode=all
	# Device mapper refuses such addresses, and Linux 6.12 pieces below a logical block on every disk.
	null p blocksize=4096
	queue_of bounce-a dma_alignment
	case "$got $(bounce_io scatter /dev/p 8 512 1K wait)" in
	'1 '*result=0*)
		expect '2 bytes each' 'bytes=512 result=0 wrong=0' \
			"$(bounce_io scatter /dev/bounce-a 256 2 8 wait)"
		;;
	esac
	expect_stat 'splits before' a splits -eq 0
	expect 'a page each' 'bytes=1048576 result=0 wrong=0' \
		"$(bounce_io scatter /dev/bounce-a 256 4K 8K wait)"
	expect 'without waiting' 'bytes=1048576 result=0 wrong=0' \
		"$(bounce_io scatter /dev/bounce-a 256 4K 8K nowait)"
	expect_stat splits a splits -eq 0
	expect_stat refusals a nowait_refusals -eq 0
}

# scsi_error OPCODE: the SCSI disk does not know that command
scsi_error()
{
	# Type 2, always, and then host, driver and status byte and the sense.
	echo "2 -100000 $1 0 0 0x02 0x05 0x20 0x00" >"$tmp/rule"
	cat "$tmp/rule" >/sys/kernel/debug/scsi_debug/*:*:*:*/error || fail "no error for $1"
}

# SCSI disks find out at the first try; then it is done in another way.
test_withdrawn_features()
{
	local a
	scsi_disk dev_size_mb=16 delay=0 lbpu=1 lbpws=1 || return
	wait_for_node /dev/sda
	head -c 1M /dev/urandom >"$tmp/data"
	bounce a /dev/sda mode=write
	for a in write_zeroes_max_bytes discard_max_bytes; do
		queue_of bounce-a $a
		expect_test "$a before" "$got" -gt 0
	done
	dd if="$tmp/data" of=/dev/bounce-a oflag=direct bs=1M 2>/dev/null
	scsi_error 0x41
	scsi_error 0x93
	scsi_error 0x42
	blkdiscard -f -z -l 1M /dev/bounce-a || fail 'no zeroes'
	expect 'the data' sum=0 "$(bounce_io sum /dev/sda 0 1M)"
	blkdiscard -f -l 1M /dev/bounce-a 2>/dev/null && fail 'a discard that cannot be'
	for a in write_zeroes_max_bytes discard_max_bytes; do
		expect_file "$a below" 0 /sys/block/sda/queue/$a
		expect_queue "$a" 0 bounce-a $a
	done
	# All limits are looked at when one changes, and when a disk is made.
	put /sys/block/bounce-a/queue/max_sectors_kb 64
	expect 'another limit' 0 "$got"
	expect_set 'power off' 0 a power 0
	expect_set 'power on' 0 a power 1
	power_off a
	unload_scsi_debug
}

# refused_limits COUNT: the log has as many lines about them
refused_limits()
{
	expect 'lines in the log' "$1" \
		"$(dmesg | grep -c 'bounce-a: the limits of narrow are not valid')"
}

# Limits below that the disk cannot have are looked at again, and the disk keeps its own.
test_invalid_limits_are_tried_again()
{
	local n=/sys/module/narrow_disk/parameters before
	narrow || { fail 'no disk'; return; }
	bounce a /dev/narrow mode=none
	queue_of bounce-a max_sectors_kb
	before=$got
	echo 1 >$n/user_sectors
	dmesg -C
	expect_set refresh 0 a refresh 1
	refused_limits 1
	expect_set 'refresh again' 0 a refresh 1
	refused_limits 2
	expect_set 'a mode' EINVAL a mode all
	refused_limits 3
	expect_file 'the mode' none "$config/a/mode"
	expect_value 'a write' result = 0 "$(bounce_io oneio /dev/bounce-a write 0 4K)"
	expect_stat 'in the old mode' a write_bounced_bios -eq 0
	dmesg -C
	queue_of bounce-a max_sectors_kb
	expect 'the limit meanwhile' "$before" "$got"
	echo 0 >$n/user_sectors
	expect_set 'refresh with valid limits' 0 a refresh 1
	expect_set 'the mode' 0 a mode all
	refused_limits 0
	queue_of bounce-a max_sectors_kb
	expect 'the limit again' "$before" "$got"
	remove a
	modprobe -r narrow_disk || fail 'narrow_disk is in use'
}

test_passed_alignment()
{
	local mode wanted
	nvme plain || { skip 'no plain NVMe'; return; }
	queue_of "$got" dma_alignment
	wanted=$got
	expect_test 'below' "$wanted" -lt 511
	nvme plain
	for mode in none write guest; do
		bounce a "/dev/$got" mode=$mode
		expect_queue "$mode" "$wanted" bounce-a dma_alignment
		nvme plain
	done
}

test_discard_as_allowed()
{
	local size
	null n discard=1
	for size in 1048576 0; do
		echo $size >/sys/block/n/queue/discard_max_bytes
		bounce a /dev/n mode=write
		expect_file "$size below" $size /sys/block/n/queue/discard_max_bytes
		expect_queue "$size" $size bounce-a discard_max_bytes
	done
}

# The allocation of a large folio does not wake kswapd.
test_wakes_no_kswapd()
{
	local t=/sys/kernel/tracing event order=0
	while [ $((page_kib << order)) -lt 64 ]; do
		order=$((order + 1))
	done
	event=$t/events/kmem/mm_page_alloc
	null n
	bounce a /dev/n mode=write
	echo "order == $order" >$event/filter
	echo >$t/trace
	echo 1 >$event/enable
	echo 1 >$t/tracing_on
	expect_value write result = 0 "$(bounce_io oneio /dev/bounce-a write 0 64K)"
	echo 0 >$event/enable
	echo 0 >$event/filter
	# No other allocation has this combination.
	grep -o 'gfp_flags=.*NOMEMALLOC.*' $t/trace >"$tmp/flags"
	echo >$t/trace
	expect_test 'allocations' "$(wc -l <"$tmp/flags")" -gt 0
	! grep -E 'NOWAIT|KSWAPD|RECLAIM' "$tmp/flags" || fail "flags: $(<"$tmp/flags")"
}

test_resize()
{
	local loop
	truncate -s 16M "$tmp/file"
	loop=$(losetup -f --show "$tmp/file") || { fail 'no loop device'; return; }
	bounce a "$loop" mode=all
	exec 8</dev/bounce-a
	truncate -s 32M "$tmp/file"
	losetup -c "$loop" || fail 'losetup -c'
	expect 'with the next open' "$(blockdev --getsize64 "$loop")" \
		"$(blockdev --getsize64 /dev/bounce-a)"
	expect_value 'the new end' result = 0 "$(bounce_io oneio /dev/bounce-a write 31M 1M)"
	exec 8<&-
	remove a
	losetup -d "$loop"
	rm "$tmp/file"
}
