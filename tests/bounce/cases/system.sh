# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# The rest of the kernel: cgroups, suspend, hotplug, tracing.

# The page cache under writeback: its writer has to wait only where the data is not
# copied. The gate keeps it under writeback as long as it takes.
test_stable_writes()
{
	local pair mode
	null n
	echo 1 >/sys/block/n/queue/stable_writes
	gate g /dev/n
	for pair in none:1 write:0 all:0 guest:1; do
		mode=${pair%:*}
		bounce a /dev/mapper/g mode="$mode"
		expect_queue "$mode" "${pair#*:}" bounce-a stable_writes
		shut_gate g
		: >"$tmp/out"
		bounce_io rewrite /dev/bounce-a >>"$tmp/out" &
		until_true has "$tmp/out" writeback
		if [ "${pair#*:}" = 1 ]; then
			pause 0.5
			! has "$tmp/out" rewritten || fail "$mode: the writer did not wait"
		else
			until_true has "$tmp/out" rewritten
		fi
		open_gate g
		wait $! || fail "$mode: rewrite failed"
		has "$tmp/out" rewritten || fail "$mode: never rewritten"
	done
}

test_cgroup_is_charged_with_io()
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
	up=$(grep "^$(stat -Lc '%Hr:%Lr' /dev/bounce-a) " $cg/io.stat)
	low=$(grep "^$(stat -c '%Hr:%Lr' /dev/n) " $cg/io.stat)
	expect_value 'upper, written' wbytes = 4194304 "$up"
	expect_value 'upper, read' rbytes = 4194304 "$up"
	expect_value 'lower, written' wbytes = 4194304 "$low"
	expect_value 'lower, read' rbytes = 4194304 "$low"
	rmdir $cg
}

# Pages that a cgroup has made dirty, written back by a task of another cgroup: the disk below
# has to see the cgroup that they belong to.
test_writeback_is_accounted()
{
	local cg=/sys/fs/cgroup/writeback how
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup ||
		{ skip 'no cgroup2'; return; }
	null n
	echo +io +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	for how in mode=none mode=write 'mode=none detect=1'; do
		mkdir -p $cg
		if [ ! -e $cg/io.stat ] || [ ! -e $cg/memory.current ]; then
			skip 'no io and memory controllers'
			rmdir $cg
			return
		fi
		# shellcheck disable=SC2086 # words
		bounce a /dev/n $how
		# The last close would write the pages back in the cgroup itself.
		exec 8<>/dev/bounce-a
		(
			echo 0 >$cg/cgroup.procs
			dd if=/dev/zero of=/dev/bounce-a bs=256k count=16 conv=notrunc 2>/dev/null
		)
		blockdev --flushbufs /dev/bounce-a || fail "$how: flushbufs"
		exec 8<&-
		got=$(grep "^$(stat -c '%Hr:%Lr' /dev/n) " $cg/io.stat)
		expect_value "$how: written below" wbytes = 4194304 "$got"
		power_off a
		# A new one, which counts from 0.
		until_true rmdir $cg
	done
}

# A task that is frozen while its read is on the way
test_freezer()
{
	local cg=/sys/fs/cgroup/frozen
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup ||
		{ skip 'no cgroup2'; return; }
	mkdir -p $cg
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=all
	shut_gate g
	: >"$tmp/out"
	bounce_io gone /dev/bounce-a readonly 256K >>"$tmp/out" &
	until_true test -s "$tmp/out"
	echo $! >$cg/cgroup.procs
	echo 1 >$cg/cgroup.freeze
	until_true has $cg/cgroup.events 'frozen 1'
	open_gate g
	until_true idle a
	! has "$tmp/out" result || fail 'it ran while frozen'
	echo 0 >$cg/cgroup.freeze
	wait $!
	has "$tmp/out" 'result=0 wrong=0' || fail "thawed: $(<"$tmp/out")"
	rmdir $cg
}

# All tasks are frozen and thawed, as for suspend.
test_suspend()
{
	[ -w /sys/power/pm_test ] || { skip 'no pm_test'; return; }
	null n irqmode=2 completion_nsec=1000000
	bounce a /dev/n mode=all
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo freezer >/sys/power/pm_test
	bounce_io random /dev/bounce-a 400 512 512 256K >"$tmp/out" &
	until_true io_is_going_on bounce-a
	echo freeze >/sys/power/state || fail 'cannot freeze'
	echo none >/sys/power/pm_test
	wait $!
	expect random 'done=400' "$(<"$tmp/out")"
}

