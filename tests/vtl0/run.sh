#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the vtl0 selftests, as root, in a machine that may be spoilt:
#
# run.sh [-d DIR] [PATTERN]...
#
# DIR is where the programs are (else /opt/vtl0/bin); PATTERN are shell patterns
# of their names. Without one all run whose sources are beside this file.
#
# Made for this guest; what is missing there is skipped with a reason:
#
# lab run --mem 5G --numa 2 --reserve 1G@0x100000000 --reserve 256M@0x160200000 \
#	--nvme plain --nvme 4k --nvme cmb -- tests/vtl0/run.sh
#
# KTAP on stdout. Exit status: 0 all passed, 1 some failed.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
dir=/opt/vtl0/bin
seconds=900
nr=0
failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

if [ "${1-}" = -d ]; then
	dir=$2
	shift 2
fi

# result STATUS NAME [DIRECTIVE]
result()
{
	nr=$((nr + 1))
	if [ "$1" = 0 ]; then
		echo "ok $nr $2${3:+ # $3}"
	else
		echo "not ok $nr $2"
		failed=1
	fi
}

# Those that match a pattern. What takes rights away for good comes last.
programs()
{
	(
		cd "$here" || exit
		for source in *.c; do
			case $source in
			common.c | lockdown.c) ;;
			*) echo "vtl0_${source%.c}" ;;
			esac
		done
		echo vtl0_lockdown
	) | while read -r name; do
		[ $# -gt 0 ] || echo "$name"
		for pattern; do
			# shellcheck disable=SC2254 # a pattern
			case $name in
			$pattern|vtl0_$pattern) echo "$name"; break ;;
			esac
		done
	done
}

# One program: its KTAP, one level deeper. Its exit status decides, so that a
# crash is a failure.
run_program()
{
	echo "vtl0-test: $1 begins" >/dev/kmsg
	echo "    # Subtest: $1"
	{
		timeout -k 10 "$seconds" "$dir/$1" </dev/null 2>&1
		echo $? >"$tmp/status"
	} | while IFS= read -r line; do
		# not sed, whose output would come late
		printf '    %s\n' "$line"
	done
	status=$(cat "$tmp/status")
	case $status in
	0|4) result 0 "$1" ;;
	124) echo "# $1 took more than $seconds s"; result 1 "$1" ;;
	*) echo "# $1 ended with status $status"; result 1 "$1" ;;
	esac
}

echo 'KTAP version 1'
programs "$@" >"$tmp/programs"
if [ ! -s "$tmp/programs" ]; then
	echo '1..1'
	result 1 "programs $*"
	exit 1
fi
echo "1..$(($(wc -l <"$tmp/programs") + 3))"

cat /proc/iomem >"$tmp/before"
if ! modprobe vtl0 2>&1 | sed 's/^/# /' || [ ! -c /dev/vtl0 ]; then
	result 1 module_load
	exit 1
fi
result 0 module_load

while read -r name; do
	run_program "$name"
done <"$tmp/programs"

modprobe -r vtl0 2>&1 | sed 's/^/# /'
cat /proc/iomem >"$tmp/after"
if [ -d /sys/module/vtl0 ]; then
	echo '# vtl0 is still loaded'
	result 1 nothing_left
elif ! diff "$tmp/before" "$tmp/after" >"$tmp/diff"; then
	sed 's/^/# /' "$tmp/diff"
	result 1 nothing_left
else
	result 0 nothing_left
fi

# bad page, oops, warning
if [ $(($(cat /proc/sys/kernel/tainted) & (1 << 5 | 1 << 7 | 1 << 9))) != 0 ]; then
	echo "# /proc/sys/kernel/tainted is $(cat /proc/sys/kernel/tainted)"
	result 1 no_kernel_report
else
	result 0 no_kernel_report
fi
exit $failed
