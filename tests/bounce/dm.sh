#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dm-bounce: what the disks of bounce_blk must do, done by the target, and what
# device mapper adds. As root, in a machine that may be spoilt:
#
#	dm.sh [PATTERN]...
#
# made for the same machine as run.sh.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"
for file in "$here"/cases/*.sh "$here"/dm_cases.sh; do
	# shellcheck source=/dev/null
	. "$file"
done
export DM_DISABLE_UDEV=1

# ------------------------------------------------------------------
# The words of lib.sh, said to device mapper

# The table of a bounce device in one line: table_of LOWER ATTRIBUTE=VALUE...
table_of()
{
	local lower=$1 word options=
	shift
	for word; do
		options="$options ${word%%=*}:${word#*=}"
	done
	got=$(blockdev --getsz "$lower")
	got="0 $got bounce $lower 0 $#$options"
}

bounce()
{
	local name=$1
	shift
	[ ! -e "/dev/mapper/bounce-$name" ] || power_off "$name"
	table_of "$@"
	dmsetup create "bounce-$name" --table "$got" || fail "$name: $got"
	wait_for_node "/dev/mapper/bounce-$name"
	ln -sfn "/dev/mapper/bounce-$name" "/dev/bounce-$name"
}

remove()
{
	local name
	for name; do
		power_off "$name"
	done
}

# Device mapper of 6.12 answers EAGAIN to a polled transfer that it has to divide, whatever
# the target.
longest_polled()
{
	get "/sys/block/${1#/dev/}/size"
	dmsetup create linear --table "0 $got linear $1 0" || fail 'no linear target'
	wait_for_node /dev/mapper/linear
	got=256k
	if ! polls /dev/mapper/linear --rw=read --bs=256k --size=1m; then
		grep -q 'Resource temporarily unavailable' "$tmp/out" || fail "$(cat "$tmp/out")"
		queue_of "${1#/dev/}" max_sectors_kb
		note "dm-linear polls up to $got KiB"
		got=$((got / 4 * 4))k
	fi
	# io_uring lets go of it in the background
	until_true dmsetup remove linear
}

stat_of()
{
	local status word
	status=$(dmsetup status "bounce-$1")
	got=
	for word in $status; do
		[ "${word%%:*}" != "$2" ] || got=${word#*:}
	done
}

dm_disk_of()
{
	got=$(stat -Lc '%Hr:%Lr' "/dev/mapper/$1")
	got=$(basename "$(readlink -f "/sys/dev/block/$got")")
}

disk_of()
{
	dm_disk_of "bounce-$1"
}

queue_of()
{
	local attribute=$2
	got=$1
	[ ! -e "/dev/mapper/$1" ] || dm_disk_of "$1"
	get "/sys/block/$got/queue/$attribute"
}

idle()
{
	local reads writes
	dm_disk_of "bounce-$1"
	read -r reads writes <"/sys/block/$got/inflight"
	[ "$reads $writes" = '0 0' ]
}

# Only power off: the attributes are in the table.
set_attr()
{
	got=EINVAL
	[ "$2 $3" = 'power 0' ] || return
	got=EBUSY
	dmsetup remove "bounce-$1" 2>/dev/null && got=0
}

eval "disks_$(declare -f clean_up)"
clean_up()
{
	local d
	for d in $gates; do
		dmsetup resume "$d"
	done
	[ ! -d "$tmp/mnt" ] || umount "$tmp/mnt" 2>/dev/null
	for d in /dev/mapper/bounce-*; do
		[ ! -e "$d" ] || dmsetup remove "${d##*/}"
	done
	rm -f /dev/bounce-*
	disks_clean_up
}

# ------------------------------------------------------------------
# Running

# What needs no attribute, and names no disk of bounce_blk. Device mapper takes no P2P
# memory, whatever its targets say.
same='pi_of_a_changing_buffer raid1_mismatch read_torn read_error_untouched
	reserve_progress nowait shapes_read_back large_in_order error_in_split few_segments
	no_false_alarm user_memory lying_device polled_below polled_above
	polled_refused_as_below writeback_is_accounted'

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk || exit 1
modprobe dm-bounce || exit 1
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
names=
for name in $same $(declare -F | awk 'sub(/^test_dm_/, "dm_", $3) { print $3 }'); do
	! selected "$name" "$@" || names="$names $name"
done
# shellcheck disable=SC2086 # words
run_tests $names
