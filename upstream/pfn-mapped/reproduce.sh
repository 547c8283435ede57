#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Memory that comes and goes: does x86 forget the ranges that are gone?
#
#	lab run --kernel 7.3 --smp 1 -- upstream/pfn-mapped/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

parameters=/sys/module/hotplug_ranges/parameters
wrong=0

# ranges COUNT ADDRESS: adds ranges and removes them; sets wrong if one is still recorded
ranges()
{
	before=$(reproduce-pfn-mapped count)
	modprobe hotplug_ranges count="$1" start="$2"
	last=$(cat $parameters/last_range)
	echo "# adding one takes $(cat $parameters/first_add_ns) ns at first, $(cat $parameters/last_add_ns) ns at last"
	known=$(reproduce-pfn-mapped has "$last")
	modprobe -r hotplug_ranges
	after=$(reproduce-pfn-mapped count)
	echo "# $1 ranges and one more were added and removed: $before ranges recorded before, $after after"
	echo "# the last one, while it was there, was recorded: $known"
	[ "$after" = "$before" ] && [ "$known" = yes ] || wrong=1
}

ranges 64 $((1 << 40))
ranges 3264 $((3 << 40))
answer [ $wrong = 1 ]
