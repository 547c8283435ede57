# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh and dm.sh
#
# dm-bounce as a target of device mapper: its table, status and messages, and reloads.

# create OPTION...: dmsetup's exit status for a table with these, over /dev/n
create_with()
{
	get /sys/block/n/size
	dmsetup create bounce-x --table "0 $got bounce /dev/n $*" >/dev/null 2>&1
}

test_dm_table_shows_what_is_in_force()
{
	local table
	null n
	bounce a /dev/n mode=all detect=direct detect_every=3 reserve_kib=64 \
		max_bounce_kib=128 max_inflight_kib=4096
	table=$(dmsetup table bounce-a)
	[[ $table == *' bounce '*' 0 6 mode:all detect:direct detect_every:3 reserve_kib:64 max_bounce_kib:128 max_inflight_kib:4096' ]] ||
		fail "table: $table"
	dmsetup message bounce-a 0 detect off || fail 'detect off'
	dmsetup message bounce-a 0 detect_every 7 || fail 'detect_every 7'
	table=$(dmsetup table bounce-a)
	[[ $table == *' detect:0 detect_every:7 '* ]] || fail "after messages: $table"
	dmsetup message bounce-a 0 detect direct || fail 'detect direct'
	table=$(dmsetup table bounce-a)
	[[ $table == *' detect:direct detect_every:7 '* ]] || fail "after another: $table"
	# What it shows can be given to it again.
	dmsetup remove bounce-a
	dmsetup create bounce-a --table "$table" || fail 'its own table'
	expect 'again' "$table" "$(dmsetup table bounce-a)"
}

test_dm_table_refuses_bad_options()
{
	local wrong
	null n blocksize=4096
	dmesg -C
	for wrong in '' x -1 1.5 '0 1' '0 1 mode:writes' '0 1 mode:' '0 1 mode' '0 1 detect:2' \
		'0 1 detect_every:0' '0 1 reserve_kib:3' '0 1 reserve_kib:1048577' \
		'0 1 max_bounce_kib:0' '0 1 max_bounce_kib:16385' '0 1 max_bounce_kib:5' \
		'0 1 max_inflight_kib:-1' '0 1 unknown' '0 2 detect' '0 0 detect' \
		'0 1 detect detect' '0 7 detect detect detect detect detect detect detect' \
		'18446744073709551616' '+1' '0 1 detect_every:+1'; do
		# shellcheck disable=SC2086 # words of a table line
		if create_with $wrong; then
			fail "accepted: $wrong"
			dmsetup remove bounce-x
		fi
	done
	create_with 0 || fail 'no options'
	dmsetup remove bounce-x
	create_with 0 0 || fail '0 options'
	dmsetup remove bounce-x
	# Device mapper closes the disk that a refused target has kept, and says so.
	expect_test 'openers' "$(dmsetup ls | grep -c bounce-x)" -eq 0
	[[ $(dmesg) != *dm_put_device* ]] || fail "the log: $(dmesg | grep dm_put_device)"
}

# A part of a device is a part that the device has.
test_dm_table_refuses_more_than_there_is()
{
	null n
	create_with 8 && fail 'a table that ends behind the device'
	get /sys/block/n/size
	dmsetup create bounce-x --table "0 $((got - 8)) bounce /dev/n 8" || fail 'up to its end'
	dmsetup remove bounce-x
}

test_dm_table_refuses_zoned()
{
	null n zoned=1 zone_size=4
	dmesg -C
	! create_with 0 1 mode:write || fail 'accepted'
	[[ $(dmesg) == *zone* ]] || fail "no word of it in the log: $(dmesg)"
	expect_test 'devices left' "$(dmsetup ls | grep -c bounce-x)" -eq 0
	echo 0 >"$nullb/n/power" || fail 'the disk is in use'
}

