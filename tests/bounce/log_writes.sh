#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a bounce disk with a file system writes is logged below it by dm-log-writes, while
# fsstress runs, and replayed: at each FLUSH and each FUA write the file system must be
# mountable, and whole when it has been mounted. As root, in a machine that may be spoilt:
#
#	FSSTRESS=PROGRAM log_writes.sh
#
# PROGRAM is that of LTP or xfstests; without it the tests are skipped. OPERATIONS: how
# many for each of the two processes, default 150.
#
#	lab run --kernel 7.3 --mem 3G --share DIR --timeout 3600 -- \
#		env FSSTRESS=DIR/fsstress tests/bounce/log_writes.sh

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"
[ -x "${FSSTRESS-}" ] || only_result 4 log_writes 'no fsstress'
modprobe null_blk nr_devices=0 || only_result 1 'null_blk loads'
modprobe -a bounce_blk dm-bounce dm-log-writes dm-snapshot || only_result 1 'the modules load'
sectors=0

# data, a log, what is replayed, and what its mounts write
make_disks()
{
	null data size="$1"
	null log size=1024
	null copy size="$1"
	null cow size=64
	sectors=$(blockdev --getsz /dev/data)
	dmsetup create logged --table "0 $sectors log-writes /dev/data /dev/log" || fail log-writes
	# clean_up() removes those that a failed test leaves, the upper ones first.
	gates='view bounced logged'
}

# check FS: at this place of the log, on a snapshot, so that the replay goes on unchanged
check()
{
	dd if=/dev/zero of=/dev/cow bs=4096 count=1 oflag=direct status=none
	dmsetup create view --table "0 $sectors snapshot /dev/copy /dev/cow N 8" || fail snapshot
	if mount -t "$1" "${@:2}" /dev/mapper/view "$tmp/mnt"; then
		umount "$tmp/mnt"
		case $1 in
		ext4) e2fsck -fn /dev/mapper/view >"$tmp/fsck" 2>&1 ;;
		xfs) xfs_repair -n /dev/mapper/view >"$tmp/fsck" 2>&1 ;;
		esac || fail "$1 at entry $entry: $(tail -n 5 "$tmp/fsck")"
	else
		fail "$1 at entry $entry: cannot be mounted"
	fi
	dmsetup remove view
}

# replayed FS ENTRY: from where mkfs ended
replayed()
{
	local what=more offset=0 places=0
	entry=0
	while [ "$what" = more ]; do
		got=$(bounce_io replay /dev/log /dev/copy "$entry" "$offset") || { fail replay; return; }
		read -r what entry offset <<<"$got"
		[ "$entry" -gt "$2" ] || continue
		places=$((places + 1))
		check "$1"
	done
	note "$1: $entry entries, checked at $places places"
	expect_test 'places' $places -ge 20
}

# under_stress FS DISK [MKFS-OPTION]...
under_stress()
{
	local start
	mkdir -p "$tmp/mnt"
	"mkfs.$1" -q "${@:3}" "$2" || fail mkfs
	dmsetup message logged 0 mark made
	start=$(dmsetup status logged | awk '{ print $4 }')
	mount "$2" "$tmp/mnt" || fail mount
	mkdir "$tmp/mnt/d"
	"$FSSTRESS" -d "$tmp/mnt/d" -p 2 -n "${OPERATIONS:-150}" -s 1 -f fsync=10 -f fdatasync=5 \
		>"$tmp/stress" 2>&1 || fail "fsstress: $(tail -n 3 "$tmp/stress")"
	umount "$tmp/mnt"
	remove_bounce
	dmsetup remove logged
	replayed "$1" "$start"
}

remove_bounce()
{
	if [ -e "$config/a" ]; then
		remove a
	else
		dmsetup remove bounced
	fi
}

test_ext4()
{
	make_disks 96
	bounce a /dev/mapper/logged mode=write
	under_stress ext4 /dev/bounce-a -E nodiscard
}

test_ext4_all()
{
	make_disks 96
	bounce a /dev/mapper/logged mode=all
	under_stress ext4 /dev/bounce-a -E nodiscard
}

test_xfs()
{
	make_disks 320
	bounce a /dev/mapper/logged mode=write
	under_stress xfs /dev/bounce-a -K
}

test_xfs_dm()
{
	make_disks 320
	dmsetup create bounced --table "0 $sectors bounce /dev/mapper/logged 0 1 mode:all" || fail dm
	under_stress xfs /dev/mapper/bounced -K
}

names=
for name in ext4 ext4_all xfs xfs_dm; do
	! selected "$name" "$@" || names="$names $name"
done
# shellcheck disable=SC2086 # words
run_tests $names
