# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # run.sh sets "here" before it reads this file
#
# What the bounce_blk tests share: makes and removes devices, compares, and runs
# the functions that are tests. They may spoil the machine.
#
# A process is dear on an emulated debug kernel (a tenth of a second), so what a
# builtin can do is left to it, and functions answer in $got, not on stdout.

# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/bounce/faults.sh
. "$here/faults.sh"

config=/sys/kernel/config/bounce_blk
nullb=/sys/kernel/config/nullb
# shellcheck disable=SC2034 # of the cases
page_kib=$(sed -n '/KernelPageSize/ {s/[^0-9]//g; p; q}' /proc/self/smaps)
LC_ALL=C
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/never"
exec 9<>"$tmp/never"

# The lab builds it; elsewhere it is built here.
command -v bounce_io >/dev/null ||
	cc -O2 -D_GNU_SOURCE -pthread -o "$tmp/bounce_io" "$here"/io/*.c "$here"/../lib/clock.c || exit 1
PATH=$PATH:$tmp

# ------------------------------------------------------------------
# Verdicts

fail()
{
	note "$*"
	# also if a test has a variable of that name
	declare -g bad=1
}

skip()
{
	declare -g skipped=$*
}

# expect WHAT WANTED GOT
expect()
{
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}

# expect_test WHAT A OPERATOR B: as test(1) compares
expect_test()
{
	test "$2" "$3" "$4" || fail "$1: '$2' is not $3 '$4'"
}

# expect_value WHAT NAME OPERATOR B TEXT: the NAME=VALUE word in the text
expect_value()
{
	value "$2" "$5"
	expect_test "$1" "$got" "$3" "$4"
}

# expect_file WHAT WANTED FILE
expect_file()
{
	get "$3"
	expect "$1" "$2" "$got"
}

# expect_queue WHAT WANTED DISK ATTRIBUTE
expect_queue()
{
	queue_of "$3" "$4"
	expect "$1" "$2" "$got"
}

# expect_stat WHAT NAME STATISTIC OPERATOR B
expect_stat()
{
	stat_of "$2" "$3"
	expect_test "$1" "$got" "$4" "$5"
}

# expect_set WHAT ERRNO NAME ATTRIBUTE VALUE
expect_set()
{
	set_attr "$3" "$4" "$5"
	expect "$1" "$2" "$got"
}

# ------------------------------------------------------------------
# Files

# get FILE: its first line, in $got
get()
{
	got=
	read -r got <"$1" || [ -n "$got" ]
}

# put FILE TEXT: writes one line; $got becomes 0, or the name of an errno, and it fails
put()
{
	got=0
	{ printf %s "$2" >"$1"; } 2>"$tmp/errno" && return
	get "$tmp/errno"
	got=${got##*: }
	case $got in
	'Invalid argument') got=EINVAL ;;
	'Device or resource busy') got=EBUSY ;;
	'No such device') got=ENODEV ;;
	'No such file or directory') got=ENOENT ;;
	'Block device required') got=ENOTBLK ;;
	'No such device or address') got=ENXIO ;;
	'Permission denied') got=EACCES ;;
	'Operation not supported') got=EOPNOTSUPP ;;
	esac
	return 1
}

# value NAME TEXT: of a NAME=VALUE word, in $got
value()
{
	local word
	got=
	for word in $2; do
		[ "${word%%=*}" != "$1" ] || got=${word#*=}
	done
}

# has FILE WORDS: they occur in it
has()
{
	[[ $(<"$1") == *"$2"* ]]
}

# has_lines FILE COUNT
has_lines()
{
	[ "$(wc -l <"$1")" = "$2" ]
}

# set_attr NAME ATTRIBUTE VALUE
set_attr()
{
	put "$config/$1/$2" "$3"
}

# stat_of NAME STATISTIC
stat_of()
{
	get "/sys/block/bounce-$1/bounce/$2"
}

# disk_of NAME: that of a bounce device in /sys/block, in $got
disk_of()
{
	got=bounce-$1
}

# mutators_of NAME: the programs that changed data in flight, in $got
mutators_of()
{
	got=$(<"/sys/block/bounce-$1/bounce/mutators")
}

# block_dir DISK: its directory in sysfs, in $got
block_dir()
{
	got=/sys/block/$1
}

# queue_of DISK ATTRIBUTE
queue_of()
{
	block_dir "$1"
	get "$got/queue/$2"
}

# ------------------------------------------------------------------
# Waiting

# pause SECONDS
pause()
{
	read -rt "$1" -u 9
}

# Until the command is true, or 30 s; a script with more tasks than processors has more patience.
until_true()
{
	local i
	for ((i = 0; i < ${patience:-1500}; i++)); do
		"$@" && return
		pause 0.02
	done
	fail "never came true: $*"
	return 1
}

# wait_for_node NODE: until there is such a block device node
wait_for_node()
{
	until_true test -b "$1"
}

idle()
{
	local reads writes
	block_dir "bounce-$1"
	read -r reads writes <"$got/inflight"
	[ "$reads $writes" = '0 0' ]
}

# check_md: how many sectors of the array md99 do not fit together, in $got
check_md()
{
	echo check >/sys/block/md99/md/sync_action
	until_true has /sys/block/md99/md/last_sync_action check
	until_true has /sys/block/md99/md/sync_action idle
	get /sys/block/md99/md/mismatch_cnt
}

# ------------------------------------------------------------------
# Disks

# null NAME ATTRIBUTE=VALUE...: a null_blk disk /dev/NAME that keeps its data
null()
{
	local name=$1 word
	shift
	mkdir "$nullb/$name"
	for word in memory_backed=1 size=128 "$@" power=1; do
		echo "${word#*=}" >"$nullb/$name/${word%%=*}" || fail "null_blk $name: $word"
	done
	wait_for_node "/dev/$name"
}

# power_off NAME: repeated, as io_uring closes files after their program has ended
power_off()
{
	until_true set_attr "$1" power 0
}

# bounce NAME BACKING ATTRIBUTE=VALUE...: a live device, made or made otherwise
bounce()
{
	local name=$1 backing=$2 word
	shift 2
	if [ -d "$config/$name" ]; then
		power_off "$name"
	else
		mkdir "$config/$name"
	fi
	for word in backing="$backing" "$@" power=1; do
		echo "${word#*=}" >"$config/$name/${word%%=*}" || fail "$name: $word"
	done
	wait_for_node "/dev/bounce-$name"
}

# remove NAME...: power off and rmdir; no process may have the disks open
remove()
{
	local name
	for name; do
		power_off "$name"
		rmdir "$config/$name" || fail "$name: rmdir"
	done
}

# gone NAME: its device below has died, and so it has been powered off
gone()
{
	[ "$(<"$config/$1/power")" = 0 ] && [ ! -e "/sys/block/bounce-$1" ]
}

# forget NAME: what is left of a device that is gone
forget()
{
	rmdir "$config/$1" || fail "$1: rmdir"
}

# gate NAME LOWER: /dev/mapper/NAME on top of a disk, whose I/O waits from
# shut_gate to open_gate
gate()
{
	block_dir "${2##*/}"
	get "$got/size"
	dmsetup create "$1" --table "0 $got linear $2 0" || fail "gate $1"
	gates="$gates $1"
	wait_for_node "/dev/mapper/$1"
}

