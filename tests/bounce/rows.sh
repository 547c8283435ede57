#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rows 101 to 120 of what the code must survive, one test or more for each. As
# root, in a machine that may be spoilt:
#
#	rows.sh [PATTERN]...
#
# made for
#
#	lab run --nvme pi --nvme plain --nvme cmb -- tests/bounce/rows.sh
#
# Where the raw device shows the fault that bouncing mends, that is tested, too:
# a test in which the fault cannot happen proves nothing.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"

# The NVMe disk whose controller has that: pi, cmb or neither (plain).
nvme()
{
	local d kind
	for d in /sys/block/nvme*n1; do
		[ -d "$d" ] || continue
		kind=plain
		[ "$(cat "$d/integrity/tag_size" 2>/dev/null || echo none)" = none ] ||
			case $(cat "$d/integrity/format") in
			none|nop) ;;
			*) kind=pi ;;
			esac
		[ -d "$d/device/device/p2pmem" ] && kind=cmb
		[ $kind = "$1" ] && { echo "${d##*/}"; return 0; }
	done
	return 1
}

# --------------------------------------------------------------------
row101_pi_flip()
{
	local disk out
	disk=$(nvme pi) || { skip 'no NVMe with protection information'; return; }
	out=$(bounce_io flip "/dev/$disk" 300 64K)
	say "raw: $out"
	# Nearly all, unless the machine is busy and the other thread does not run.
	expect_test 'raw failures' "$(value failed "$out")" -ge 10
	bounce a "/dev/$disk" mode=write
	out=$(bounce_io flip /dev/bounce-a "${FLIPS:-3000}" 64K)
	say "bounced: $out"
	expect 'bounced failures' 0 "$(value failed "$out")"
	expect 'unreadable' 0 "$(value unreadable "$out")"
}

# Over raid1 of two disks: the legs must not differ.
mismatches()
{
	echo check >/sys/block/md99/md/sync_action
	sleep 0.5
	until_true grep -q idle /sys/block/md99/md/sync_action
	cat /sys/block/md99/md/mismatch_cnt
}

row102_raid1_mismatch()
{
	local n
	modprobe -q raid1
	null m0 size=16 irqmode=2 completion_nsec=100000
	null m1 size=16 irqmode=2 completion_nsec=100000
	mdadm --create /dev/md99 --run --level=1 --raid-devices=2 --metadata=1.2 \
		--assume-clean --bitmap=none /dev/m0 /dev/m1 >"$tmp/md" 2>&1 ||
		{ skip "mdadm: $(tail -n 1 "$tmp/md")"; return; }
	settle /dev/md99
	bounce_io flip /dev/md99 300 64K >/dev/null
	n=$(mismatches)
	say "raw: mismatch_cnt $n"
	expect_test 'raw mismatch_cnt' "$n" -gt 0
	dd if=/dev/zero of=/dev/md99 bs=1M oflag=direct 2>/dev/null
	expect 'after clearing' 0 "$(mismatches)"
	bounce a /dev/md99 mode=write
	bounce_io flip /dev/bounce-a 300 64K >/dev/null
	expect 'bounced mismatch_cnt' 0 "$(mismatches)"
	rmdir "$config/a"
	mdadm --stop /dev/md99 >/dev/null 2>&1 || fail 'md99 is busy'
}

row103_read_torn()
{
	local out
	null n irqmode=2 completion_nsec=300000000
	out=$(bounce_io watch /dev/n 256K)
	say "raw: $out"
	expect_test 'raw early changes' "$(value early "$out")" -gt 0
	bounce a /dev/n mode=all
	out=$(bounce_io watch /dev/bounce-a 256K)
	say "bounced: $out"
	expect 'early changes' 0 "$(value early "$out")"
	expect 'wrong bytes' 0 "$(value wrong "$out")"
	expect_test 'looks' "$(value looks "$out")" -gt 3
	expect result 0 "$(value result "$out")"
}

row103_read_error_untouched()
{
	local out
	null n badblocks=+64-64
	[ -e "$nullb/n/badblocks_partial_io" ] || { skip 'null_blk does no partial I/O'; return; }
	echo 0 >"$nullb/n/power"
	echo 1 >"$nullb/n/badblocks_partial_io"
	echo 1 >"$nullb/n/power"
	settle /dev/n
	out=$(bounce_io oneio /dev/n read 0 64K)
	say "raw: $out"
	expect 'raw result' EIO "$(value result "$out")"
	expect_test 'raw changes' "$(value changed "$out")" -gt 0
	bounce a /dev/n mode=all
	out=$(bounce_io oneio /dev/bounce-a read 0 64K)
	expect result EIO "$(value result "$out")"
	expect changes 0 "$(value changed "$out")"
}