test_dm_message_switches_detect()
{
	local wrong
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	through_gate g bounce_io change /dev/bounce-a yes 64K 5000
	expect_stat 'off: checks' a checks -eq 0
	dmsetup message bounce-a 0 detect on || fail 'detect on'
	through_gate g bounce_io change /dev/bounce-a yes 64K 5000
	expect_stat 'on: mutations' a mutations -eq 1
	expect 'the table' '1 0 direct task bounce_io' "$(dmsetup message bounce-a 0 mutators)"
	dmsetup message bounce-a 0 reset || fail reset
	expect 'the table after reset' '' "$(dmsetup message bounce-a 0 mutators)"
	expect_stat 'reset: mutations' a mutations -eq 0
	dmsetup message bounce-a 0 detect off || fail 'detect off'
	through_gate g bounce_io change /dev/bounce-a yes 64K 5000
	expect_stat 'off again: checks' a checks -eq 0
	for wrong in detect 'detect 1' 'detect on off' 'detect_every 0' 'reset now' nonsense; do
		# shellcheck disable=SC2086 # words of a message
		! dmsetup message bounce-a 0 $wrong 2>/dev/null || fail "accepted: $wrong"
	done
}

# The volume of a running program becomes a bounced one, in each mode, and an ordinary one.
test_dm_reload_under_io()
{
	local size table
	null n size=64
	get /sys/block/n/size
	size=$got
	dmsetup create bounce-a --table "0 $size linear /dev/n 0"
	wait_for_node /dev/mapper/bounce-a
	verified_io /dev/mapper/bounce-a
	for table in 'bounce /dev/n 0 2 mode:all detect' 'linear /dev/n 0' \
		'bounce /dev/n 0 1 mode:write' 'bounce /dev/n 0 1 mode:none' \
		'bounce /dev/n 0 1 mode:direct' 'bounce /dev/n 0 1 mode:guest'; do
		reload bounce-a "0 $size $table" || fail "load: $table"
		case $table in
		linear*) pause 0.3 ;;
		*none | *guest) until_true more_than a write_passed_bios 0 ;;
		*) until_true more_than a write_bounced_bios 0 ;;
		esac
	done
	# A table that is refused changes nothing.
	table=$(dmsetup table bounce-a)
	! reload bounce-a "0 $size bounce /dev/n 0 1 mode:never" || fail 'accepted'
	expect 'the table' "$table" "$(dmsetup table bounce-a)"
	stat_of a write_passed_bios
	until_true more_than a write_passed_bios "$got"
	end_verified_io
}

# Two targets in one table, in the other order below.
test_dm_targets_side_by_side()
{
	local half
	null n size=32
	get /sys/block/n/size
	half=$((got / 2))
	dmsetup create bounce-a --table "0 $half bounce /dev/n $half 1 mode:all
$half $half bounce /dev/n 0 1 mode:write" || fail create
	wait_for_node /dev/mapper/bounce-a
	ln -sfn /dev/mapper/bounce-a /dev/bounce-a
	head -c 32M /dev/urandom >"$tmp/data"
	dd if="$tmp/data" of=/dev/bounce-a bs=1M oflag=direct 2>/dev/null || fail write
	cmp "$tmp/data" /dev/bounce-a || fail 'other data above'
	dd if=/dev/n bs=1M skip=16 count=16 iflag=direct of="$tmp/half" 2>/dev/null
	cmp -n 16777216 "$tmp/data" "$tmp/half" || fail 'other data below'
	expect 'over the seam' 'done=50' "$(bounce_io random /dev/bounce-a 50 512 512 2M)"
}

# A suspended target keeps what was begun, and goes on.
test_dm_suspend_and_resume()
{
	local i
	null n irqmode=2 completion_nsec=1000000
	bounce a /dev/n mode=all
	bounce_io random /dev/bounce-a 300 512 512 512K >"$tmp/out" &
	for i in 1 2 3 4; do
		pause 0.3
		dmsetup suspend bounce-a || fail suspend
		idle a || fail 'I/O is in flight while suspended'
		dmsetup resume bounce-a || fail resume
	done
	wait $!
	expect random 'done=300' "$(<"$tmp/out")"
}

