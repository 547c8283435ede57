#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fio writes and verifies through a bounce device: raw, ext4 and xfs, libaio and
# io_uring with fixed buffers, with a tenth of the allocations failing where the
# kernel can do that.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"
f=/sys/kernel/debug/fail_page_alloc

# The number of failures left to inject shows that allocations did fail.
most_failures=1000000

# The jobs exist and write: fio's own allocations come before that and succeed.
writing()
{
	stat_of a write_bounced_bios
	[ "$got" -gt $((begun + 20)) ]
}

# A write that a file system fails with ENOMEM before making a bio has not been written,
# and fio does not verify it; but then it no longer knows which random number was
# whose. The raw disk has no such excuse.
in_directory='--ignore_error=ENOMEM,ENOMEM --verify_header_seed=0'

# verify DIR-OR-DISK ENGINE [OPTION]...: 4 jobs, anywhere, any size
verify()
{
	local where="--filename=$1" more=--offset_increment=${EACH:-16}m begun pid errors
	[ ! -d "$1" ] || { where="--directory=$1"; more=$in_directory; }
	stat_of a write_bounced_bios
	begun=$got
	(
		echo 1 >/proc/self/make-it-fail
		# shellcheck disable=SC2086 # words
		exec fio --name="v-$2" "$where" $more --rw=randwrite --bsrange=512-256k \
			--blockalign=512 --size="${EACH:-16}m" --direct=1 --verify=crc32c \
			--verify_fatal=1 --ioengine="$2" "${@:3}" --iodepth=8 --numjobs=4 \
			--output="$tmp/fio"
	) 2>"$tmp/fioerr" &
	pid=$!
	if [ -d $f ]; then
		until_true writing
		echo $most_failures >$f/times
		echo 10 >$f/probability
	fi
	wait $pid
	errors="$? $(sed -n 's/^v-.*: err= *\([0-9]*\).*/\1/p' "$tmp/fio" | sort -u | tr '\n' ' ')"
	# Its status, which also ignored errors make 1, and the errors of the jobs; 12 is
	# ENOMEM, 125 ECANCELED, which io_uring gave besides.
	case $errors in
	'0 0 ') ;;
	'1 0 ' | [01]' 0 12 ' | [01]' 12 ' | [01]' 0 12 125 ') [ -d "$1" ] || fail "$1 $2: ENOMEM" ;;
	*) fail "$1 $2: $errors" ;;
	esac
	! grep -h -m 3 '^verify: \|verify failed' "$tmp/fio" "$tmp/fioerr" || fail "$1 $2: other data"
	note "$1 $2: status and errors $errors"
	[ -d $f ] || return
	echo 0 >$f/probability
	get $f/times
	note "$1 $2: $((most_failures - got)) allocations failed"
	expect_test "$1 $2: allocations may still fail" "$got" -lt $most_failures
}

both_engines()
{
	verify "$1" libaio
	verify "$1" io_uring --fixedbufs=1
}

on()
{
	if [ -d $f ]; then
		echo 0 >$f/verbose; echo 0 >$f/min-order; echo 1 >$f/interval
		echo N >$f/ignore-gfp-wait; echo Y >$f/task-filter
	fi
	# As small as xfs takes it. Pages that null_blk allocates later would fail, too.
	null n size=300
	dd if=/dev/zero of=/dev/n bs=1M oflag=direct 2>/dev/null
	bounce a /dev/n mode=all detect=1
	case $1 in
	raw)
		both_engines /dev/bounce-a ;;
	*)
		mkdir -p "$tmp/mnt"
		if ! "mkfs.$1" -q /dev/bounce-a || ! mount /dev/bounce-a "$tmp/mnt"; then
			fail "no $1"
			return
		fi
		both_engines "$tmp/mnt"
		umount "$tmp/mnt" ;;
	esac
	expect_stat 'bounced writes' a write_bounced_bios -gt 100
	expect_stat 'bounced reads' a read_bounced_bios -gt 100
	stat_of a mutations
	note "$1: $got of the writes changed in flight"
	# A file system may change its pages in flight; fio's buffers do not change.
	[ "$1" != raw ] || expect 'false alarms' 0 "$got"
}

test_fio_raw() { on raw; }
test_fio_ext4() { on ext4; }
test_fio_xfs() { on xfs; }

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk || exit 1
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
names=
for name in fio_raw fio_ext4 fio_xfs; do
	! selected "$name" "$@" || names="$names $name"
done
# shellcheck disable=SC2086 # words
run_tests $names
