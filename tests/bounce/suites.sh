#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs the same tests of other projects' suites on a raw disk (raw), through bounce_blk in
# mode write (write) and all (all), and through dm-bounce in mode write (dm), and compares
# each with raw. As root, in a machine that may be spoilt:
#
#	suites.sh [SUITE]...
#
# A suite whose directory is not named is skipped:
#	LIBURING=DIR	liburing: the programs NAME.t in a directory of ext4; liburing_disk:
#			the same with the disk as argument
#	LTP=DIR		ltp: diotest and aio; DIR as installed, with testcases/bin and runtest
#	BLKTESTS=DIR	blktests: the disk as TEST_DEVS; loop and nvme over ext4 on another
#	XFSTESTS=DIR	ext4, xfs: the group quick
#
# Variables that choose:
#	TESTS="PATTERN..."	only these tests, as "generic/00? ext4/*"
#	SLICE=N/M		of these each Mth, beginning with the Nth
#	KINDS="write all dm"	what is compared with raw
#	EACH=300		seconds after which a test is ended
#	SIZE=1024		MiB of each of the two disks, which null_blk keeps in memory
#	RESULTS=DIR		keeps the results, and the output of what has not passed
#
# A part of a suite, with programs in EXTRA that the guest lacks, such as getfattr:
#
#	lab run --kernel 7.3 --mem 6G --share DIR --share EXTRA --timeout 7200 -- \
#		'PATH=EXTRA:$PATH XFSTESTS=DIR SLICE=1/40 tests/bounce/suites.sh xfs'
#
# Results of a test: pass, fail, notrun (it says so itself), timeout.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"
results=${RESULTS:-$tmp/results} mnt=$tmp/mnt scratch=$tmp/scratch

# ------------------------------------------------------------------
# The disks

# disk KIND NAME: over the null_blk disk NAME; its path in $got
disk()
{
	bad=
	null "$2" size="${SIZE:-1024}" discard=1
	got=/dev/$2
	case $1 in
	write | all)
		bounce "$2" "/dev/$2" mode="$1"
		got=/dev/bounce-$2
		;;
	dm)
		dmsetup create "bounce-$2" --table "0 $((${SIZE:-1024} * 2048)) bounce /dev/$2 0 1 mode:write" ||
			fail "$2: dmsetup"
		got=/dev/mapper/bounce-$2
		;;
	esac
	[ -z "$bad" ]
}

# remove_disk KIND NAME
remove_disk()
{
	case $1 in
	write | all) remove "$2" ;;
	dm) until_true dmsetup remove "bounce-$2" ;;
	esac
	echo 0 >"$nullb/$2/power"
	rmdir "$nullb/$2" || fail "$2: rmdir"
}

# ------------------------------------------------------------------
# The suites

# directory SUITE: where it is, in $dir
directory()
{
	case $1 in
	liburing | liburing_disk) dir=${LIBURING-} ;;
	ltp) dir=${LTP-} ;;
	blktests) dir=${BLKTESTS-} ;;
	ext4 | xfs) dir=${XFSTESTS-} ;;
	*) only_result 1 "suite $1" ;;
	esac
}

# names SUITE: of all tests. Of the groups block and dm of blktests those that test a disk:
# the others make disks of their own.
names()
{
	case $1 in
	liburing*) (cd "$dir" && printf '%s\n' *.t) | sed 's/\.t$//' ;;
	ltp) (cd "$dir/runtest" && awk 'NF && !/^#/ { print FILENAME "/" $1 }' dio ltp-aiodio.part*) ;;
	blktests) (cd "$dir/tests" && grep -l '^test_device()' block/??? dm/??? && ls loop/??? nvme/???) ;;
	*) (cd "$dir/tests" && awk '/ quick( |$)/ { print substr(FILENAME, 1, length(FILENAME) - 10) $1 }' \
		generic/group.list "$1/group.list") ;;
	esac
}