shut_gate()
{
	dmsetup suspend --noflush --nolockfs "$1" || fail "cannot shut $1"
}

open_gate()
{
	dmsetup resume "$1" || fail "cannot open $1"
}

# through_gate NAME COMMAND...: its I/O waits at the gate until it has printed a
# line; all that it prints is in $through
through_gate()
{
	local name=$1
	shift
	shut_gate "$name"
	: >"$tmp/through"
	"$@" >>"$tmp/through" 2>&1 &
	until_true test -s "$tmp/through"
	open_gate "$name"
	wait $! || fail "$*: $(<"$tmp/through")"
	# shellcheck disable=SC2034 # for the caller
	through=$(<"$tmp/through")
}

# verified_io DISK: in the background, I/O that verifies what it reads, until
# end_verified_io: however long that is, it goes on
verified_io()
{
	rm -f "$tmp/enough"
	until [ -e "$tmp/enough" ]; do
		fio --name=v --filename="$1" --rw=randrw --bs=4k-256k --size=48m --direct=1 \
			--ioengine=libaio --iodepth=16 --verify=crc32c --verify_backlog=64 \
			--time_based --runtime=4 --thread --output="$tmp/fio" || exit 1
	done >"$tmp/fio_out" 2>&1 &
	verified=$!
}