test_iostat()
{
	local mode before stat below dir
	null n
	for mode in none all; do
		bounce a /dev/n mode=$mode
		block_dir bounce-a
		dir=$got
		# The reads of the partition scan, and I/O to the disk below that did
		# not come through the bounce disk.
		read -ra before <"$dir/stat"
		read -ra below </sys/block/n/stat
		dd if=/dev/zero of=/dev/bounce-a bs=64k count=16 oflag=direct 2>/dev/null
		dd if=/dev/bounce-a of=/dev/null bs=64k count=32 iflag=direct 2>/dev/null
		read -ra stat <"$dir/stat"
		expect "$mode: writes, sectors" '16 2048' "${stat[4]} ${stat[6]}"
		expect "$mode: reads" $((before[0] + 32)) "${stat[0]}"
		expect "$mode: sectors read" $((before[2] + 4096)) "${stat[2]}"
		expect "$mode: in flight" 0 "${stat[8]}"
		read -ra stat </sys/block/n/stat
		expect "$mode: sectors written below" $((below[6] + 2048)) "${stat[6]}"
		expect "$mode: sectors read below" $((below[2] + 4096)) "${stat[2]}"
	done
}

test_cpu_hotplug()
{
	local cpu=/sys/devices/system/cpu/cpu1/online i
	[ -w $cpu ] || { skip 'one processor'; return; }
	null n irqmode=2 completion_nsec=100000
	bounce a /dev/n mode=all
	bounce_io random /dev/bounce-a 200 512 512 512K >"$tmp/out" &
	for i in 1 2 3; do
		echo 0 >$cpu; sleep 0.3; echo 1 >$cpu; sleep 0.3
	done
	wait $!
	expect random 'done=200' "$(<"$tmp/out")"
}

# Reads enough to fill a buffer of blktrace; true if blktrace has written one.
blktrace_runs()
{
	dd if=/dev/n of=/dev/null bs=512 count=16 skip=4096 iflag=direct 2>/dev/null
	[ -s "$tmp/n.blktrace.0" ] || [ -s "$tmp/n.blktrace.1" ]
}

# events DISK: the events of blktrace on it, without those reads, in $got: event, kind,
# sector and length, and the process, the error, or the sector remapped from
events()
{
	got=$(blkparse -q -D "$tmp" -i "$1" 2>"$tmp/e" |
		sed -n '/ 41[01]. + 1 /d; / 409. + 1 /d; s/^ *[0-9]*,[0-9]* .*[0-9]  *\([A-Z]\)  *\([A-Z]* [0-9].*\)/\1 \2/p')
}

write_zeroes()
{
	dd if=/dev/zero oflag=direct "$@" 2>/dev/null
}

test_blktrace()
{
	local pid from below above
	command -v blktrace >/dev/null || { skip 'no blktrace'; return; }
	null n
	bounce a /dev/n mode=write max_bounce_kib=32
	get /sys/block/bounce-a/dev
	from=${got/:/,}
	# Not with -o, which it takes to be relative to where it is.
	blktrace -D "$tmp" -d /dev/n -d /dev/bounce-a -b 1 -n 64 >"$tmp/bt" 2>&1 &
	pid=$!
	until_true blktrace_runs
	write_zeroes of=/dev/n bs=32k count=4
	write_zeroes of=/dev/bounce-a bs=32k count=2
	write_zeroes of=/dev/bounce-a bs=64k seek=1 count=1
	kill -INT $pid
	wait $pid
	! grep -q 'dropped [^0]' "$tmp/bt" || fail "events lost: $(<"$tmp/bt")"

	events bounce-a
	note "above: ${got//$'\n'/, }"
	# Of a bio that was split the end of its rest is seen, as with device mapper.
	expect above "$(printf '%s\n' \
		'Q WS 0 + 64 [dd]' 'C WS 0 + 64 [0]' 'Q WS 64 + 64 [dd]' 'C WS 64 + 64 [0]' \
		'Q WS 128 + 128 [dd]' 'X WS 128 / 192 [dd]' 'C WS 192 + 64 [0]')" "$got"
	events n
	note "below: ${got//$'\n'/, }"
	below=${got%%$'\n'A*}
	above=${got#"$below"$'\n'}
	[[ $below == 'Q WS 0 + 64 [dd]'*'C WS 192 + 64 [0]' ]] || fail "raw: $below"
	# The same comes from above, and is known to.
	expect 'through bounce' "$below" "$(grep -v ^A <<<"$above")"
	expect remapped "$(printf "A WS %d + 64 <- ($from) %d\n" 0 0 64 64 128 128 192 192)" \
		"$(grep ^A <<<"$above")"
}