# What device mapper hands down goes to the device below.
test_dm_discard_and_flush()
{
	null n discard=1 cache_size=16 fua=1
	bounce a /dev/n mode=write
	queue_of bounce-a write_cache
	expect 'write cache' 'write back' "$got"
	queue_of bounce-a discard_max_bytes
	expect_test discard "$got" -gt 0
	blkdiscard -f -l 1M /dev/bounce-a || fail blkdiscard
	blkdiscard -f -z -l 1M /dev/bounce-a || fail 'blkdiscard -z'
	dd if=/dev/zero of=/dev/bounce-a bs=4k count=1 oflag=direct conv=fsync 2>/dev/null ||
		fail fsync
}

# Flush and FUA reach the disk, also when the device above has another kind of target, so
# that device mapper asks each of them.
test_dm_flush_reaches_the_disk()
{
	local half table
	null n cache_size=16 fua=1
	null m
	get /sys/block/n/size
	half=$((got / 2))
	modprobe -q dm-delay || { skip 'no dm-delay'; return; }
	for table in "0 $((2 * half)) bounce /dev/n 0 1 mode:write" \
		"0 $half bounce /dev/n 0 1 mode:write
$half $half delay /dev/m 0 0"; do
		dmsetup create bounce-a --table "$table" || { fail "$table"; continue; }
		wait_for_node /dev/mapper/bounce-a
		ln -sfn /dev/mapper/bounce-a /dev/bounce-a
		watch_bios n
		arriving durable_io
		unwatch_bios
		[[ $got == *'FWS 0 + 0'* ]] || fail "no flush: $got"
		[[ $got == *'WFS 0 + 8'* ]] || fail "no FUA: $got"
		until_true dmsetup remove bounce-a
	done
}

# The same reserve and limits as a disk: no write is lost when nothing can be had.
test_dm_lives_on_the_reserve()
{
	has_faults || { skip 'no fault injection'; return; }
	null n
	bounce a /dev/n mode=all reserve_kib=64
	faults fail_alloc 100
	expect random 'done=50' "$(bounce_io random /dev/bounce-a 50 512 512 256K)"
	faults fail_alloc 0
	expect_stat 'reserve uses' a reserve_uses -gt 0
	expect_stat 'in flight' a inflight_bytes -eq 0
}

# While the disk below answers nothing and writers wait for memory, status and messages work, and a
# suspend waits for them; then a reload lets more of them go on.
test_dm_answers_while_stuck()
{
	local pid
	stuck 16
	# In the background, as they would wait for the disk without an end.
	{
		set_attr a detect 1 && set_attr a detect_every 2 && mutators_of a && dmsetup table bounce-a
	} >"$tmp/live" &
	until_true has "$tmp/live" 'detect:1 detect_every:2'
	expect_stat 'in flight' a inflight_bytes -le 4194304
	# As long as this has not ended, it is waiting.
	{
		set_attr a max_inflight_kib 131072
		echo "$got"
	} >"$tmp/live" &
	pause 0.3
	expect 'a reload meanwhile' '' "$(<"$tmp/live")"
	open_gate g
	wait "$pid" || fail "fio: $(cat "$tmp/out" "$tmp/fio")"
	wait
	expect 'the reload' 0 "$(<"$tmp/live")"
	shut_gate g
	flood /dev/bounce-a 16 &
	pid=$!
	until_true in_flight a $((16 << 20))
	open_gate g
	wait "$pid" || fail "fio: $(cat "$tmp/out" "$tmp/fio")"
	expect_stat 'in flight afterwards' a inflight_bytes -eq 0
}

# Device mapper wants memory at multiples of 512 bytes, whatever its targets say.
test_dm_alignment()
{
	local mode
	null n
	for mode in none all; do
		bounce a /dev/n mode=$mode
		expect_queue $mode 511 bounce-a dma_alignment
	done
}
