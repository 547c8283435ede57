# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# When memory is short. See swap.sh, too.

# starved NAME WORD...: I/O of the module starved_io to that device, while the module has
# all free memory; the words are its parameters. For kernels without fault injection.
starved()
{
	local name=$1
	shift
	modprobe starved_io disk="/dev/bounce-$name" "$@" || fail "starved I/O failed: $*"
	modprobe -r starved_io
}

nothing_can_be_allocated()
{
	faults fail_alloc 100
	expect random 'done=50' "$(bounce_io random /dev/bounce-a 50 512 512 256K)"
	# Small enough for direct I/O to need no memory of its own.
	page_faults 0 50
	expect random 'done=200' "$(MAKE_IT_FAIL=1 bounce_io random /dev/bounce-a 200 512 512 8K)"
	page_faults 0 0
	fio --name=r --filename=/dev/bounce-a --rw=randrw --bs=64k --size=16m --direct=1 \
		--ioengine=libaio --iodepth=32 --numjobs=2 --thread --io_size=2m \
		--output="$tmp/fio" >"$tmp/out" 2>&1 || fail "fio: $(cat "$tmp/out" "$tmp/fio")"
	faults fail_alloc 0
}

test_reserve_progress()
{
	local try
	# Each I/O takes 1 ms, so that the next one finds the reserve empty.
	null n irqmode=2 completion_nsec=1000000
	bounce a /dev/n mode=all reserve_kib=64
	# Let null_blk allocate its pages now: with faults its writes would fail.
	dd if=/dev/zero of=/dev/n bs=1M count=32 oflag=direct 2>/dev/null
	if has_faults; then
		nothing_can_be_allocated
	else
		# Other tasks may free so much memory meanwhile that no I/O needs the reserve. Then
		# the device keeps folios for the next I/O: only a new one can need the reserve.
		for try in 1 2 3 4 5; do
			if [ "$try" -gt 1 ]; then
				note "starved again ($try)"
				bounce a /dev/n mode=all reserve_kib=64
			fi
			starved a
			stat_of a reserve_waits
			[ "$got" -eq 0 ] || break
		done
	fi
	expect_stat 'reserve uses' a reserve_uses -gt 0
	expect_stat 'reserve waits' a reserve_waits -gt 0
}

