# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Limits on memory and the cgroup that is charged, reads that show no data of an earlier
# I/O, and the program that detect reports.

# flood DISK COUNT: COUNT writes of 1 MiB at a time, which end when the gate opens
flood()
{
	fio --name=f --filename="$1" --rw=write --bs=1M --size="$2m" --direct=1 \
		--ioengine=libaio --iodepth="$2" --thread --output="$tmp/fio" \
		>"$tmp/out" 2>&1
}

is_waiting()
{
	stat_of "$1" reserve_waits
	[ "$got" -gt 0 ]
}

# stuck MIB: a task, $pid, writes that to bounce-a, over a disk that does not answer, and waits
# for memory: 4 MiB may be in flight
stuck()
{
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=write max_inflight_kib=4096
	shut_gate g
	flood /dev/bounce-a "$1" &
	pid=$!
	until_true is_waiting a
}

test_inflight_is_bounded()
{
	local pid
	stuck 64
	stat_of a inflight_bytes
	note "$got bytes in flight"
	expect_test 'at least what fits' "$got" -ge 3145728
	expect_test 'bytes in flight' "$got" -le 4194304
	expect_stat 'refused' a over_limit -gt 0
	# Another device still has its reserve.
	null m
	bounce b /dev/m mode=write max_inflight_kib=4096
	expect_value 'beside it' result = 0 "$(bounce_io oneio /dev/bounce-b write 0 1M)"
	expect_stat 'on its reserve' b reserve_uses -gt 0
	open_gate g
	wait "$pid" || fail "fio: $(cat "$tmp/out" "$tmp/fio")"
	expect_stat 'in flight afterwards' a inflight_bytes -eq 0
	expect_stat 'peak' a inflight_peak -le 4194304
	expect_stat 'peak' a inflight_peak -ge 3145728
}

# While the disk below answers nothing and writers wait for memory, attributes can be read and
# written, and a larger limit lets the writers go.
test_inflight_limit_raised_while_stuck()
{
	local pid v
	stuck 64
	# In the background, as they would wait for the disk without an end.
	{
		for v in detect=1 detect=0 detect_every=2 max_bounce_kib=512 max_bounce_kib=1024; do
			set_attr a "${v%=*}" "${v#*=}" || break
			[ "$(<"$config/a/${v%=*}")" = "${v#*=}" ] || break
			echo "$v"
		done
	} >"$tmp/live" &
	until_true has_lines "$tmp/live" 5
	expect_stat 'none of these lets them go' a inflight_bytes -le 4194304
	: >"$tmp/live"
	{
		set_attr a max_inflight_kib 131072 && cat "$config/a/max_inflight_kib"
	} >"$tmp/live" &
	until_true has "$tmp/live" 131072
	# All but what is in the reserve.
	until_true in_flight a $((60 << 20))
	open_gate g
	wait "$pid" || fail "fio: $(cat "$tmp/out" "$tmp/fio")"
	wait
	expect_stat 'in flight afterwards' a inflight_bytes -eq 0
}

# By default 2 % of memory.
test_default_bound()
{
	local total pid
	null n size=256
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	total=$(awk '$1 == "MemTotal:" { print $2 * 1024 }' /proc/meminfo)
	shut_gate g
	flood /dev/bounce-a 128 &
	pid=$!
	until_true is_waiting a
	stat_of a inflight_bytes
	note "$got bytes in flight of $total"
	# MemTotal is a little less than what the kernel counts.
	expect_test 'bytes in flight' "$got" -le $((total * 21 / 1000))
	open_gate g
	wait $pid || fail "fio: $(cat "$tmp/out" "$tmp/fio")"
}

