#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rows 101 to 120 of what the code must survive, one test or more for each, and what
# tools do to disks. As root, in a machine that may be spoilt:
#
#	run.sh [PATTERN]...
#
# made for
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

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk || exit 1
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
names=
for name in $(declare -F | awk '$3 ~ /^(row[0-9]|citizen_)/ { print $3 }'); do
	! selected "$name" "$@" || names="$names $name"
done
# shellcheck disable=SC2086 # words
run_tests $names
