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
for file in "$here"/cases/*.sh "$here"/dm_*.sh; do
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

mutators_of()
{
	got=$(dmsetup message "bounce-$1" 0 mutators)
}

block_dir()
{
	got=/sys/block/$1
	[ ! -e "/dev/mapper/$1" ] ||
		got=$(readlink -f "/sys/dev/block/$(stat -Lc '%Hr:%Lr' "/dev/mapper/$1")")
}

disk_of()
{
	block_dir "bounce-$1"
	got=${got##*/}
}

# reload NAME TABLE: for a live device
reload()
{
	dmsetup reload "$1" --table "$2" 2>/dev/null || return
	dmsetup suspend "$1" || fail "cannot suspend $1"
	dmsetup resume "$1" || fail "cannot resume $1"
}

# What changes while the device is live does so by a message, or else by a reload.
set_attr()
{
	local name=bounce-$1 value=$3 wrong=EINVAL
	case $2 in
	power)
		wrong=EBUSY
		[ "$value" = 0 ] && dmsetup remove "$name" 2>/dev/null
		;;
	detect | detect_every)
		case $2=$value in
		detect=0) value=off ;;
		detect=1) value=on ;;
		esac
		dmsetup message "$name" 0 "$2" "$value" 2>/dev/null
		;;
	*)
		got=$(dmsetup table "$name")
		# shellcheck disable=SC2001 # up to the next blank
		reload "$name" "$(sed "s/ $2:[^ ]*/ $2:$value/" <<<"$got")"
		;;
	esac || { got=$wrong; return 1; }
	got=0
}

# The device stays when the one below has died, and each I/O fails.
gone()
{
	! dd if="/dev/bounce-$1" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
}

forget()
{
	power_off "$1"
}

eval "disks_$(declare -f clean_up)"
clean_up()
{
	local d i
	for d in $gates; do
		dmsetup resume "$d"
	done
	[ ! -d "$tmp/mnt" ] || umount "$tmp/mnt" 2>/dev/null
	# The upper ones of a stack first.
	for i in 1 2 3; do
		for d in /dev/mapper/bounce-*; do
			[ ! -e "$d" ] || dmsetup remove "${d##*/}"
		done
	done
	rm -f /dev/bounce-*
	disks_clean_up
}

# ------------------------------------------------------------------
# Running

# Left out: configfs, bouncectl, the rules for udev, partitions and P2P memory, which device mapper
# does otherwise or not at all; addresses below 512 bytes, which it refuses; what a disk learns from
# the one below while it is live, which a target learns by a reload; the orders of folios, which
# dmsetup status does not show; and tests of the core alone that take long. The first one looks for
# lines in the log, which are limited in number.
same='detect_finds_change no_false_alarm page_cache_told_apart
	pi_of_a_changing_buffer raid1_mismatch read_torn read_error_untouched delayed_copy
	reserve_progress reserve_is_shared nowait nowait_is_not_copied_to_be_split short_copy
	inflight_is_bounded flood charged_to_cgroup lying_device wakes_no_kswapd
	no_page_left
	shapes_read_back large_in_order all_vecs error_in_split lower_limits few_segments
	user_memory guest_pages atomic_writes mode_direct
	polled_below polled_above polled_refused_as_below
	lower_disk_goes nvme_unplugged mounted dies_while_frozen
	flush_discard_and_the_like write_zeroes log_writes gains_cache cache_switched_on
	bounce_over_bounce side_by_side
	writeback_is_accounted cgroup_is_charged_with_io stable_writes freezer suspend iostat
	cpu_hotplug compat_nvme_cli'

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