# start SUITE: what its tests want on the disks $one and $two, and the users of xfstests
start()
{
	case $1 in
	liburing | ltp) mkfs.ext4 -q -F "$one" && mount "$one" "$mnt" ;;
	blktests) mkfs.ext4 -q -F "$two" && mount "$two" "$mnt" ;;
	ext4) mkfs.ext4 -q -F "$one" ;;
	xfs) mkfs.xfs -q -f "$one" ;;
	esac || return
	grep -q ^fsgqa: /etc/passwd && return
	printf '%s:x:%s:100::/tmp:/bin/bash\n' fsgqa 2001 fsgqa2 2002 >>/etc/passwd
	printf '%s:x:%s:\n' fsgqa 2001 fsgqa2 2002 >>/etc/group
}

# Lets go of the disks, also of what a test that was ended has left on them.
stop()
{
	local at
	losetup -D
	for at in "$scratch" "$mnt"; do
		while mountpoint -q "$at"; do
			umount "$at" || umount -l "$at"
		done
	done
}

# limited COMMAND...: for as long as a test may take; its output is in $tmp/out
limited()
{
	timeout -k 10 "${EACH:-300}" "$@" </dev/null >"$tmp/out" 2>&1
}

# in_work COMMAND...: in an empty directory on $one
in_work()
{
	rm -rf "$mnt/work"
	mkdir "$mnt/work" && cd "$mnt/work" && limited "$@"
}

# run_in_ltp NAME: its line of runtest. LTP's own limits of time are for hardware.
run_in_ltp()
{
	local command
	command=$(awk -v name="${1#*/}" '$1 == name { $1 = ""; print; exit }' "$dir/runtest/${1%/*}")
	in_work env TMPDIR="$mnt/work" LTPROOT="$dir" PATH="$PATH:$dir/testcases/bin" \
		LTP_TIMEOUT_MUL=50 bash -c "$command"
}

# The files below loop devices and NVMe namespaces are where the output is.
run_in_blktests()
{
	cd "$dir" || return
	limited env TEST_DEVS="$(realpath "$one")" NVME_IMG_SIZE="${NVME_IMG_SIZE:-400M}" \
		NVME_NUM_ITER="${NVME_NUM_ITER:-10}" ./check -q10 -o "$mnt/out" "$1" || return
	grep -q '\[passed\]' "$tmp/out" || return 77
}

# run_in_xfstests FS NAME
run_in_xfstests()
{
	local status base=$tmp/xfstests
	cd "$dir" || return
	rm -rf "$base"
	limited env FSTYP="$1" TEST_DEV="$one" TEST_DIR="$mnt" SCRATCH_DEV="$two" \
		SCRATCH_MNT="$scratch" RESULT_BASE="$base" ./check "$2"
	status=$?
	case $status in
	0) [ ! -e "$base/$2.notrun" ] || status=77 ;;
	124 | 137) stop && start "$1" ;;
	*) cat "$base/$2".{out.bad,full} 2>/dev/null | tail -n 200 >>"$tmp/out" ;;
	esac
	return $status
}

# run_in SUITE NAME: returns 0, 77 (of LTP 32) for notrun, 124 or 137 for timeout, else fail
run_in()
{
	case $1 in
	liburing) in_work "$dir/$2.t" ;;
	liburing_disk) cd "$tmp" && limited "$dir/$2.t" "$one" ;;
	ltp) run_in_ltp "$2" ;;
	blktests) run_in_blktests "$2" ;;
	*) run_in_xfstests "$1" "$2" ;;
	esac
}

# ------------------------------------------------------------------
# Runs and compares

