#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tests of bounce_blk, the functions test_NAME of cases/*.sh. As root, in a machine
# that may be spoilt:
#
#	run.sh [PATTERN]... [!PATTERN]...
#
# runs those whose NAME begins as a PATTERN and not as a !PATTERN; made for
#
#	lab run --nvme pi --nvme plain --nvme cmb --reserve 64M@0x60000000 -- tests/bounce/run.sh

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"
for file in "$here"/cases/*.sh; do
	# shellcheck source=/dev/null
	. "$file"
done

# Of two functions of one name only the second would run.
twice=$(sed -n 's/^\(test_[a-z0-9_]*\)()$/\1/p' "$here"/cases/*.sh | sort | uniq -d)
[ -z "$twice" ] || only_result 1 "two tests are called $twice"

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk || exit 1
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
names=
for name in $(declare -F | awk 'sub(/^test_/, "", $3) { print $3 }'); do
	! selected "$name" "$@" || names="$names $name"
done
# shellcheck disable=SC2086 # words
run_tests $names
