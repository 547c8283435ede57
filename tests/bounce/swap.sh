#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Swap on a bounce device in mode all, with memory exhausted for
# SECONDS_TO_RUN (120), and longer when the reserve was not needed yet. For a small
# machine:
#
#	lab run --mem 1G --nvme plain -- tests/bounce/swap.sh

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"

# pages swapped out since boot, in $got
swapped_out()
{
	got=$(awk '$1 == "pswpout" { print $2 }' /proc/vmstat)
}

reserve_used()
{
	stat_of a reserve_uses
	[ "$got" -gt 0 ]
}

test_swap()
{
	local disk=/dev/nvme0n1 each seconds=${SECONDS_TO_RUN:-120} i pids=
	[ -b $disk ] || { skip 'no NVMe'; return; }
	bounce a $disk mode=all reserve_kib=256
	if ! mkswap /dev/bounce-a >/dev/null || ! swapon /dev/bounce-a; then
		fail swapon
		return
	fi
	expect_set 'power off while swapping' EBUSY a power 0
	# In total all of memory and half of the swap, so that no process is killed.
	each=$((($(awk '/MemAvailable/ { print $2 }' /proc/meminfo) + 400000) / 1024 / 4))
	for i in 1 2 3 4; do
		bounce_io eat $each >"$tmp/eat$i" 2>&1 &
		pids="$pids $!"
	done
	pause "$seconds"
	until_true reserve_used
	for i in $pids; do
		kill -TERM "$i"
	done
	for i in $pids; do
		wait "$i" || fail "a memory eater ended with $?"
	done
	cat "$tmp"/eat* | sed 's/^/# /'
	swapped_out
	expect_test 'pages swapped out' "$got" -gt 10000
	note "swapped out $got pages"
	for i in reserve_uses reserve_waits; do
		stat_of a $i
		note "$i: $got"
	done
	note "orders: $(tr '\n' ' ' </sys/block/bounce-a/bounce/orders)"
	! dmesg | grep -i 'I/O error\|Read-error on swap\|Write-error on swap\|blocked for more' ||
		fail 'errors in the log'
	swapoff /dev/bounce-a || fail swapoff
}

modprobe bounce_blk || exit 1
run_tests swap
