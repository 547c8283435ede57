# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Rows 104, 105 and 106: when memory is short. See swap.sh, too.

row104_reserve_progress()
{
	has_faults || { skip 'no fault injection'; return; }
	# Slow, so that the reserve is out when the next I/O comes.
	null n irqmode=2 completion_nsec=1000000
	bounce a /dev/n mode=all reserve_kib=64
	# Pages that null_blk allocates later would fail, too.
	dd if=/dev/zero of=/dev/n bs=1M count=32 oflag=direct 2>/dev/null
	faults fail_alloc 100
	expect random 'done=50' "$(bounce_io random /dev/bounce-a 50 512 512 256K)"
	# What the kernel's helpers allocate; small enough for direct I/O to need no
	# memory of its own.
	page_faults 0 50
	expect random 'done=200' "$(MAKE_IT_FAIL=1 bounce_io random /dev/bounce-a 200 512 512 8K)"
	page_faults 0 0
	fio --name=r --filename=/dev/bounce-a --rw=randrw --bs=64k --size=16m --direct=1 \
		--ioengine=libaio --iodepth=32 --numjobs=2 --thread --io_size=2m \
		--output="$tmp/fio" >"$tmp/out" 2>&1 || fail "fio: $(cat "$tmp/out" "$tmp/fio")"
	faults fail_alloc 0
	expect_stat 'reserve uses' a reserve_uses -gt 0
	[ "$module" != bounce_blk ] || expect_stat 'reserve waits' a reserve_waits -gt 0
}

row105_order0_only()
{
	local orders
	[ -d "$page_faults" ] || { skip 'no fault injection'; return; }
	null n
	bounce a /dev/n mode=all
	page_faults 1 100
	expect random 'done=100' "$(MAKE_IT_FAIL=300 bounce_io random /dev/bounce-a 100 512 512 256K)"
	page_faults 0 0
	# What the kernel's helpers get is not counted.
	[ "$module" = bounce_blk ] || return 0
	stat_of a orders
	orders=$got
	say "orders: $orders"
	expect 'nothing above order 0' '0 0 0 0 0 0 0 0' "${orders#* }"
	expect_test 'order 0' "${orders%% *}" -gt 0
	expect_stat 'the reserve' a reserve_uses -eq 0
}

row106_nowait()
{
	local out way
	null n
	bounce a /dev/n mode=all max_bounce_kib=64
	for way in read write; do
		out=$(bounce_io nowait /dev/bounce-a 64K 20 $way)
		expect_value "$way of 64K" ok = 20 "$out"
		# More than one bounce: it would have to wait for the first one.
		out=$(bounce_io nowait /dev/bounce-a 256K 20 $way)
		expect_value "$way of 256K" again = 20 "$out"
	done
	expect_stat refusals a nowait_refusals -eq 40
	has_faults || return 0
	faults fail_alloc 100
	out=$(bounce_io nowait /dev/bounce-a 4K 20 write)
	faults fail_alloc 0
	expect_value 'without memory' again = 20 "$out"
	expect_stat 'the reserve' a reserve_uses -eq 0
}