row104_reserve_progress()
{
	has_faults || { skip 'no fault injection: see swap.sh'; return; }
	null n
	bounce a /dev/n mode=all reserve_kib=64
	faults fail_alloc 100
	expect random 'done=200' "$(bounce_io random /dev/bounce-a 200 512 512 1M)"
	fio --name=r --filename=/dev/bounce-a --rw=randrw --bs=64k --size=64m --direct=1 \
		--ioengine=libaio --iodepth=32 --numjobs=4 --runtime=5 --time_based \
		--group_reporting --output="$tmp/fio" || fail "fio: $(cat "$tmp/fio")"
	faults fail_alloc 0
	expect_test 'reserve uses' "$(stat_of a reserve_uses)" -gt 0
	expect_test 'reserve waits' "$(stat_of a reserve_waits)" -gt 0
}

row105_order0_only()
{
	local orders
	has_faults || { skip 'no fault injection'; return; }
	null n
	bounce a /dev/n mode=all
	echo 1 >"$fault_dir/fail_min_order"
	faults fail_alloc 100
	expect random 'done=100' "$(bounce_io random /dev/bounce-a 100 512 512 1M)"
	faults fail_alloc 0
	echo 0 >"$fault_dir/fail_min_order"
	orders=$(stat_of a orders)
	say "orders: $orders"
	expect 'nothing above order 0' '0 0 0 0 0 0 0 0' "${orders#* }"
	expect_test 'order 0' "${orders%% *}" -gt 0
	expect 'the reserve' 0 "$(stat_of a reserve_uses)"
}

row106_nowait()
{
	local out
	null n
	bounce a /dev/n mode=all max_bounce_kib=64
	for way in read write; do
		out=$(bounce_io nowait /dev/bounce-a 64K 50 $way)
		expect "$way of 64K" 50 "$(value ok "$out")"
		# More than one bounce: it would have to wait for the first one.
		out=$(bounce_io nowait /dev/bounce-a 256K 50 $way)
		expect "$way of 256K" 50 "$(value again "$out")"
	done
	expect refusals 100 "$(stat_of a nowait_refusals)"
	has_faults || return 0
	faults fail_alloc 100
	out=$(bounce_io nowait /dev/bounce-a 4K 50 write)
	faults fail_alloc 0
	expect 'without memory' 50 "$(value again "$out")"
	expect 'the reserve' 0 "$(stat_of a reserve_uses)"
}

row107_shapes()
{
	local mode
	for mode in none write all guest; do
		null n
		bounce a /dev/n mode=$mode
		expect "$mode" 'done=200' "$(bounce_io random /dev/bounce-a 200 512 512 3M)"
		rmdir "$config/a"
		bounce a /dev/n mode=$mode max_bounce_kib=4 reserve_kib=4
		expect "$mode, 4 KiB at a time" 'done=100' \
			"$(bounce_io random /dev/bounce-a 100 512 512 1M)"
		clean_up
	done
}

row107_large_in_order()
{
	null n
	bounce a /dev/n mode=all
	dd if=/dev/urandom of="$tmp/data" bs=1M count=16 2>/dev/null
	dd if="$tmp/data" of=/dev/bounce-a bs=16M oflag=direct 2>/dev/null
	dd if=/dev/bounce-a of="$tmp/back" bs=16M count=1 iflag=direct 2>/dev/null
	cmp "$tmp/data" "$tmp/back" || fail 'read back through bounce'
	dd if=/dev/n of="$tmp/back" bs=16M count=1 iflag=direct 2>/dev/null
	cmp "$tmp/data" "$tmp/back" || fail 'read back from below'
	expect_test splits "$(stat_of a splits)" -gt 0
}

