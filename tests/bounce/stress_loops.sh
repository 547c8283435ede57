# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh and stress.sh
#
# What stress.sh does at once: loop_NAME is one round of a process of its own, and fails if
# it did nothing.

# ------------------------------------------------------------------
# I/O, each to a disk of its own

# verified WHAT COMMAND...: of bounce_io, which compares
verified()
{
	local out
	out=$("${@:2}" 2>&1) || fail "$1: status $?: $out"
}

loop_random()
{
	verified random bounce_io random /dev/bounce-a 100 512 512 256K
}

# Over the volume that loop_gate suspends
loop_fio()
{
	local engine=io_uring direct=$((RANDOM % 2))
	((RANDOM % 2)) || engine=libaio
	fio --name=v --filename=/dev/bounce-b --rw=randrw --bsrange=4k-256k --size=2m \
		--direct=$direct --ioengine=$engine --iodepth=16 --verify=crc32c --thread \
		--output="$tmp/fio" >"$tmp/out" 2>&1 ||
		fail "fio, $engine, direct=$direct: $(cat "$tmp/out" "$tmp/fio")"
}

# A buffer that changes in flight, and writes that may not wait
loop_changing()
{
	local out
	out=$(bounce_io flip /dev/bounce-m 50 64K 1)
	expect_value 'changing: failed' failed = 0 "$out"
	expect_value 'changing: unreadable' unreadable = 0 "$out"
	out=$(bounce_io nowait /dev/bounce-m $((4 << RANDOM % 7))K 50 write)
	expect_value 'NOWAIT: neither done nor refused' other = 0 "$out"
}

# The page allocator fails for this program alone; see loop_faults.
loop_failing()
{
	MAKE_IT_FAIL=1 verified 'failing allocations' bounce_io random /dev/bounce-f 200 512 512 8K
}

loop_faults()
{
	pause 2
	echo $((RANDOM % 5)) >"$fault_dir/fail_min_order"
	faults fail_alloc $((RANDOM % 3 * 50))
	page_faults $((RANDOM % 2)) $((RANDOM % 3 * 30))
}

# in_cgroup COMMAND...: at the limit of its memory
in_cgroup()
{
	(
		echo 0 >"$cg/cgroup.procs"
		exec "$@"
	)
}

loop_cgroup()
{
	verified cgroup in_cgroup bounce_io random /dev/bounce-c 30 512 512 512K
	in_cgroup dd if=/dev/zero of=/dev/bounce-c bs=1M count=12 seek=4 status=none \
		conv=nocreat,notrunc,fsync ||
		fail "cgroup: dd ended with $?"
}

loop_eat()
{
	local mib
	mib=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	(
		echo 1000 >/proc/self/oom_score_adj
		exec bounce_io eat $((mib - 64 + RANDOM % 96)) >"$tmp/out"
	) &
	pause $((RANDOM % 8 + 2))
	kill -TERM $! 2>/dev/null
	wait $!
	# It may want more memory than there is, or end before it has begun.
	case $? in
	0 | 137 | 143) ;;
	*) fail "memory: $(<"$tmp/out")" ;;
	esac
}

loop_drop_caches()
{
	pause 1
	echo $((RANDOM % 3 + 1)) >/proc/sys/vm/drop_caches
}

# ------------------------------------------------------------------
# Changes. one_of WORD...: any of them, in $got