end_verified_io()
{
	: >"$tmp/enough"
	wait "$verified" || fail "fio: $(cat "$tmp/fio_out" "$tmp/fio")"
}

# nvme KIND: the name of an NVMe disk with protection information (pi), memory in its
# controller (cmb) or neither (plain), in $got
nvme()
{
	local d kind
	for d in /sys/block/nvme*n1; do
		[ -d "$d" ] || continue
		kind=plain
		if get "$d/integrity/format" 2>/dev/null; then
			case $got in
			none|nop) ;;
			*) kind=pi ;;
			esac
		fi
		[ ! -d "$d/device/device/p2pmem" ] || kind=cmb
		got=${d##*/}
		[ $kind != "$1" ] || return 0
	done
	return 1
}

# Removes all that tests make, in whatever state they left it.
clean_up()
{
	local d i
	for d in $gates; do
		dmsetup resume "$d"
	done
	[ ! -d "$tmp/mnt" ] || umount "$tmp/mnt" 2>/dev/null
	# The upper ones of a stack first.
	for i in 1 2 3; do
		for d in "$config"/*/; do
			[ -d "$d" ] && echo 0 >"$d/power" && rmdir "$d"
		done
	done
	[ ! -b /dev/md99 ] || mdadm --stop /dev/md99
	for d in $gates; do
		dmsetup remove "$d"
	done
	gates=
	for d in "$nullb"/*/; do
		[ -d "$d" ] || continue
		echo 0 >"$d/power" 2>/dev/null
		rmdir "$d"
	done
}

# ------------------------------------------------------------------
# Running

# selected NAME PATTERN...: it begins as a pattern, if there is any, and not as a
# !pattern
selected()
{
	local name=$1 pattern fits=yes
	shift
	for pattern; do
		[[ $pattern == !* ]] || fits=
	done
	for pattern; do
		# shellcheck disable=SC2053 # patterns
		if [[ $pattern == !* ]]; then
			[[ $name != ${pattern#!}* ]] || return 1
		elif [[ $name == $pattern* ]]; then
			fits=yes
		fi
	done
	[ -n "$fits" ]
}

# run_test NAME: the function test_NAME, and what comes of it
run_test()
{
	local began=$EPOCHREALTIME took
	bad='' skipped='' gates=''
	echo "bounce-test: $1 begins" >/dev/kmsg
	"test_$1" 2>"$tmp/err"
	clean_up >/dev/null 2>>"$tmp/err"
	took=$((${EPOCHREALTIME/./} - ${began/./}))
	note "$1: $((took / 1000)) ms"
	if [ -n "$bad" ]; then
		notes <"$tmp/err"
		result 1 "$1"
	elif [ -n "$skipped" ]; then
		result 4 "$1" "$skipped"
	else
		result 0 "$1"
	fi
}

# run_tests NAME...: functions test_NAME
run_tests()
{
	local name
	plan $#
	for name; do
		run_test "$name"
	done
	tap_end
}
