# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Every shape of a bio, errors in the middle, limits of
# the device below, and memory that changes under a bio.

test_shapes_read_back()
{
	local mode
	null n
	for mode in none write all guest; do
		bounce a /dev/n mode=$mode
		expect "$mode" 'done=20' "$(bounce_io random /dev/bounce-a 20 512 512 2560K)"
	done
	for mode in write all; do
		bounce a /dev/n mode=$mode max_bounce_kib="$page_kib" reserve_kib="$page_kib"
		expect "$mode, a page at a time" 'done=30' \
			"$(bounce_io random /dev/bounce-a 30 512 512 128K)"
	done
}

test_large_in_order()
{
	null n
	bounce a /dev/n mode=all max_bounce_kib=512
	head -c 16M /dev/urandom >"$tmp/data"
	dd if="$tmp/data" of=/dev/bounce-a bs=16M oflag=direct 2>/dev/null
	dd if=/dev/bounce-a of="$tmp/back" bs=16M count=1 iflag=direct 2>/dev/null
	cmp "$tmp/data" "$tmp/back" || fail 'read back through bounce'
	dd if=/dev/n of="$tmp/back" bs=16M count=1 iflag=direct 2>/dev/null
	cmp "$tmp/data" "$tmp/back" || fail 'read back from below'
	expect_stat splits a splits -gt 0
}

test_max_bounce_while_live()
{
	null n
	bounce a /dev/n mode=write
	bounce_io oneio /dev/bounce-a write 0 128K >"$tmp/out"
	expect_stat 'as a whole' a splits -eq 0
	expect_set max_bounce_kib 0 a max_bounce_kib "$page_kib"
	bounce_io oneio /dev/bounce-a write 0 128K >"$tmp/out"
	expect_stat 'a page at a time' a splits -eq $((128 / page_kib - 1))
}

test_error_in_split()
{
	local out way
	null n badblocks=+1024-1031
	bounce a /dev/n mode=all max_bounce_kib=64
	for way in write read; do
		out=$(bounce_io oneio /dev/bounce-a $way 0 1M)
		expect_value "$way: result" result = EIO "$out"
		expect_value "$way: ended again" again = 0 "$out"
		out=$(bounce_io oneio /dev/bounce-a $way 2M 1M)
		expect_value "$way elsewhere" result = 0 "$out"
	done
	expect_stat splits a splits -gt 30
	expect pins 0 "$(awk '$1 == "nr_foll_pin_acquired" { n += $2 }
		$1 == "nr_foll_pin_released" { n -= $2 } END { print n }' /proc/vmstat)"
	idle a || fail 'I/O is in flight'
	# Complains if a folio of the reserve is missing.
	expect_set power 0 a power 0
}

# The queue limits of a disk that bounces nothing are those of the device below.
same_limits()
{
	local a wanted
	for a in logical_block_size physical_block_size max_hw_sectors_kb minimum_io_size \
		discard_granularity discard_max_hw_bytes write_zeroes_max_bytes; do
		queue_of "$1" $a
		wanted=$got
		queue_of "$2" $a
		expect "$3: $a" "$wanted" "$got"
	done
}

# random_pieces DISK COUNT BLOCK ALIGN MAX: as "random", but in pieces of whole blocks
# where direct I/O asks for them, as on 6.12; a read in halves of a block from a disk that
# can do it tells
random_pieces()
{
	if nvme plain && bounce_io scatter "/dev/$got" 2 256 4096 wait | grep -q 'result=EINVAL '; then
		WHOLE_BLOCKS=1 bounce_io random "$@"
	else
		bounce_io random "$@"
	fi
}

test_lower_limits()
{
	local mode w align block loop
	for w in "blocksize=4096 max_sectors=$((2 * page_kib))" virt_boundary=1; do
		# shellcheck disable=SC2086 # words
		null n $w discard=1
		queue_of n logical_block_size
		block=$got
		for mode in write all; do
			bounce a /dev/n mode=$mode
			same_limits n bounce-a "$w, $mode"
			# null_blk itself fails at less than a block.
			align=512
			[ $mode = all ] || align=$block
			expect "$w, $mode" 'done=30' \
				"$(random_pieces /dev/bounce-a 30 "$block" "$align" 256K)"
		done
		clean_up
	done
}

# narrow WORD...: /dev/narrow, with the words as parameters of narrow_disk.c
narrow()
{
	modprobe narrow_disk "$@" && wait_for_node /dev/narrow
}

# Through the page cache, which makes one large bio of many pages.
through_page_cache()
{
	local back=$tmp/narrow-back
	dd if="$tmp/data" of=/dev/bounce-a bs=1M conv=fsync 2>/dev/null || fail "$1: write"
	# The last close dropped the pages of the disk, so this reads from the device.
	dd if=/dev/bounce-a of="$back" bs=512K count=1 2>/dev/null || fail "$1: read"
	cmp "$tmp/data" "$back" || fail "$1: other data"
}