row108_error_in_split()
{
	local out way
	null n badblocks=+1024-1031
	bounce a /dev/n mode=all max_bounce_kib=64
	for way in write read; do
		out=$(bounce_io oneio /dev/bounce-a $way 0 1M)
		expect "$way: result" EIO "$(value result "$out")"
		expect "$way: ended again" 0 "$(value again "$out")"
		out=$(bounce_io oneio /dev/bounce-a $way 2M 1M)
		expect "$way elsewhere" 0 "$(value result "$out")"
	done
	expect_test splits "$(stat_of a splits)" -gt 30
	expect 'pins' "$(awk '$1 == "nr_foll_pin_acquired" { print $2 }' /proc/vmstat)" \
		"$(awk '$1 == "nr_foll_pin_released" { print $2 }' /proc/vmstat)"
	expect 'in flight' '0 0' "$(tr -s ' ' <"/sys/block/bounce-a/inflight" | sed 's/^ //')"
	# Complains if a folio of the reserve is missing.
	expect power 0 "$(set_attr a power 0)"
}

# A dead disk has no size any more: reads end, writes find no space.
expect_gone()
{
	expect "$1: read" 0 "$(value bytes "$(bounce_io oneio /dev/bounce-a read 0 4K)")"
	expect "$1: write" 0 "$(value bytes "$(bounce_io oneio /dev/bounce-a write 0 4K)")"
}

row109_lower_goes()
{
	local mode out
	for mode in none all; do
		null n irqmode=2 completion_nsec=20000000
		bounce a /dev/n mode=$mode
		fio --name=x --filename=/dev/bounce-a --rw=randrw --bs=64k --size=32m --direct=1 \
			--ioengine=libaio --iodepth=16 --time_based --runtime=30 \
			--continue_on_error=none --output="$tmp/fio" &
		sleep 1.5
		echo 0 >"$nullb/n/power"
		wait $! && fail 'fio did not notice'
		expect_gone "$mode"
		rmdir "$config/a" || fail rmdir
		clean_up
	done
}

row109_nvme_unplugged()
{
	local disk pci
	disk=$(nvme plain) || { skip 'no plain NVMe'; return; }
	pci=$(readlink -f "/sys/block/$disk/device/device")
	bounce a "/dev/$disk" mode=all
	fio --name=x --filename=/dev/bounce-a --rw=randrw --bs=64k --size=32m --direct=1 \
		--ioengine=libaio --iodepth=16 --time_based --runtime=60 --output="$tmp/fio" &
	sleep 1.5
	echo 1 >"$pci/remove"
	wait $! && fail 'fio did not notice'
	rmdir "$config/a" || fail rmdir
	echo 1 >/sys/bus/pci/rescan
	settle "/dev/$disk"
}

# What arrives at the device below when the same is done to a disk.
arriving()
{
	local t=/sys/kernel/tracing disk=$1 lower=$2
	echo 0 >$t/tracing_on
	echo >$t/trace
	echo "dev == $(($(stat -c '%Hr' "/dev/$lower") << 20 | $(stat -c '%Lr' "/dev/$lower")))" \
		>$t/events/block/block_bio_queue/filter
	echo 1 >$t/events/block/block_bio_queue/enable
	echo 1 >$t/tracing_on
	{
		dd if=/dev/zero of="/dev/$disk" bs=64k count=2 oflag=direct
		dd if=/dev/zero of="/dev/$disk" bs=64k count=2 oflag=direct,dsync
		dd if=/dev/zero of="/dev/$disk" bs=4k count=1 conv=fsync oflag=direct
		blkdiscard -o 1M -l 1M "/dev/$disk"
		blkdiscard -z -o 4M -l 1M "/dev/$disk"
		blkdiscard -s -o 4M -l 1M "/dev/$disk"
		dd if="/dev/$disk" of=/dev/null bs=64k count=2 iflag=direct
	} >/dev/null 2>&1
	echo 0 >$t/tracing_on
	echo 0 >$t/events/block/block_bio_queue/enable
	echo 0 >$t/events/block/block_bio_queue/filter
	# flags, sector, length
	sed -n 's/.*block_bio_queue: [0-9,]* \(.*\) \[.*/\1/p' $t/trace
}

row110_flush_and_the_like()
{
	local mode raw
	null n discard=1 cache_size=16 fua=1
	raw=$(arriving n n)
	echo "$raw" | grep -q 'FF\|FWS\|FWFS' || fail "no flush on the raw device: $raw"
	echo "$raw" | grep -q '^D' || fail "no discard on the raw device: $raw"
	for mode in none write all guest; do
		bounce a /dev/n mode=$mode
		expect "$mode" "$raw" "$(arriving bounce-a n)"
		rmdir "$config/a"
	done
}