# chosen: of the names on standard input those of $TESTS and $SLICE
chosen()
{
	local name pattern nr=0 every=${SLICE:-1/1}
	local -
	set -f
	while read -r name; do
		for pattern in ${TESTS:-*}; do
			# shellcheck disable=SC2053 # patterns
			[[ $name == $pattern ]] || continue
			nr=$((nr + 1))
			[ $((nr % ${every#*/})) != $((${every%/*} % ${every#*/})) ] || echo "$name"
			break
		done
	done
}

# run_on KIND SUITE: runs the tests in $tmp/list; a line "TEST RESULT SECONDS" for each
run_on()
{
	local name began verdict file
	disk "$1" "on-$1-1" && one=$got && disk "$1" "on-$1-2" && two=$got && start "$2" || return
	while read -r name <&8; do
		began=$SECONDS
		(run_in "$2" "$name")
		case $? in
		0) verdict=pass ;;
		32 | 77) verdict=notrun ;;
		124 | 137) verdict=timeout ;;
		*) verdict=fail ;;
		esac
		echo "$name $verdict $((SECONDS - began))"
		file=$results/$2.$1.out/${name//\//-}
		[ $verdict = pass ] || { mkdir -p "${file%/*}" && cp "$tmp/out" "$file"; }
	done 8<"$tmp/list" >"$results/$2.$1"
	stop
	remove_disk "$1" "on-$1-1"
	remove_disk "$1" "on-$1-2"
	[ -z "$bad" ] || echo 'remove_disk fail 0' >>"$results/$2.$1"
}

# explained SUITE TEST RAW OTHER: a difference that is meant to be; its reason in $got
explained()
{
	case $1,$2,$3,$4 in
	blktests,block/005,pass,notrun) got='a bounce disk has no scheduler' ;;
	blktests,loop/006,*) got='the shell may or may not say "Killed"' ;;
	*,fail,pass | *,timeout,pass) got='it shows nothing if it does not pass on raw' ;;
	*) return 1 ;;
	esac
}

# compare SUITE KIND
compare()
{
	local name raw other
	bad=
	while read -r name raw _ _ other _; do
		[ "$raw" != "$other" ] || continue
		if explained "$1" "$name" "$raw" "$other"; then
			note "$1: $name: $raw on raw, $other on $2: $got"
		else
			fail "$1: $name: $raw on raw, $other on $2"
		fi
	done < <(paste -d ' ' "$results/$1.raw" "$results/$1.$2")
	has_lines "$results/$1.$2" "$(wc -l <"$tmp/list")" || fail "$1 on $2: not all tests were run"
	result "${bad:-0}" "$1 on $2"
}

# compare_suite SUITE: prints a table of "RESULT SECONDS" for each kind, and the differences
compare_suite()
{
	local kind
	names "$1" | chosen >"$tmp/list"
	cp "$tmp/list" "$tmp/table"
	for kind in raw $kinds; do
		rm -rf "$results/$1.$kind.out"
		: >"$results/$1.$kind"
		run_on "$kind" "$1"
		cut -d ' ' -f 2,3 "$results/$1.$kind" | paste "$tmp/table" - >"$tmp/table.new"
		mv "$tmp/table.new" "$tmp/table"
		note "$1 on $kind:$(awk '{ n[$2]++; all += $3 } END { for (v in n) printf " %d %s,", n[v], v
			printf " %d s", all }' "$results/$1.$kind")"
	done
	note "$1: raw $kinds"
	notes <"$tmp/table"
	grep -q ' pass ' "$results/$1.raw"
	result $? "$1 passes on raw"
	for kind in $kinds; do
		compare "$1" "$kind"
	done
}

[ $# -gt 0 ] || set -- liburing liburing_disk ltp blktests ext4 xfs
kinds=${KINDS:-write all dm}
export DM_DISABLE_UDEV=1
modprobe null_blk nr_devices=0 || only_result 1 'null_blk loads'
modprobe -a bounce_blk dm-bounce || only_result 1 'the modules load'
mkdir -p "$mnt" "$scratch" "$results" || only_result 1 'directories'
plan $(($# * (1 + $(wc -w <<<"$kinds"))))
for suite; do
	directory "$suite"
	if [ -d "$dir" ]; then
		compare_suite "$suite"
		continue
	fi
	for kind in raw $kinds; do
		result 4 "$suite on $kind" 'its directory is not named'
	done
done
tap_end