# Writers without limits above a volume that answers nothing: they wait, and the rest of
# the machine has its memory. Two of them may have no more than 64 MiB.
test_flood()
{
	local cg=/sys/fs/cgroup/flood i pids='' least=100 total n=${FLOOD_WRITES-256}
	null n size=1100 memory_backed=0
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	mkdir -p $cg
	[ ! -e $cg/memory.max ] || echo 64M >$cg/memory.max
	dmesg -C
	shut_gate g
	for i in 1 2 3 4; do
		bounce_io flood /dev/bounce-a "$n" 1M >"$tmp/out$i" 2>&1 &
		pids="$pids $!"
		((i > 2)) || echo $! >$cg/cgroup.procs
	done
	until_true is_waiting a
	total=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
	for ((i = 0; i < ${FLOOD_SECONDS-3}; i++)); do
		pause 1
		got=$(awk -v all="$total" '$1 == "MemAvailable:" { print int(100 * $2 / all) }' /proc/meminfo)
		((got >= least)) || least=$got
	done
	note "at least $least % of memory available"
	expect_test 'available, per cent' "$least" -ge 50
	open_gate g
	for i in $pids; do
		wait "$i" || fail 'a writer was killed'
	done
	expect 'all writes' "done=$n" "$(sort -u "$tmp"/out?)"
	! dmesg | grep -i 'oom-kill\|Killed process' || fail 'a process was killed'
	expect_stat 'in flight afterwards' a inflight_bytes -eq 0
	expect_stat 'bytes written' a write_bounced_bytes -eq $((4 * n << 20))
	rmdir $cg
}

# A write that takes 5 seconds below leaves enough of the reserve for another write.
test_reserve_is_shared()
{
	local size pid state
	has_faults || { skip 'no fault injection'; return; }
	null n
	get /sys/block/n/size
	size=$((got / 2))
	dd if=/dev/zero of=/dev/n bs=1M oflag=direct 2>/dev/null
	dmsetup create mix --table "0 $size linear /dev/n 0
$size $size delay /dev/n $size 5000" || { skip 'no dm-delay'; return; }
	gates="$gates mix"
	wait_for_node /dev/mapper/mix
	bounce a /dev/mapper/mix mode=write
	faults fail_alloc 100
	dd if=/dev/zero of=/dev/bounce-a bs=512K count=1 seek=160 oflag=direct 2>/dev/null &
	pid=$!
	until_true taken_from_reserve a
	expect_value 'beside it' result = 0 "$(bounce_io oneio /dev/bounce-a write 0 4K)"
	read -r _ _ state _ <"/proc/$pid/stat"
	[ "$state" != Z ] || fail 'it waited for the slow write'
	wait $pid
	faults fail_alloc 0
}

taken_from_reserve()
{
	stat_of "$1" reserve_uses
	[ "$got" -gt 0 ]
}

# kernel_memory CGROUP BYTES: true if the cgroup is charged for that many or more
kernel_memory()
{
	[ "$(awk '$1 == "kernel" { print $2 }' "$1/memory.stat")" -ge "$2" ]
}

less_kernel_memory()
{
	! kernel_memory "$@"
}

# Bounce buffers are charged to the cgroup of the program that writes.
test_charged_to_cgroup()
{
	local cg=/sys/fs/cgroup/charged pid
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup ||
		{ skip 'no cgroup2'; return; }
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	mkdir -p $cg
	[ -e $cg/memory.current ] || { skip 'no memory controller'; rmdir $cg; return; }
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	shut_gate g
	(
		echo 0 >$cg/cgroup.procs
		exec dd if=/dev/zero of=/dev/bounce-a bs=8M count=1 oflag=direct 2>/dev/null
	) &
	pid=$!
	until_true in_flight a 8388608
	# The kernel adds up what its processors have counted every two seconds.
	until_true kernel_memory $cg 8388608
	open_gate g
	wait $pid || fail 'the write failed'
	# Reclaim in the cgroup cannot free what the cache keeps, so it must go by itself.
	until_true nothing_cached a
	until_true less_kernel_memory $cg 1048576
	remove a
	rmdir $cg
}

nothing_cached()
{
	stat_of "$1" cached_bytes
	[ "$got" = 0 ]
}

in_flight()
{
	stat_of "$1" inflight_bytes
	[ "$got" -ge "$2" ]
}