test_few_segments()
{
	local mode segments n=/sys/module/narrow_disk/parameters
	head -c 512K /dev/urandom >"$tmp/data"
	for segments in 1 2; do
		narrow max_segments=$segments || { fail 'no disk'; return; }
		for mode in none write all guest; do
			bounce a /dev/narrow mode=$mode
			expect "$segments, $mode" 'done=5' \
				"$(bounce_io random /dev/bounce-a 5 512 512 256K)"
			through_page_cache "$segments, $mode"
		done
		expect_file 'violations' 0 $n/violations
		get $n/requests
		# More than the bios of above: they came in pieces.
		expect_test 'requests' "$got" -gt $((4000 / page_kib))
		remove a
		modprobe -r narrow_disk || fail 'narrow_disk is in use'
	done
	# Without announced limits the disk gets requests beyond them, and counts these.
	narrow silent=1 || { fail 'no silent disk'; return; }
	bounce a /dev/narrow mode=none
	bounce_io scatter /dev/bounce-a 64 4K 8K wait >"$tmp/out" 2>&1
	get $n/violations
	expect_test 'violations of unknown limits' "$got" -gt 0
	remove a
	modprobe -r narrow_disk || fail 'narrow_disk is in use'
}

# What the disk below would have to split ends at once with REQ_NOWAIT, and is not copied first.
test_nowait_is_not_copied_to_be_split()
{
	local limits half=$((2 * page_kib))
	for limits in "max_segments=64 max_segment_size=1048576 chunk_sectors=$((2 * half))" \
		max_segments=1; do
		# shellcheck disable=SC2086 # words
		narrow $limits || { fail 'no disk'; return; }
		bounce a /dev/narrow mode=write
		expect_value "$limits" again = 20 \
			"$(bounce_io nowait /dev/bounce-a $((2 * half))K 20 write)"
		expect_stat "$limits: refusals" a nowait_refusals -eq 20
		expect_stat "$limits: copied" a write_bounced_bios -eq 0
		# What fits is taken.
		expect_value "$limits" ok = 20 \
			"$(bounce_io nowait /dev/bounce-a "${page_kib}K" 20 write)"
		remove a
		modprobe -r narrow_disk || fail 'narrow_disk is in use'
	done
}

# Any alignment, over a disk that wants 512 bytes.
test_dma_alignment()
{
	local loop
	truncate -s 16M "$tmp/file"
	loop=$(losetup -f --show "$tmp/file") || { fail 'no loop device'; return; }
	expect_file 'below' 511 "/sys/block/${loop#/dev/}/queue/dma_alignment"
	bounce a "$loop" mode=all
	expect_queue all 1 bounce-a dma_alignment
	expect 'buffers at even addresses' 'done=60' "$(random_pieces /dev/bounce-a 60 512 2 256K)"
	bounce a "$loop" mode=write
	expect_queue write 511 bounce-a dma_alignment
	remove a
	losetup -d "$loop"
	rm "$tmp/file"
}

test_user_memory()
{
	local how
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=all
	for how in readonly fork unmap exit; do
		through_gate g bounce_io gone /dev/bounce-a $how 256K
		expect "$how" 'result=0 wrong=0' "${through##*$'\n'}"
	done
	idle a || fail 'I/O is in flight'
}

# polls DISK FIO-OPTION...: by a ring of io_uring that polls
polls()
{
	fio --name=p --filename="$1" --direct=1 --ioengine=io_uring --hipri=1 --thread \
		--output="$tmp/fio" "${@:2}" >"$tmp/out" 2>&1
}

polled_fio()
{
	polls "$@" || fail "$*: $(cat "$tmp/out" "$tmp/fio")"
}

# longest_polled DISK: the longest transfer that may be polled over it, in $got
longest_polled()
{
	got=256k
}

# An I/O that is not polled takes a second on this disk.
test_polled_below()
{
	local began reads
	null n irqmode=2 completion_nsec=1000000000
	bounce a /dev/n mode=none
	began=$EPOCHSECONDS
	polled_fio /dev/bounce-a --rw=randread --bs=4k --size=256k
	expect_test 'seconds for 64 reads' $((EPOCHSECONDS - began)) -lt 64
	expect_stat 'passed' a read_passed_bios -ge 64
	disk_of a
	read -r reads _ <"/sys/block/$got/stat"
	expect_test 'iostat: reads' "$reads" -ge 64
}

# Polled I/O that is bounced or checked ends by interrupt, and io_uring reaps it as well.
test_polled_above()
{
	local how most
	null n irqmode=2 completion_nsec=100000
	# null_blk allocates the pages of a first write, which may sleep, also under the
	# rcu_read_lock() of a poll.
	dd if=/dev/zero of=/dev/n bs=1M count=8 oflag=direct 2>/dev/null
	longest_polled /dev/n
	most=$got
	for how in mode=none 'mode=none detect=1' mode=write 'mode=all detect=1'; do
		# shellcheck disable=SC2086 # words
		bounce a /dev/n $how
		polled_fio /dev/bounce-a --rw=randrw --bsrange="4k-$most" --size=8m --iodepth=8 \
			--verify=crc32c
		[[ $how != *detect* ]] || expect_stat "$how: checks" a checks -gt 0
	done
	expect_stat 'bounced' a read_bounced_bios -gt 0
	bounce a /dev/n mode=none detect=0
	queue_of bounce-a io_poll
	expect 'io_poll over a disk that can' 1 "$got"
}

test_polled_refused_as_below()
{
	null n poll_queues=0
	bounce a /dev/n mode=none
	queue_of bounce-a io_poll
	expect io_poll 0 "$got"
	! polls /dev/bounce-a --rw=read --bs=4k --size=64k || fail 'no error'
}
