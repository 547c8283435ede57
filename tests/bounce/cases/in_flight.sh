# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Data that changes while it is in flight.

# flip_bounced COUNT ENOUGH: writes to bounce-a while the buffer changes, COUNT at a time
# until ENOUGH had changed in flight: where the threads share a processor, few do
flip_bounced()
{
	local out i changed
	for i in {1..10}; do
		out=$(bounce_io flip /dev/bounce-a "$1" 64K 1)
		stat_of a mutations
		changed=$got
		note "bounced: $out, $changed changed in flight"
		expect_value 'bounced failures' failed = 0 "$out"
		expect_value 'unreadable' unreadable = 0 "$out"
		[ "$changed" -lt "$2" ] || return
	done
	fail "$changed changed in flight in $i rounds"
}

# First to the raw device, until ENOUGH writes have failed: unless RAW_LEAST do, this
# machine does not have the fault, and the test would prove nothing. Then through
# bounce_blk, where none may fail, although detect must see that the buffer changed. How
# many buffers change in flight depends on the load of the machine.
test_pi_of_a_changing_buffer()
{
	local disk out
	nvme pi || { skip 'no NVMe with protection information'; return; }
	disk=$got
	out=$(bounce_io flip "/dev/$disk" "${RAW_FLIPS:-3000}" 64K "${ENOUGH:-20}")
	note "raw: $out"
	expect_value 'raw failures' failed -ge "${RAW_LEAST:-20}" "$out"
	expect_value 'raw errno' errno = EILSEQ "$out"
	bounce a "/dev/$disk" mode=write detect=1
	flip_bounced "${FLIPS:-300}" 20
}

# delay_copy delays a write between the allocation of its folios and the copy.
test_delayed_copy()
{
	local began
	has_faults || { skip 'no fault injection'; return; }
	null n
	bounce a /dev/n mode=write
	echo 500000 >"$fault_dir/delay_usecs"
	faults delay_copy 100
	began=$EPOCHREALTIME
	expect_value write result = 0 "$(bounce_io oneio /dev/bounce-a write 0 4K)"
	expect_test microseconds $((${EPOCHREALTIME/./} - ${began/./})) -ge 500000
	faults delay_copy 0
}

# The second leg gets its data later than the first one.
test_raid1_mismatch()
{
	local i
	modprobe -q raid1
	null m0 size=8
	null m1 size=8
	gate g /dev/m1
	mdadm --create /dev/md99 --run --level=1 --raid-devices=2 --metadata=1.2 \
		--assume-clean --bitmap=none /dev/m0 /dev/mapper/g >"$tmp/md" 2>&1 ||
		{ skip "mdadm: $(tail -n 1 "$tmp/md")"; return; }
	wait_for_node /dev/md99
	# Always dirty, or a write would begin with a superblock and wait there.
	echo 0 >/sys/block/md99/md/safe_mode_delay
	dd if=/dev/zero of=/dev/md99 bs=64K count=1 oflag=direct 2>/dev/null
	for i in 1 2 3 4 5; do
		through_gate g bounce_io change /dev/md99 yes 64K 5000
		check_md
		[ "$got" = 0 ] || break
	done
	note "raw: mismatch_cnt $got after $i writes"
	expect_test 'raw mismatch_cnt' "$got" -gt 0
	dd if=/dev/zero of=/dev/md99 bs=64K count=1 oflag=direct 2>/dev/null
	check_md
	expect 'after clearing' 0 "$got"
	bounce a /dev/md99 mode=write detect=1
	for i in 1 2 3; do
		through_gate g bounce_io change /dev/bounce-a yes 64K 5000
	done
	flip_bounced "${FLIPS:-100}" 3
	check_md
	expect 'bounced mismatch_cnt' 0 "$got"
	remove a
	mdadm --stop /dev/md99 >/dev/null 2>&1 || fail 'md99 is busy'
}

# null_blk has the data at once, and says so later.
test_read_torn()
{
	local out
	null n irqmode=2 completion_nsec=300000000
	out=$(bounce_io watch /dev/n 256K)
	note "raw: $out"
	expect_value 'raw early changes' early -gt 0 "$out"
	bounce a /dev/n mode=all
	out=$(bounce_io watch /dev/bounce-a 256K)
	note "bounced: $out"
	expect_value looks looks -gt 0 "$out"
	expect_value 'early changes' early = 0 "$out"
	expect_value 'wrong bytes' wrong = 0 "$out"
	expect_value result result = 0 "$out"
}