# The device reports success without reading: the buffer gets zeroes, and no data of an
# earlier I/O, whether its folios are new, from the cache or from the reserve.
test_lying_device()
{
	local size alloc
	null n memory_backed=0
	bounce a /dev/n mode=all
	head -c 16M /dev/urandom >"$tmp/data"
	for alloc in 0 100; do
		! has_faults || faults fail_alloc $alloc
		for size in 4K 64K 1M; do
			dd if="$tmp/data" of=/dev/bounce-a bs=1M oflag=direct 2>/dev/null
			dd if=/dev/bounce-a of="$tmp/back" bs=$size count=16 iflag=direct 2>/dev/null
			expect "$size, $alloc % fail" 0 "$(tr -d '\0' <"$tmp/back" | wc -c)"
		done
	done
	! has_faults || faults fail_alloc 0
	expect_stat bounced a read_bounced_bios -gt 48
}

test_short_copy()
{
	local way
	has_faults || { skip 'no fault injection'; return; }
	null n
	bounce a /dev/n mode=all
	for way in write read; do
		faults fail_copy 100
		expect_value "$way" result = EIO "$(bounce_io oneio /dev/bounce-a $way 0 64K)"
		faults fail_copy 0
		expect_value "$way again" result = 0 "$(bounce_io oneio /dev/bounce-a $way 0 64K)"
	done
	expect_stat 'short copies' a short_copies -eq 2
	idle a || fail 'I/O is in flight'
}

# atomic_writes_stack DISK: true if this kernel stacks the limits of atomic writes. Linux
# 6.12 does not, so there neither a bounce device nor dm-linear takes atomic writes.
atomic_writes_stack()
{
	local linear
	bounce a "/dev/$1" mode=none
	queue_of bounce-a atomic_write_unit_max_bytes
	[ "$got" = 0 ] || return 0
	remove a
	dmsetup create atomic --table "0 8192 linear /dev/$1 0" || return 0
	linear=$(dmsetup info -c --noheadings --separator : -o major,minor atomic)
	get "/sys/dev/block/$linear/queue/atomic_write_unit_max_bytes"
	linear=$got
	dmsetup remove atomic
	[ "$linear" != 0 ]
}

# largest_atomic WHAT BYTES: the disk takes an atomic write of that size, and not of twice that
largest_atomic()
{
	queue_of bounce-a atomic_write_unit_max_bytes
	expect "$1" "$2" "$got"
	expect "$1: a write" 'result=0 written=1' "$(bounce_io atomic /dev/bounce-a "$2")"
	expect "$1: a larger one" 'result=EINVAL written=0' \
		"$(bounce_io atomic /dev/bounce-a $((2 * $2)))"
}

# Atomic writes in every mode, as far as the reserve can take one whole.
test_atomic_writes()
{
	local mode below
	scsi_disk dev_size_mb=32 delay=0 atomic_wr=1 || return
	wait_for_node /dev/sda
	queue_of sda atomic_write_unit_max_bytes
	below=$got
	[ "$below" -gt 0 ] || { skip 'no atomic writes'; unload_scsi_debug; return; }
	if ! atomic_writes_stack sda; then
		skip 'atomic writes pass neither this driver nor dm-linear'
		unload_scsi_debug
		return
	fi
	for mode in none write all guest direct; do
		bounce a /dev/sda mode=$mode
		queue_of bounce-a atomic_write_unit_max_bytes
		expect "$mode" "$below" "$got"
		expect "$mode: a write" 'result=0 written=1' "$(bounce_io atomic /dev/bounce-a "$below")"
	done
	# Whole, whatever ordinary writes get.
	bounce a /dev/sda mode=write max_bounce_kib="$page_kib"
	largest_atomic 'small parts' "$below"
	expect_stat 'small parts' a splits -eq 0
	bounce a /dev/sda mode=write reserve_kib=64
	largest_atomic 'a reserve of 64 KiB' 16384
	# While the disk is live, too.
	expect_set 'a larger reserve' 0 a reserve_kib 1024
	largest_atomic 'a larger reserve' "$below"
	expect_set 'a smaller reserve' 0 a reserve_kib 64
	largest_atomic 'a smaller reserve' 16384
	expect_stat 'atomic writes in parts' a splits -eq 0
	remove a
	unload_scsi_debug
}

