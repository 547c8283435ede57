#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the programs of liburing's own test suite with their buffers in a named range, by
# the shim; one that fails, or skips itself, runs on hugetlbfs as well, and has failed if it
# passes there.
#
# liburing.sh DIR [PATTERN]...
#
# DIR has the built programs, NAME.t; PATTERN is a shell pattern of NAME. As root, in a
# machine that may be spoilt; the first NVMe disk gets a file system:
#
# lab run --mem 5G --reserve 1G@0x100000000 --nvme plain --share DIR --timeout 3600 \
#	-- tests/vtl0/liburing.sh DIR
#
# KTAP on stdout. Exit status: 0 all passed, 1 some failed.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
dir=${1-}
shim=/opt/vtl0/bin/vtl0_shim
seconds=${SECONDS_EACH:-90}
disk=/dev/nvme0n1
tmp=$(mktemp -d) || exit 1
trap 'cd /; umount "$tmp/fs" "$tmp/huge" 2>/dev/null; rm -rf "$tmp"' EXIT

# programs [PATTERN]...: their paths
programs()
{
	[ $# -gt 0 ] || set -- '*'
	for pattern; do
		for program in "$dir"/$pattern.t; do
			[ ! -x "$program" ] || echo "$program"
		done
	done
}

prepare()
{
	mkdir "$tmp/fs" "$tmp/huge" &&
	mkfs.ext4 -q -F "$disk" && mount "$disk" "$tmp/fs" &&
	echo 256 >/proc/sys/vm/nr_hugepages &&
	mount -t hugetlbfs none "$tmp/huge" && truncate -s 512M "$tmp/huge/file" &&
	modprobe vtl0 && vtl0ctl add --name shim 0x100000000+512M
}

# on FILE PROGRAM: runs it with its buffers in FILE; "got" is 0, its exit status, or
# "skipped"
on()
{
	rm -rf "$tmp/fs/work"
	mkdir "$tmp/fs/work"
	# the shim is for the program alone: what timeout executed would get ordinary memory
	(
		cd "$tmp/fs/work" || exit
		exec timeout -k 10 "$seconds" env "VTL0_SHIM=$1" "LD_PRELOAD=$shim" "$2"
	) </dev/null >"$tmp/out" 2>&1
	got=$?
	# xfail.t is there to fail
	case $got,${2##*/} in
	77,*) got=skipped ;;
	1,xfail*) got=0 ;;
	esac
}

# faults of the range that the shim uses
faults()
{
	stat=$(dirname "$(grep -lx shim /sys/class/vtl0/*/name)")/stat
	awk '/^faults_/ { n += $2 } END { print n + 0 }' "$stat"
}

# compare PROGRAM: on hugetlbfs only if it does not pass on the range; counts those that ran
# there, and those that did use it
compare()
{
	name=$(basename "$1" .t)
	on /dev/vtl0_shim "$1"
	range=$got
	now=$(faults)
	[ "$now" = "$before" ] || users=$((users + 1))
	before=$now
	cp "$tmp/out" "$tmp/out.range"
	[ "$range" = skipped ] || ran=$((ran + 1))
	if [ "$range" = 0 ]; then
		result 0 "$name"
		return
	fi
	on "$tmp/huge/file" "$1"
	if [ "$range,$got" = skipped,skipped ]; then
		result 4 "$name" "by itself, on hugetlbfs, too"
	elif [ "$got" = 0 ]; then
		notes <"$tmp/out.range"
		note "status $range, on hugetlbfs $got"
		result 1 "$name"
	else
		result 4 "$name" "ends with status $range, on hugetlbfs with $got"
	fi
}

[ -n "$dir" ] || only_result 4 liburing "needs the directory of its programs"
shift
programs "$@" >"$tmp/programs"
[ -s "$tmp/programs" ] || only_result 1 "liburing: none in $dir"
prepare 2>&1 | notes
[ -c /dev/vtl0_shim ] || only_result 1 prepare
plan $(($(wc -l <"$tmp/programs") + 1))
before=$(faults)
users=0
ran=0
while read -r program; do
	compare "$program"
done <"$tmp/programs"
# A program without a buffer of SMALLEST bytes, see the shim, needs none of it; of all that
# run, a third does.
note "$users of $ran programs used the range, $before faults"
[ "$users" -gt 0 ] && [ $((users * 4)) -ge "$ran" ] && vtl0ctl remove --all && modprobe -r vtl0
result $? memory_was_used_and_is_free
tap_end