test_read_error_untouched()
{
	local out
	null n badblocks=+64-64
	[ -e "$nullb/n/badblocks_partial_io" ] || { skip 'null_blk does no partial I/O'; return; }
	echo 0 >"$nullb/n/power"
	echo 1 >"$nullb/n/badblocks_partial_io"
	echo 1 >"$nullb/n/power"
	wait_for_node /dev/n
	out=$(bounce_io oneio /dev/n read 0 64K)
	note "raw: $out"
	expect_value 'raw result' result = EIO "$out"
	expect_value 'raw changes' changed -gt 0 "$out"
	bounce a /dev/n mode=all
	out=$(bounce_io oneio /dev/bounce-a read 0 64K)
	expect_value result result = EIO "$out"
	expect_value changes changed = 0 "$out"
}

test_detect_finds_change()
{
	local mode how t=/sys/kernel/tracing line pid
	null n
	gate g /dev/n
	echo 1 >$t/tracing_on
	echo 1 >$t/events/bounce_blk/bounce_mutation/enable
	for mode in write none; do
		bounce a /dev/mapper/g mode=$mode detect=1
		for how in no back; do
			through_gate g bounce_io change /dev/bounce-a $how 64K 5000
			expect_value "$mode, $how: result" result = 0 "$through"
		done
		expect_stat "$mode: checks" a checks -eq 2
		expect_stat "$mode: false alarms" a mutations -eq 0
		echo >$t/trace
		through_gate g bounce_io change /dev/bounce-a yes 64K 5000
		value pid "$through"
		pid=$got
		expect_stat "$mode: checks" a checks -eq 3
		expect_stat "$mode: mutations" a mutations -eq 1
		line=$(sed -n 's/.*bounce_mutation: [0-9,]* //p' $t/trace)
		expect "$mode: event" \
			"sector=0 len=65536 offset=$([ $mode = write ] && echo 5000 || echo -1) pid=$pid comm=bounce_io source=direct memory=anon kthread=0" \
			"$line"
		disk_of a
		dmesg | tail -n 5 | grep -q "$got: a buffer changed in flight: sector 0, 65536 bytes.*bounce_io\[$pid\]" ||
			fail "$mode: no line in the log"
	done
	echo 0 >$t/events/bounce_blk/bounce_mutation/enable
}

# The table has 32 entries: a program that came once makes room for the next one, and not the
# program that came most often.
test_mutators_keep_the_busiest()
{
	local i pids='' t=/sys/block/bounce-a/bounce/mutators
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=write detect=1
	for ((i = 1; i <= 33; i++)); do
		ln -s "$(command -v bounce_io)" "$tmp/p$i"
	done
	for i in 1 2; do
		through_gate g "$tmp/p1" change /dev/bounce-a yes 4K 100
	done
	shut_gate g
	: >"$tmp/changed"
	for ((i = 2; i <= 33; i++)); do
		"$tmp/p$i" change /dev/bounce-a yes 4K 100 >>"$tmp/changed" &
		pids="$pids $!"
	done
	until_true has_lines "$tmp/changed" 32
	open_gate g
	# shellcheck disable=SC2086 # words
	wait $pids
	expect_stat 'mutations' a mutations -eq 34
	has_lines $t 32 || fail "entries: $(<$t)"
	has $t '2 0 direct task p1'$'\n' || fail "p1 is not there: $(<$t)"
}

test_no_false_alarm()
{
	local mode
	null n
	for mode in write none all; do
		bounce a /dev/n mode=$mode detect=1
		bounce_io random /dev/bounce-a 200 512 512 256K >"$tmp/out"
		expect_stat "$mode: checks" a checks -gt 50
		expect_stat "$mode: mutations" a mutations -eq 0
	done
	bounce a /dev/n mode=write detect=1 detect_every=10
	dd if=/dev/zero of=/dev/bounce-a bs=4k count=500 oflag=direct 2>/dev/null
	expect_stat 'one in 10' a checks -eq 50
}