one_of()
{
	shift $((RANDOM % $#))
	got=$1
}

# Of the live disks, which the test has open
loop_configfs()
{
	local name
	one_of a b c f m
	name=$got
	one_of mode=none mode=write mode=all mode=guest mode=direct mode=all detect=0 \
		detect=1 detect=direct detect_every=1 detect_every=3 reserve_kib="$page_kib" \
		reserve_kib=64 reserve_kib=1024 reserve_kib=4096 max_bounce_kib="$page_kib" \
		max_bounce_kib=64 max_bounce_kib=1024 max_inflight_kib=0 max_inflight_kib=64 \
		max_inflight_kib=4096 refresh=1
	expect_set "$name: $got" 0 "$name" "${got%=*}" "${got#*=}"
	one_of mode=some detect=2 detect_every=0 reserve_kib=3 max_bounce_kib=0 \
		max_inflight_kib=-1 refresh=0 power=2
	expect_set "$name: $got" EINVAL "$name" "${got%=*}" "${got#*=}"
	one_of power=0 backing=/dev/zero read_only=1 partscan=0
	expect_set "$name: $got" EBUSY "$name" "${got%=*}" "${got#*=}"
	! rmdir "$config/$name" 2>/dev/null || fail "rmdir of $name, which is live"
}

loop_attributes()
{
	local file n=0
	for file in "$config"/*/* /sys/block/bounce-*/bounce/*; do
		! get "$file" || n=$((n + 1))
	done 2>/dev/null
	[ $n -gt 0 ]
}

# From mkdir to rmdir
loop_lives()
{
	mkdir "$config/l"
	expect_set 'without a disk below' ENODEV l power 1
	one_of none write all guest direct
	bounce l /dev/nl mode="$got" detect=$((RANDOM % 2)) partscan=$((RANDOM % 2))
	verified 'short life' bounce_io random /dev/bounce-l 5 512 512 1M
	! rmdir "$config/l" 2>/dev/null || fail 'rmdir of l, which is live'
	remove l
}

loop_gate()
{
	pause 1
	one_of '' --nolockfs --noflush '--noflush --nolockfs'
	# shellcheck disable=SC2086 # words
	dmsetup suspend $got gb || fail "suspend $got"
	pause 0.$((RANDOM % 9))
	dmsetup resume gb || fail resume
}

loop_mapped()
{
	verified 'device mapper' bounce_io random /dev/mapper/bounce-x 100 512 512 256K
}

# Under loop_mapped
loop_reload()
{
	local sectors wrong
	get /sys/block/nx/size
	sectors=$got
	one_of '1 mode:some' '2 detect' '1 reserve_kib:3' '0 1'
	wrong=$got
	! dmsetup load bounce-x --table "0 $sectors bounce /dev/nx 0 $wrong" 2>/dev/null ||
		fail "accepted: $wrong"
	one_of 'linear /dev/nx 0' 'bounce /dev/nx 0 1 mode:write' 'bounce /dev/nx 0 1 mode:direct' \
		'bounce /dev/nx 0 3 mode:all detect max_inflight_kib:64' \
		'bounce /dev/nx 0 2 mode:none detect:direct' 'bounce /dev/nx 0 1 reserve_kib:64'
	dmsetup load bounce-x --table "0 $sectors $got" || fail "load: $got"
	dmsetup suspend bounce-x || fail "suspend for $got"
	dmsetup resume bounce-x || fail "resume to $got"
	[[ $got == bounce* ]] || return 0
	one_of 'detect on' 'detect off' 'detect direct' 'detect_every 2' reset mutators
	# shellcheck disable=SC2086 # words
	dmsetup message bounce-x 0 $got >/dev/null || fail "message $got"
	! dmsetup message bounce-x 0 detect_every 0 2>/dev/null || fail 'accepted: detect_every 0'
	dmsetup status bounce-x >/dev/null || fail status
}

loop_target()
{
	get /sys/block/ny/size
	dmsetup create bounce-y --table "0 $got bounce /dev/ny 0 2 mode:all detect" || fail create
	wait_for_node /dev/mapper/bounce-y
	verified target bounce_io random /dev/mapper/bounce-y 10 512 512 1M
	dmsetup status bounce-y >/dev/null || fail status
	until_true dmsetup remove bounce-y
}

# ------------------------------------------------------------------
# Disks that go

# while_used DISK COMMAND...: I/O goes on; until the disk is gone its data is right
while_used()
{
	local pid
	bounce_io random "$1" 10000 512 512 512K >"$tmp/random" 2>&1 &
	pid=$!
	dd if=/dev/zero of="$1" bs=64k seek=64 count=128 conv=nocreat,notrunc,fsync 2>/dev/null &
	pause $((RANDOM % 2)).$((RANDOM % 9 + 1))
	"${@:2}"
	wait $! $pid
	! has "$tmp/random" wrong || fail "$1, before it went: $(<"$tmp/random")"
}

below_goes()
{
	echo 0 >"$nullb/ng/power"
}

loop_goes()
{
	one_of none write all
	if ((RANDOM % 2)); then
		bounce g /dev/ng mode="$got"
		while_used /dev/bounce-g below_goes
		until_true gone g
		rmdir "$config/g" || fail 'rmdir of g, whose disk has gone'
	else
		dmsetup create bounce-g --table "0 32768 bounce /dev/ng 0 1 mode:$got" || fail create
		wait_for_node /dev/mapper/bounce-g
		while_used /dev/mapper/bounce-g below_goes
		until_true dmsetup remove bounce-g
	fi
	until_true put "$nullb/ng/power" 1
	wait_for_node /dev/ng
}

loop_unplugged()
{
	local disk pci
	nvme plain || return
	disk=$got
	pci=$(readlink -f "/sys/block/$disk/device/device")
	bounce p "/dev/$disk" mode=all
	while_used /dev/bounce-p put "$pci/remove" 1
	until_true gone p
	rmdir "$config/p" || fail 'rmdir of p, whose disk has gone'
	put /sys/bus/pci/rescan 1
	wait_for_node "/dev/$disk"
}