# Mode direct bounces direct I/O; for the rest the page cache keeps its pages stable.
test_mode_direct()
{
	null n
	echo 1 >/sys/block/n/queue/stable_writes
	bounce a /dev/n mode=direct
	queue_of bounce-a stable_writes
	expect 'stable writes' 1 "$got"
	dd if=/dev/zero of=/dev/bounce-a bs=64k count=4 conv=fsync 2>/dev/null
	expect_stat 'page cache' a write_bounced_bios -eq 0
	stat_of a write_passed_bios
	expect_test 'page cache, passed' "$got" -gt 0
	dd if=/dev/zero of=/dev/bounce-a bs=64k count=4 oflag=direct 2>/dev/null
	expect_stat 'direct' a write_bounced_bios -eq 4
	expect_stat 'reads' a read_bounced_bios -eq 0
}

# A program that calls write() on a page under writeback counts as page cache.
test_page_cache_told_apart()
{
	local detect
	null n
	gate g /dev/n
	for detect in 1 direct; do
		bounce a /dev/mapper/g mode=none detect=$detect
		shut_gate g
		: >"$tmp/out"
		bounce_io rewrite /dev/bounce-a >>"$tmp/out" &
		until_true has "$tmp/out" rewritten
		open_gate g
		wait $! || fail "$detect: rewrite failed"
		expect_stat "$detect: direct" a mutations -eq 0
		stat_of a mutations_page_cache
		if [ $detect = 1 ]; then
			expect_test 'page cache' "$got" -gt 0
			mutators_of a
			[[ $got == *' page_cache '* ]] || fail "mutators: $got"
		else
			expect 'page cache' 0 "$got"
			expect_stat 'page cache: checks' a checks -eq 0
		fi
		through_gate g bounce_io change /dev/bounce-a yes 64K 5000
		expect_stat "$detect: a program" a mutations -eq 1
		mutators_of a
		[[ $'\n'$got$'\n' == *$'\n1 0 direct task bounce_io\n'* ]] || fail "mutators: $got"
	done
}

# In production detect is switched on when it is needed.
test_detect_while_live()
{
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	through_gate g bounce_io change /dev/bounce-a yes 64K 5000
	expect_stat 'off' a checks -eq 0
	expect_set 'on' 0 a detect 1
	through_gate g bounce_io change /dev/bounce-a yes 64K 5000
	expect_stat 'on' a mutations -eq 1
	expect_set 'off' 0 a detect 0
	through_gate g bounce_io change /dev/bounce-a yes 64K 5000
	expect_stat 'off again' a checks -eq 1
}

# more_than NAME STATISTIC N
more_than()
{
	stat_of "$1" "$2"
	[ "$got" -gt "$3" ]
}

# The mode changes under I/O that verifies what it reads.
test_mode_while_live()
{
	local mode below way
	null n size=64
	queue_of n dma_alignment
	below=$got
	bounce a /dev/n mode=none
	verified_io /dev/bounce-a
	for mode in write all guest direct none all write none all; do
		expect_set "$mode" 0 a mode "$mode"
		# I/O goes on, in the new way.
		case $mode in
		none) way=write_passed_bios ;;
		all) way=read_bounced_bios ;;
		*) pause 0.2; way= ;;
		esac
		if [ -n "$way" ]; then
			stat_of a $way
			until_true more_than a $way "$got"
		fi
		queue_of bounce-a dma_alignment
		expect "$mode: alignment" "$([ $mode = all ] && echo 1 || echo "$below")" "$got"
	done
	end_verified_io
}

# The sample of the core's API: data gets to the disk and back, in parts, too.
test_sample_module()
{
	null n size=64
	modprobe bounce_sample disk=/dev/n || { fail 'it does not load'; return; }
	until_true test -c /dev/bounce_sample
	head -c 16M /dev/urandom >"$tmp/data"
	dd if="$tmp/data" of=/dev/bounce_sample bs=3M 2>/dev/null || fail write
	cmp -n 16777216 "$tmp/data" /dev/n || fail 'other data on the disk'
	dd if=/dev/bounce_sample of="$tmp/back" bs=5M count=4 2>/dev/null
	cmp -n 16777216 "$tmp/data" "$tmp/back" || fail 'other data read'
	expect 'not a block' 1 "$(dd if=/dev/zero of=/dev/bounce_sample bs=100 count=1 2>/dev/null; echo $?)"
	modprobe -r bounce_sample || fail 'it does not unload'
}
