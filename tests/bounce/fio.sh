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

# verify DIR-OR-DISK ENGINE [OPTION]...: 4 jobs, anywhere, any size
verify()
{
	local where="--filename=$1" offset=--offset_increment=${EACH:-16}m
	[ ! -d "$1" ] || { where="--directory=$1"; offset=; }
	(
		echo 1 >/proc/self/make-it-fail
		# shellcheck disable=SC2086 # may be empty
		exec fio --name=v "$where" $offset --rw=randwrite --bsrange=512-256k \
			--blockalign=512 --size="${EACH:-16}m" --direct=1 --verify=crc32c \
			--verify_fatal=1 --ioengine="$2" "${@:3}" --iodepth=8 --numjobs=4 \
			--output="$tmp/fio"
	) 2>"$tmp/fioerr" &
	if [ -d $f ]; then
		sleep 3
		echo 10 >$f/probability
	fi
	wait $! || fail "$1 $2: $(grep -h -i 'verify\|err' "$tmp/fio" "$tmp/fioerr" | head -n 3)"
	[ ! -d $f ] || echo 0 >$f/probability
}

both_engines()
{
	verify "$1" libaio
	verify "$1" io_uring --fixedbufs=1
}

on()
{
	if [ -d $f ]; then
		echo 0 >$f/verbose; echo 0 >$f/min-order; echo 1 >$f/interval; echo -1 >$f/times
		echo N >$f/ignore-gfp-wait; echo Y >$f/task-filter
	fi
	null n size=600
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
}

fio_raw() { on raw; }
fio_ext4() { on ext4; }
fio_xfs() { on xfs; }

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk || exit 1
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
names=
for name in fio_raw fio_ext4 fio_xfs; do
	! selected "$name" "$@" || names="$names $name"
done
# shellcheck disable=SC2086 # words
run_tests $names