row110_log_writes()
{
	local mode=all
	null n
	null log size=64
	dmsetup create lw --table "0 $(blockdev --getsz /dev/n) log-writes /dev/n /dev/log" 2>"$tmp/dm" ||
		{ skip "dm-log-writes: $(tail -n 1 "$tmp/dm")"; return; }
	settle /dev/mapper/lw
	bounce a /dev/mapper/lw mode=$mode
	dd if=/dev/zero of=/dev/bounce-a bs=64k count=4 oflag=direct,dsync 2>/dev/null
	dd if=/dev/zero of=/dev/bounce-a bs=64k count=4 oflag=direct conv=fsync 2>/dev/null
	blkdiscard -o 1M -l 1M /dev/bounce-a
	rmdir "$config/a"
	dmsetup remove lw
	# Of each entry: flags (1 flush, 2 FUA, 4 discard); the data is zeroes.
	dd if=/dev/log bs=512 count=20000 iflag=direct 2>/dev/null |
		od -A n -v -t u8 -w512 | awk '$2 > 0 && $2 < 257 && $1 < 1000000 { n[$3]++ }
			END { for (f in n) print f, n[f] }' | sort >"$tmp/flags"
	say "log-writes: $(tr '\n' ' ' <"$tmp/flags")"
	grep -q '^[1235]' "$tmp/flags" || fail 'no flush or FUA in the log'
}

row111_p2pdma()
{
	local disk mem mode out
	disk=$(nvme cmb) || { skip 'no NVMe with a CMB'; return; }
	mem=/sys/block/$disk/device/device/p2pmem/allocate
	[ -e "$mem" ] || { skip 'the CMB cannot be mapped'; return; }
	null n
	for mode in write all guest; do
		bounce a /dev/n mode=$mode
		out=$(bounce_io mapped /dev/bounce-a "$mem" 0 64K 0) || out="failed: $out"
		say "$mode: $out"
		expect "$mode" 'written=0 read=0 same=1' "$out"
		expect_test "$mode: bounced" "$(stat_of a read_bounced_bios)" -gt 0
		rmdir "$config/a"
	done
	out=$(bounce_io mapped /dev/n "$mem" 0 64K 0 2>&1)
	say "raw: $out"
	[ "$out" != 'written=0 read=0 same=1' ] || fail 'null_blk takes P2P memory by itself'
}

row111_guest_pages()
{
	local mode out base
	base=$(sed -n 's/.*memmap=\([0-9A-Za-z]*\)\$\(0x[0-9a-f]*\).*/\2/p' /proc/cmdline)
	if [ -z "$base" ] || ! modprobe -q vtl0 || ! command -v vtl0ctl >/dev/null; then
		skip 'no reserved memory or no vtl0'
		return
	fi
	if ! vtl0ctl add "$base+4M" >"$tmp/a" 2>&1 ||
	   ! vtl0ctl add "$(printf '%#x' $((base + (4 << 20))))+4M" >>"$tmp/a" 2>&1; then
		fail "vtl0ctl: $(cat "$tmp/a")"
		return
	fi
	null n
	for mode in guest all write; do
		bounce a /dev/n mode=$mode
		# Over the seam of two ranges, and not at a page.
		out=$(bounce_io mapped /dev/bounce-a /dev/vtl0_low $((base + (3 << 20))) 2M 512)
		expect "$mode" 'written=0 read=0 same=1' "$out"
		expect_test "$mode: bounced writes" "$(stat_of a write_bounced_bios)" -gt 0
		[ $mode = write ] ||
			expect_test "$mode: bounced reads" "$(stat_of a read_bounced_bios)" -gt 0
		bounce_io oneio /dev/bounce-a write 0 64K >/dev/null
		[ $mode != guest ] || expect 'ordinary memory passes' 1 "$(stat_of a write_passed_bios)"
		rmdir "$config/a"
	done
	vtl0ctl remove --all
}

