#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Row 104: swap on a bounce device in mode all, memory exhausted for two minutes
# (SECONDS_TO_RUN). For a small machine:
#
#	lab run --mem 1G --nvme plain -- tests/bounce/swap.sh

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"

row104_swap()
{
	local disk=/dev/nvme0n1 each seconds=${SECONDS_TO_RUN:-120} i before pids=
	[ -b $disk ] || { skip 'no NVMe'; return; }
	bounce a $disk mode=all reserve_kib=256
	if ! mkswap /dev/bounce-a >/dev/null || ! swapon /dev/bounce-a; then
		fail swapon
		return
	fi
	expect 'power off while swapping' EBUSY "$(set_attr a power 0)"
	# In total all of memory and half of the swap, so that nobody is killed.
	each=$((($(awk '/MemAvailable/ { print $2 }' /proc/meminfo) + 400000) / 1024 / 4))
	before=$(awk '$1 == "pswpout" { print $2 }' /proc/vmstat)
	for i in 1 2 3 4; do
		bounce_io eat $each "$seconds" >"$tmp/eat$i" 2>&1 &
		pids="$pids $!"
	done
	for i in $pids; do
		wait "$i" || fail "a memory eater ended with $?"
	done
	say "$(cat "$tmp"/eat* | paste -s -d ' ')"
	i=$(($(awk '$1 == "pswpout" { print $2 }' /proc/vmstat) - before))
	say "swapped out $i pages, reserve uses $(stat_of a reserve_uses)," \
		"waits $(stat_of a reserve_waits), orders $(stat_of a orders)"
	expect_test 'pages swapped out' $i -gt 10000
	expect_test 'reserve uses' "$(stat_of a reserve_uses)" -gt 0
	dmesg | grep -i 'I/O error\|Read-error on swap\|Write-error on swap\|blocked for more' && fail 'errors in the log'
	swapoff /dev/bounce-a || fail swapoff
}

modprobe bounce_blk || exit 1
run_tests row104_swap
