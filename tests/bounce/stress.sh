#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything at once for SECONDS_TO_RUN (1800): I/O that verifies what it reads, changes in
# configfs and of device mapper's tables, disks that go, memory pressure, allocations that
# fail. No data may be wrong, no answer another one than that of a quiet machine, and
# nothing may be left; the lab fails a run with a report in the kernel log:
#
#	lab run --kernel debug --mem 3G --nvme plain --timeout 3600 -- tests/bounce/stress.sh
#
# Errors of I/O to a disk that goes are not looked at.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/bounce/stress_loops.sh
. "$here/stress_loops.sh"
export DM_DISABLE_UDEV=1
# Many tasks share the processors, so what a worker has to do takes long.
patience=30000
all=$tmp
cg=/sys/fs/cgroup/stress

# From a loop, which is a process of its own, too.
fail()
{
	note "$*"
	echo "$*" >>"$all/wrong"
}

# run_loop NAME: until the end, with a directory and a count of its own
run_loop()
{
	local n=0
	tmp=$all/$1
	mkdir "$tmp"
	while [ ! -e "$all/enough" ]; do
		! "loop_$1" || n=$((n + 1))
		echo $n >"$all/rounds-$1"
	done 2>"$tmp/err"
}

make_disks()
{
	local name
	for name in a b c f g l m x y; do
		null n$name size=16
		# Pages that null_blk allocates later could fail, too.
		dd if=/dev/zero of=/dev/n$name bs=1M oflag=direct 2>/dev/null
	done
	gate gb /dev/nb
	bounce b /dev/mapper/gb mode=all
	for name in a c f m; do
		bounce $name /dev/n$name mode=all detect=1
	done
	get /sys/block/nx/size
	dmsetup create bounce-x --table "0 $got linear /dev/nx 0" || fail 'no device mapper'
	wait_for_node /dev/mapper/bounce-x
	mkdir -p $cg
	[ ! -e $cg/memory.max ] || echo 12M >$cg/memory.max
}

# report NAME...: one line about the loops
report()
{
	local name line=
	for name; do
		get "$all/rounds-$name" 2>/dev/null || got=0
		line="$line $name:$got"
	done
	note "$SECONDS s, rounds:$line"
}

# Nothing is left, and the modules can go.
remove_all()
{
	local name
	has_faults && { faults fail_alloc 0; page_faults 0 0; }
	remove a b c f m
	for name in bounce-x gb; do
		until_true dmsetup remove $name
	done
	gates=
	rmdir $cg
	for name in "$nullb"/*/; do
		put "${name}power" 0
		rmdir "$name" || fail "rmdir $name"
	done
	for name in dm-bounce bounce_blk bounce_core; do
		[ ! -d "/sys/module/${name/-/_}" ] || until_true modprobe -r $name
	done
}

test_stress()
{
	local loops name pids=
	loops=$(declare -F | sed -n 's/^declare -f loop_//p')
	nvme plain || loops=${loops/unplugged/}
	has_faults || loops=${loops/faults/}
	make_disks
	exec 4</dev/bounce-a 5</dev/bounce-b 6</dev/bounce-c 7</dev/bounce-f 8</dev/bounce-m
	for name in $loops; do
		run_loop "$name" &
		pids="$pids $!"
	done
	SECONDS=0
	while [ $SECONDS -lt "${SECONDS_TO_RUN:-1800}" ] && [ ! -s "$all/wrong" ]; do
		pause 20
		# shellcheck disable=SC2086 # words
		report $loops
	done
	: >"$all/enough"
	# shellcheck disable=SC2086 # words
	wait $pids
	exec 4<&- 5<&- 6<&- 7<&- 8<&-
	for name in $loops; do
		get "$all/rounds-$name" 2>/dev/null || got=0
		expect_test "rounds of $name" "$got" -gt 0
	done
	stat_of m mutations
	note "$got writes changed in flight"
	remove_all
	[ ! -s "$all/wrong" ] || { bad=1; cat "$all"/*/err | notes; }
}

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk && modprobe dm-bounce || exit 1
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
run_tests stress