row112_power_on()
{
	null n
	null zoned zoned=1 zone_size=4 memory_backed=0
	mkdir "$config/a"
	expect 'none set' ENODEV "$(set_attr a power 1)"
	for pair in /dev/nothing:ENOENT /dev/zero:ENOTBLK 259:9999:ENXIO /dev/bounce-a:ENOENT \
		/dev/zoned:EOPNOTSUPP 99999:1:ENXIO; do
		expect "set ${pair%:*}" 0 "$(set_attr a backing "${pair%:*}")"
		expect "power on ${pair%:*}" "${pair##*:}" "$(set_attr a power 1)"
		expect 'kept' "${pair%:*}" "$(get_attr a backing)"
		expect 'off' 0 "$(get_attr a power)"
	done
	set_attr a backing /dev/n >/dev/null
	blockdev --setro /dev/n
	expect 'read-only below' EACCES "$(set_attr a power 1)"
	set_attr a backing "$(stat -c '%Hr:%Lr' /dev/n)" >/dev/null
	expect 'read-only below, by number' EACCES "$(set_attr a power 1)"
	set_attr a read_only 1 >/dev/null
	expect 'read_only over it' 0 "$(set_attr a power 1)"
	expect 'shown' 1 "$(cat /sys/block/bounce-a/ro)"
	expect 'write' EPERM "$(value result "$(bounce_io oneio /dev/bounce-a write 0 4K)")"
	set_attr a power 0 >/dev/null
	set_attr a read_only 0 >/dev/null
	blockdev --setrw /dev/n
	mkfs.ext4 -q /dev/n && mkdir -p "$tmp/mnt" && mount /dev/n "$tmp/mnt"
	expect 'mounted' EBUSY "$(set_attr a power 1)"
	umount "$tmp/mnt"
	expect 'by number' 0 "$(set_attr a power 1)"
	mkdir "$config/b"
	set_attr b backing /dev/n >/dev/null
	expect 'taken' EBUSY "$(set_attr b power 1)"
	expect 'links' "bounce-a n" "$(ls /sys/block/n/holders) $(ls /sys/block/bounce-a/slaves)"
}

