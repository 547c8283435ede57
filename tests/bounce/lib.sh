# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # here is set by who reads this
#
# What the bounce_blk tests share: makes and removes devices, compares, and runs
# the functions that are tests. They may spoil the machine.

config=/sys/kernel/config/bounce_blk
nullb=/sys/kernel/config/nullb
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The lab builds it; elsewhere it is built here.
command -v bounce_io >/dev/null ||
	cc -O2 -D_GNU_SOURCE -pthread -o "$tmp/bounce_io" "$here/../selftests/bounce_io.c" || exit 1
PATH=$PATH:$tmp

# say TEXT...: a diagnostic line
say()
{
	echo "# $*"
}

fail()
{
	say "$*"
	bad=1
}

skip()
{
	skipped=$*
}

# expect WHAT WANTED GOT
expect()
{
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}

# expect_test WHAT A OPERATOR B: a numeric comparison
expect_test()
{
	test "$2" "$3" "$4" || fail "$1: $2 is not $3 $4"
}

# expect_has WHAT TEXT WORD: TEXT contains WORD
expect_has()
{
	case " $2 " in
	*" $3 "*) ;;
	*) fail "$1: no '$3' in '$2'" ;;
	esac
}

# value NAME TEXT: of a NAME=VALUE word
value()
{
	local word
	for word in $2; do
		case $word in
		"$1"=*) echo "${word#*=}" ;;
		esac
	done
}

# null NAME ATTRIBUTE=VALUE...: a null_blk disk /dev/NAME that keeps its data
null()
{
	local name=$1 word
	shift
	mkdir "$nullb/$name"
	for word in memory_backed=1 size=128 "$@" power=1; do
		echo "${word#*=}" >"$nullb/$name/${word%%=*}" || fail "null_blk $name: $word"
	done
	settle "/dev/$name"
}

# bounce NAME BACKING ATTRIBUTE=VALUE...: a live device
bounce()
{
	local name=$1 backing=$2 word
	shift 2
	mkdir "$config/$name"
	for word in "$@"; do
		echo "${word#*=}" >"$config/$name/${word%%=*}" || fail "$name: $word"
	done
	echo "$backing" >"$config/$name/backing"
	echo 1 >"$config/$name/power" || fail "$name: power"
	settle "/dev/bounce-$name"
}

# set_attr NAME ATTRIBUTE VALUE: prints 0 or the name of an errno
set_attr()
{
	bounce_io put "$config/$1/$2" "$3"
}

get_attr()
{
	cat "$config/$1/$2"
}

stat_of()
{
	cat "/sys/block/bounce-$1/bounce/$2"
}

queue_of()
{
	cat "/sys/block/$1/queue/$2"
}

settle()
{
	for _ in $(seq 100); do
		[ -b "$1" ] && return
		sleep 0.05
	done
	fail "no $1"
}

# Until the command is true, or 20 s.
until_true()
{
	for _ in $(seq 200); do
		"$@" && return
		sleep 0.1
	done
	fail "never came true: $*"
}

# All that tests make, whatever state they left it in.
clean_up()
{
	local d
	umount "$tmp/mnt" 2>/dev/null
	for d in "$config"/*/; do
		[ -d "$d" ] && rmdir "$d"
	done
	for d in "$nullb"/*/; do
		[ -d "$d" ] || continue
		echo 0 >"$d/power" 2>/dev/null
		rmdir "$d"
	done
}

fault_dir=/sys/kernel/debug/bounce_blk
has_faults()
{
	[ -d "$fault_dir/fail_alloc" ]
}

# faults NAME PERCENT
faults()
{
	echo 0 >"$fault_dir/$1/verbose"
	echo -1 >"$fault_dir/$1/times"
	echo 1 >"$fault_dir/$1/interval"
	echo "$2" >"$fault_dir/$1/probability"
}

# run_tests PREFIX [PATTERN]...
run_tests()
{
	local all name nr=0 status=0 pattern pick prefix=$1
	shift
	all=
	for name in $(declare -F | awk '{ print $3 }' | grep "^$prefix"); do
		pick=$([ $# -eq 0 ] && echo yes)
		for pattern; do
			# shellcheck disable=SC2254 # a pattern
			case $name in
			$pattern*) pick=yes ;;
			esac
		done
		[ -z "$pick" ] || all="$all $name"
	done
	echo 'KTAP version 1'
	# shellcheck disable=SC2086 # words
	set -- $all
	echo "1..$#"
	for name; do
		nr=$((nr + 1))
		bad='' skipped=''
		echo "bounce-test: $name begins" >/dev/kmsg
		"$name" 2>"$tmp/err"
		clean_up 2>>"$tmp/err"
		if [ -n "$bad" ]; then
			sed 's/^/# /' "$tmp/err"
			echo "not ok $nr $name"
			status=1
		elif [ -n "$skipped" ]; then
			echo "ok $nr $name # SKIP $skipped"
		else
			echo "ok $nr $name"
		fi
	done
	return $status
}