# sum_of_orders NAME FROM TO: the folios that the device obtained of these orders, in $got
sum_of_orders()
{
	local key count sum=0
	while read -r key count; do
		key=${key#order_}
		[ "$key" -lt "$2" ] || [ "$key" -gt "$3" ] || sum=$((sum + count))
	done <"/sys/block/bounce-$1/bounce/orders"
	got=$sum
}

high_orders_fail()
{
	page_faults 1 100
	expect random 'done=100' \
		"$(MAKE_IT_FAIL=300 bounce_io random /dev/bounce-a 100 512 512 256K)"
	page_faults 0 0
	sum_of_orders a 1 99
	expect 'folios above order 0' 0 "$got"
}

test_order0_only()
{
	null n
	bounce a /dev/n mode=all
	if [ -d "$page_faults" ]; then
		high_orders_fail
	else
		# Half of the single pages go to the lists of the processors, which do not count
		# as free and are limited to a number of pages: so scale with the page size.
		starved a loose_mib=$((64 * page_kib))
	fi
	note "orders: $(tr '\n' ' ' </sys/block/bounce-a/bounce/orders)"
	expect 'lines of another form' '' \
		"$(grep -vE '^order_[0-9]+ [0-9]+$' /sys/block/bounce-a/bounce/orders)"
	sum_of_orders a 0 0
	# More folios than one I/O of 256 KiB has. Starved I/O may get larger ones, too,
	# when the kernel makes room for them, and these are used again.
	expect_test 'order 0' "$got" -gt 100
	expect_stat 'the reserve' a reserve_uses -eq 0
}

# more_folios NAME FROM COUNT: the device has obtained more than that of these orders
more_folios()
{
	sum_of_orders "$1" "$2" 99
	[ "$got" -gt "$3" ]
}

# failing_bios PERCENT: of the allocations of bios, by any task
failing_bios()
{
	local slab f=/sys/kernel/debug/failslab
	for slab in /sys/kernel/slab/bio-*/failslab; do
		echo 1 >"$slab"
	done
	echo 0 >$f/verbose
	echo -1 >$f/times
	echo 1 >$f/interval
	echo N >$f/task-filter
	echo N >$f/ignore-gfp-wait
	echo Y >$f/cache-filter
	echo "$1" >$f/probability
}

# bios_and_waiting NAME NUMBER: so many are below, or wait until they can be
bios_and_waiting()
{
	local waiting
	waiting=$(grep -l mempool_alloc /proc/[0-9]*/stack 2>/dev/null | wc -l)
	stat_of "$1" write_bounced_bios
	[ $((got + waiting)) -eq "$2" ]
}

# Others have all bios that the device keeps for when none can be allocated, and swap-out
# goes on.
test_swap_has_bios_of_its_own()
{
	local i before pids=''
	[ -d /sys/kernel/debug/failslab ] || { skip 'no faults in slabs'; return; }
	null n
	dd if=/dev/zero of=/dev/n bs=1M count=4 oflag=direct 2>/dev/null
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	shut_gate g
	failing_bios 100
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		bounce_io oneio /dev/bounce-a write 0 4K >"$tmp/out$i" &
		pids="$pids $!"
	done
	until_true bios_and_waiting a 12
	before=$got
	expect_test 'bios below' "$before" -lt 12
	modprobe starved_io disk=/dev/bounce-a plenty=1 ios=1 &
	pids="$pids $!"
	until_true more_than a write_bounced_bios "$before"
	failing_bios 0
	open_gate g
	for i in $pids; do
		wait "$i" || fail 'a write failed'
	done
	modprobe -r starved_io
}

# A cgroup at its limit gets small folios or the reserve, and others go on to get large ones.
test_full_cgroup_shrinks_no_other_folios()
{
	local cg=/sys/fs/cgroup/full pid before large=4
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup ||
		{ skip 'no cgroup2'; return; }
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	mkdir -p $cg
	[ -e $cg/memory.max ] || { skip 'no memory controller'; rmdir $cg; return; }
	echo 16M >$cg/memory.max
	# Pages of the program that were charged to the cgroup could not be had again there.
	bounce_io --help >"$tmp/out"
	null n
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	shut_gate g
	(
		echo 0 >$cg/cgroup.procs
		exec bounce_io flood /dev/bounce-a 32 1M
	) >"$tmp/out" &
	pid=$!
	# It has tried all sizes in vain.
	until_true is_waiting a
	sum_of_orders a $large 99
	before=$got
	# At once, as a size that failed is tried again after a quarter of a second.
	bounce_io flood /dev/bounce-a 1 1M >"$tmp/beside" &
	until_true more_folios a $large "$before"
	open_gate g
	wait $pid || fail 'the writer in the cgroup failed'
	wait $! || fail 'the writer beside it failed'
	expect 'writes in the cgroup' done=32 "$(<"$tmp/out")"
	expect 'the write beside them' done=1 "$(<"$tmp/beside")"
	remove a
	rmdir $cg
}

test_nowait()
{
	local out way mode
	# Without polling: on 7.1 the bios of device mapper come from a cache, too, if it polls.
	null n max_sectors=1024 poll_queues=0
	# The first I/O of a device, whose caches of bios are empty.
	for mode in none all; do
		for way in write read; do
			bounce a /dev/n mode=$mode
			out=$(bounce_io nowait /dev/bounce-a 4K 20 $way)
			expect_value "$mode: $way of 4K" ok = 20 "$out"
			expect_stat "$mode: refusals" a nowait_refusals -eq 0
		done
	done
	bounce a /dev/n mode=all max_bounce_kib=64
	for way in read write; do
		out=$(bounce_io nowait /dev/bounce-a 64K 20 $way)
		expect_value "$way of 64K" ok = 20 "$out"
		# More than max_bounce_kib goes at once, too.
		out=$(bounce_io nowait /dev/bounce-a 256K 20 $way)
		expect_value "$way of 256K" ok = 20 "$out"
		# The disk below would have to split it.
		out=$(bounce_io nowait /dev/bounce-a 768K 20 $way)
		expect_value "$way of 768K" again = 20 "$out"
	done
	expect_stat refusals a nowait_refusals -eq 40
	has_faults || return 0
	for way in read write; do
		faults fail_alloc 100
		out=$(bounce_io nowait /dev/bounce-a 4K 20 $way)
		faults fail_alloc 0
		expect_value "$way without memory" again = 20 "$out"
	done
	expect_stat refusals a nowait_refusals -eq 80
	expect_stat 'the reserve' a reserve_uses -eq 0
}

# When memory is short the cache gives back all that it keeps.
test_cache_shrinks()
{
	null n
	bounce a /dev/n mode=write
	bounce_io flood /dev/bounce-a 8 1M >"$tmp/out"
	stat_of a cached_bytes
	expect_test 'kept' "$got" -gt 0
	# Inodes and dentries, and what other shrinkers keep
	echo 2 >/proc/sys/vm/drop_caches
	expect_stat 'kept afterwards' a cached_bytes -eq 0
}