row113_attributes()
{
	local a v
	null n
	mkdir "$config/a"
	expect features backing,mode,detect,detect_every,reserve_kib,max_bounce_kib,read_only,power,disk \
		"$(cat "$config/features")"
	expect defaults ',write,0,1,1024,1024,0,0,' \
		"$(cd "$config/a" && cat backing mode detect detect_every reserve_kib \
			max_bounce_kib read_only power disk | paste -s -d ,)"
	for v in '' garbage -1 1x '1 1' 18446744073709551616 4294967296 0x10 +4; do
		for a in detect detect_every reserve_kib max_bounce_kib read_only power mode; do
			[ -n "$v" ] || continue
			expect "$a = $v" EINVAL "$(set_attr a $a "$v")"
		done
	done
	for v in detect=2 detect_every=0 reserve_kib=3 reserve_kib=1048577 max_bounce_kib=0 \
		max_bounce_kib=6 max_bounce_kib=16388 read_only=2 power=2 mode=writes mode=ALL; do
		expect "$v" EINVAL "$(set_attr a "${v%=*}" "${v#*=}")"
	done
	expect 'two lines' EINVAL "$(set_attr a backing "/dev/a
/dev/b")"
	expect 'kept' ',write,0,1,1024,1024,0,0,' \
		"$(cd "$config/a" && cat backing mode detect detect_every reserve_kib \
			max_bounce_kib read_only power disk | paste -s -d ,)"
	for v in detect=1 detect_every=4294967295 reserve_kib=4 reserve_kib=16384 max_bounce_kib=4 \
		max_bounce_kib=16384 mode=guest mode=all backing=/dev/n; do
		expect "$v" 0 "$(set_attr a "${v%=*}" "${v#*=}")"
		expect "$v kept" "${v#*=}" "$(get_attr a "${v%=*}")"
	done
	expect 'on' 0 "$(set_attr a power 1)"
	expect 'on again' 0 "$(set_attr a power 1)"
	expect 'disk' bounce-a "$(get_attr a disk)"
	for v in detect=0 detect_every=3 reserve_kib=1024 max_bounce_kib=1024 read_only=1 mode=none \
		backing=/dev/zero; do
		expect "$v while live" EBUSY "$(set_attr a "${v%=*}" "${v#*=}")"
	done
	expect 'kept while live' '/dev/n,all,1,4294967295,16384,16384,0,1,bounce-a' \
		"$(cd "$config/a" && cat backing mode detect detect_every reserve_kib \
			max_bounce_kib read_only power disk | paste -s -d ,)"
	expect 'off' 0 "$(set_attr a power 0)"
	expect 'off again' 0 "$(set_attr a power 0)"
	v=$(printf 'x%.0s' $(seq 25))
	mkdir "$config/$v" 2>/dev/null && fail 'a name of 25 letters'
	mkdir "$config/${v#x}" || fail 'a name of 24 letters'
	set_attr "${v#x}" backing /dev/n >/dev/null
	expect 'a long name' 0 "$(set_attr "${v#x}" power 1)"
}

row114_busy_and_gone()
{
	local out
	null n
	bounce a /dev/n mode=all
	mkfifo "$tmp/in"
	bounce_io hold /dev/bounce-a <"$tmp/in" >"$tmp/out" &
	exec 7>"$tmp/in"
	until_true grep -q open "$tmp/out"
	expect 'power off while open' EBUSY "$(set_attr a power 0)"
	echo >&7
	until_true grep -q read "$tmp/out"
	rmdir "$config/a" || fail 'rmdir while open'
	[ ! -e /sys/block/bounce-a ] || fail 'the disk is still there'
	# The name and the device below can be used again at once.
	bounce a /dev/n mode=write
	echo >&7
	until_true test "$(wc -l <"$tmp/out")" -ge 2
	sleep 0.5
	exec 7>&-
	wait $!
	out=$(tail -n +2 "$tmp/out" | paste -s -d ' ')
	expect 'before and after' 'read=4096 write=4096 read=0 write=ENOSPC' "$out"
	expect 'the new one' 0 "$(value result "$(bounce_io oneio /dev/bounce-a write 0 64K)")"
	rm "$tmp/in"
}

row114_mounted()
{
	null n size=400
	bounce a /dev/n mode=all
	mkfs.ext4 -q /dev/bounce-a && mkdir -p "$tmp/mnt" && mount /dev/bounce-a "$tmp/mnt"
	expect 'power off while mounted' EBUSY "$(set_attr a power 0)"
	dd if=/dev/urandom of="$tmp/mnt/f" bs=1M count=4 2>/dev/null
	rmdir "$config/a" || fail rmdir
	dd if=/dev/urandom of="$tmp/mnt/g" bs=1M count=4 conv=fsync 2>/dev/null && fail 'still writable'
	umount "$tmp/mnt"
	# What was dirty was written when the disk went away.
	mount /dev/n "$tmp/mnt" || fail 'the file system below'
	expect 'size' 4194304 "$(stat -c %s "$tmp/mnt/f")"
	umount "$tmp/mnt"
}

# cycles COUNT
cycles()
{
	local i
	null n irqmode=2 completion_nsec=100000
	(
		trap exit TERM
		while :; do
			cat "$config"/*/* /sys/block/bounce-*/bounce/* >/dev/null 2>&1
		done
	) &
	reader=$!
	(
		trap exit TERM
		while :; do
			dd if=/dev/zero of=/dev/bounce-a bs=256k count=8 oflag=direct conv=nocreat 2>/dev/null
		done
	) &
	writer=$!
	for i in $(seq "$1"); do
		mkdir "$config/a" || fail "mkdir $i"
		[ $((i % 2)) = 0 ] || echo all >"$config/a/mode"
		echo /dev/n >"$config/a/backing"
		echo 1 >"$config/a/power" || fail "power $i"
		bounce_io oneio /dev/bounce-a write 0 256K >/dev/null
		[ $((i % 3)) = 0 ] || echo 0 >"$config/a/power" 2>/dev/null
		rmdir "$config/a" || fail "rmdir $i"
	done
	kill $reader $writer
	wait $reader $writer 2>/dev/null
}

row114_cycles()
{
	cycles "${CYCLES:-50}"
	clean_up
	modprobe -r bounce_blk || fail 'the module is still in use'
	modprobe bounce_blk
}

row115_stacked()
{
	null n
	bounce a /dev/n mode=all reserve_kib=64
	bounce b /dev/bounce-a mode=all reserve_kib=64
	expect random 'done=200' "$(bounce_io random /dev/bounce-b 200 512 512 2M)"
	if has_faults; then
		faults fail_alloc 100
		expect 'on the reserves' 'done=100' "$(bounce_io random /dev/bounce-b 100 512 512 2M)"
		faults fail_alloc 0
		expect_test 'upper reserve' "$(stat_of b reserve_uses)" -gt 0
		expect_test 'lower reserve' "$(stat_of a reserve_uses)" -gt 0
	fi
	expect 'lower off' EBUSY "$(set_attr a power 0)"
	rmdir "$config/b"
}

row115_side_by_side()
{
	null n
	printf 'label: gpt\nsize=32M\nsize=32M\n' | sfdisk -q /dev/n
	settle /dev/n2 2>/dev/null
	p=; [ -b /dev/n1 ] || p=p
	bounce a "/dev/n${p}1" mode=all
	bounce b "/dev/n${p}2" mode=all
	bounce_io random /dev/bounce-a 200 512 512 1M >"$tmp/a" &
	bounce_io random /dev/bounce-b 200 512 512 1M >"$tmp/b" &
	wait
	expect a 'done=200' "$(cat "$tmp/a")"
	expect b 'done=200' "$(cat "$tmp/b")"
}

row116_limits()
{
	local mode w align loop
	for w in blocksize=4096 max_sectors=8 virt_boundary=1 'blocksize=4096 max_sectors=8'; do
		# shellcheck disable=SC2086 # words
		null n $w
		for mode in write all; do
			bounce a /dev/n mode=$mode
			# null_blk itself fails at less than a block.
			align=512
			[ $mode = all ] || align=$(queue_of n logical_block_size)
			expect "$w: block size" "$(queue_of n logical_block_size)" \
				"$(queue_of bounce-a logical_block_size)"
			expect "$w, $mode" 'done=100' "$(bounce_io random /dev/bounce-a 100 \
				"$(queue_of n logical_block_size)" "$align" 1M)"
			rmdir "$config/a"
		done
		clean_up
	done
	# Any alignment, over a disk that wants 512 bytes.
	truncate -s 64M "$tmp/file"
	loop=$(losetup -f --show "$tmp/file") || { fail 'no loop device'; return; }
	bounce a "$loop" mode=all
	expect 'dma_alignment below' 511 "$(queue_of "${loop#/dev/}" dma_alignment)"
	expect 'dma_alignment' 1 "$(queue_of bounce-a dma_alignment)"
	expect 'buffers at even addresses' 'done=300' "$(bounce_io random /dev/bounce-a 300 512 2 1M)"
	rmdir "$config/a"
	bounce a "$loop" mode=write
	expect 'dma_alignment in write' 511 "$(queue_of bounce-a dma_alignment)"
	expect max_hw_sectors_kb "$(queue_of "${loop#/dev/}" max_hw_sectors_kb)" \
		"$(queue_of bounce-a max_hw_sectors_kb)"
	rmdir "$config/a"
	losetup -d "$loop"
	rm "$tmp/file"
}

row117_stable_writes()
{
	local mode ms
	null n irqmode=2 completion_nsec=500000000
	echo 1 >/sys/block/n/queue/stable_writes
	for pair in none:1 write:0 all:0 guest:1; do
		bounce a /dev/n mode=${pair%:*}
		expect "${pair%:*}" "${pair#*:}" "$(queue_of bounce-a stable_writes)"
		ms=$(value ms "$(bounce_io rewrite /dev/bounce-a)")
		say "${pair%:*}: the writer waits $ms ms"
		if [ "${pair#*:}" = 1 ]; then
			expect_test "${pair%:*}: ms" "$ms" -ge 200
		else
			expect_test "${pair%:*}: ms" "$ms" -lt 200
		fi
		rmdir "$config/a"
	done
}

row118_detect()
{
	local mode out t=/sys/kernel/tracing line
	null n irqmode=2 completion_nsec=300000000
	echo 1 >$t/tracing_on
	echo 1 >$t/events/bounce_blk/bounce_mutation/enable
	for mode in write none; do
		bounce a /dev/n mode=$mode detect=1
		bounce_io change /dev/bounce-a no 64K 0 >/dev/null
		bounce_io change /dev/bounce-a back 64K 5000 >/dev/null
		expect "$mode: checks" 2 "$(stat_of a checks)"
		expect "$mode: false alarms" 0 "$(stat_of a mutations)"
		echo >$t/trace
		out=$(bounce_io change /dev/bounce-a yes 64K 5000)
		expect "$mode: mutations" 1 "$(stat_of a mutations)"
		line=$(sed -n 's/.*bounce_mutation: [0-9,]* //p' $t/trace)
		expect "$mode: event" \
			"sector=0 len=65536 offset=$([ $mode = write ] && echo 5000 || echo -1) pid=$(value pid "$out") comm=bounce_io" \
			"$line"
		dmesg | tail -n 3 | grep -q "bounce-a: a buffer changed in flight: sector 0, 65536 bytes.*bounce_io\[$(value pid "$out")\]" ||
			fail "$mode: no line in the log"
		rmdir "$config/a"
	done
	echo 0 >$t/events/bounce_blk/bounce_mutation/enable
}

row118_no_false_alarm()
{
	local mode
	null n
	for mode in write none all; do
		bounce a /dev/n mode=$mode detect=1
		bounce_io random /dev/bounce-a 500 512 512 1M >/dev/null
		expect_test "$mode: checks" "$(stat_of a checks)" -gt 150
		expect "$mode: mutations" 0 "$(stat_of a mutations)"
		rmdir "$config/a"
	done
	bounce a /dev/n mode=write detect=1 detect_every=10
	dd if=/dev/zero of=/dev/bounce-a bs=4k count=500 oflag=direct 2>/dev/null
	expect 'one in 10' 50 "$(stat_of a checks)"
}

row119_user_memory()
{
	local how out
	null n irqmode=2 completion_nsec=200000000
	bounce a /dev/n mode=all
	for how in readonly fork unmap exit; do
		out=$(bounce_io gone /dev/bounce-a $how 256K)
		expect "$how" 'result=0 wrong=0' "$out"
	done
	sleep 0.5
	expect 'in flight' '0 0' "$(tr -s ' ' <"/sys/block/bounce-a/inflight" | sed 's/^ //')"
}

row120_cgroup()
{
	local cg=/sys/fs/cgroup/bounce up low
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup ||
		{ skip 'no cgroup2'; return; }
	null n
	bounce a /dev/n mode=all
	echo +io >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	mkdir -p $cg
	[ -e $cg/io.stat ] || { skip 'no io controller'; rmdir $cg; return; }
	(
		echo 0 >$cg/cgroup.procs
		dd if=/dev/zero of=/dev/bounce-a bs=256k count=16 oflag=direct
		dd if=/dev/bounce-a of=/dev/null bs=256k count=16 iflag=direct
	) 2>/dev/null
	up=$(grep "^$(stat -c '%Hr:%Lr' /dev/bounce-a) " $cg/io.stat)
	low=$(grep "^$(stat -c '%Hr:%Lr' /dev/n) " $cg/io.stat)
	expect 'upper, written' 4194304 "$(value wbytes "$up")"
	expect 'upper, read' 4194304 "$(value rbytes "$up")"
	expect 'lower, written' 4194304 "$(value wbytes "$low")"
	expect 'lower, read' 4194304 "$(value rbytes "$low")"
	rmdir $cg
}

row120_iostat()
{
	local disk s mode
	for mode in none all; do
		null n
		bounce a /dev/n mode=$mode
		# What looking for partitions read.
		s=$(awk '{ print $3 }' /sys/block/bounce-a/stat)
		dd if=/dev/zero of=/dev/bounce-a bs=64k count=16 oflag=direct 2>/dev/null
		dd if=/dev/bounce-a of=/dev/null bs=64k count=32 iflag=direct 2>/dev/null
		expect "$mode: written" '16 2048' "$(awk '{ print $5, $7 }' /sys/block/bounce-a/stat)"
		expect "$mode: read" $((s + 4096)) "$(awk '{ print $3 }' /sys/block/bounce-a/stat)"
		expect "$mode: in flight" 0 "$(awk '{ print $9 }' /sys/block/bounce-a/stat)"
		expect "$mode: below" '2048' "$(awk '{ print $7 }' /sys/block/n/stat)"
		clean_up
	done
}

row120_hotplug()
{
	local cpu=/sys/devices/system/cpu/cpu1/online i
	[ -w $cpu ] || { skip 'one processor'; return; }
	null n irqmode=2 completion_nsec=100000
	bounce a /dev/n mode=all
	bounce_io random /dev/bounce-a 400 512 512 1M >"$tmp/out" &
	for i in 1 2 3; do
		echo 0 >$cpu; sleep 0.3; echo 1 >$cpu; sleep 0.3
	done
	wait $!
	expect random 'done=400' "$(cat "$tmp/out")"
}

row120_blktrace()
{
	null n
	bounce a /dev/n mode=write
	blktrace -d /dev/n -o "$tmp/bt" >/dev/null 2>"$tmp/e" &
	sleep 1
	dd if=/dev/zero of=/dev/bounce-a bs=64k count=4 oflag=direct 2>/dev/null
	sleep 0.5
	kill -INT $!
	wait $! 2>/dev/null
	blkparse -i "$tmp/bt" -f '%a %d\n' >"$tmp/p" 2>/dev/null || { skip "blktrace: $(tail -n 1 "$tmp/e")"; return; }
	expect 'remapped' 4 "$(grep -c '^A W' "$tmp/p")"
}

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk || exit 1
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
run_tests row "$@"
