#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the vtl0 selftests, as root, in a machine that may be spoilt:
#
# run.sh [-d DIR] [-t|-T] [PATTERN]...
#
# DIR is where the programs are (else /opt/vtl0/bin); PATTERN are shell patterns
# of their names. Without one all run whose sources are beside this file; with -t
# those that need two processors, as they start threads or say so; with -T the others.
#
# Made for this guest; a test that misses a part of it is skipped with a reason:
#
# lab run --mem 5G --numa 2 --reserve 1G@0x100000000 --reserve 256M@0x160200000 \
#	--nvme plain --nvme 4k --nvme cmb -- tests/vtl0/run.sh
#
# KTAP on stdout. Exit status: 0 all passed, 1 some failed, 2 usage.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
dir=/opt/vtl0/bin
threads=
seconds=900
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

while getopts d:tT option; do
	case $option in
	d) dir=$OPTARG ;;
	t) threads=-l ;;
	T) threads=-L ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# Those that match a pattern. Programs that take rights away for good come last, and only
# in the last round of lib/several.sh. Without -t or -T the second grep names each file.
programs()
{
	(
		cd "$here" || exit
		{
			grep -l '^TEST_HARNESS_MAIN' ./*.c | grep -v lockdown
			[ -n "${ROUNDS_LEFT-}" ] || echo ./lockdown.c
		} | xargs grep "${threads:--l}" "${threads:+pthread_create\|needs two processors}"
	) | sed 's,^\./\(.*\)\.c$,vtl0_\1,' | while read -r name; do
		[ $# -gt 0 ] || echo "$name"
		for pattern; do
			# shellcheck disable=SC2254 # a pattern
			case $name in
			$pattern|vtl0_$pattern) echo "$name"; break ;;
			esac
		done
	done
}

programs "$@" >"$tmp/programs"
[ -s "$tmp/programs" ] || only_result 1 "programs $*"
plan $(($(wc -l <"$tmp/programs") + 3))

cat /proc/iomem >"$tmp/before"
modprobe vtl0 2>&1 | notes
if [ ! -c /dev/vtl0 ]; then
	result 1 module_load
	exit 1
fi
result 0 module_load

while read -r name; do
	echo "vtl0-test: $name begins" >/dev/kmsg
	subtest "$name" timeout -k 10 "$seconds" "$dir/$name" </dev/null
done <"$tmp/programs"

modprobe -r vtl0 2>&1 | notes
cat /proc/iomem >"$tmp/after"
if [ -d /sys/module/vtl0 ]; then
	note 'vtl0 is still loaded'
	result 1 nothing_left
elif ! diff "$tmp/before" "$tmp/after" >"$tmp/diff"; then
	notes <"$tmp/diff"
	result 1 nothing_left
else
	result 0 nothing_left
fi

# bad page, oops, warning
tainted=$(cat /proc/sys/kernel/tainted)
note "tainted: $tainted"
[ $((tainted & (1 << 5 | 1 << 7 | 1 << 9))) = 0 ]
result $? no_kernel_report
tap_end
