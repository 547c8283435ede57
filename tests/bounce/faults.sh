# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Faults, on kernels that can: of the driver itself and of the page allocator. lib.sh reads this.

fault_dir=/sys/kernel/debug/bounce_core
page_faults=/sys/kernel/debug/fail_page_alloc
has_faults()
{
	[ -d "$fault_dir/fail_alloc" ]
}

# faults NAME PERCENT
faults()
{
	echo 0 >"$fault_dir/$1/verbose"
	echo -1 >"$fault_dir/$1/times"
	echo 1 >"$fault_dir/$1/interval"
	echo "$2" >"$fault_dir/$1/probability"
}

# page_faults ORDER PERCENT: of the allocations of so many pages or more, by tasks
# that made themselves fail (bounce_io with MAKE_IT_FAIL set)
page_faults()
{
	[ -d $page_faults ] || return 0
	echo 0 >$page_faults/verbose
	echo -1 >$page_faults/times
	echo 1 >$page_faults/interval
	echo "$1" >$page_faults/min-order
	echo N >$page_faults/ignore-gfp-wait
	echo Y >$page_faults/task-filter
	echo "$2" >$page_faults/probability
}
