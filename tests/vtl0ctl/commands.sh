#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs every command of vtl0ctl against a fake device (fake_dev.c) and compares
# exit status, output and messages. Prints KTAP.
# usage: commands.sh DIRECTORY-OF-THE-TEST-PROGRAMS

bin=${1:?the directory of vtl0ctl-fake and json-get}
# shellcheck source=tests/lib/tap.sh
. ../lib/tap.sh
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

label=
status=

fresh() {
	for variable in FAIL BATCH GROW STUCK PINNED STATE_OF LATER BAD PAGES CHMOD CHOWN NODE1 DEVICETREE; do
		unset "VTL0_FAKE_$variable"
	done
	export VTL0_FAKE_STATE="$dir/state"
	rm -f "$VTL0_FAKE_STATE"
}

verdict() {	# STATUS NAME
	result "$1" "$(printf '%s' "$2" | tr '\n' ' ')"
	if [ "$1" != 0 ]; then
		sed 's/^/# out: /' "$dir/out"
		sed 's/^/# err: /' "$dir/err"
	fi
}

ctl() {
	timeout 60 "$bin/vtl0ctl-fake" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	label="vtl0ctl $*"
}

# run STATUS ARGUMENT...
run() {
	expected=$1
	shift
	ctl "$@"
	if [ "$status" = "$expected" ]; then
		verdict 0 "$label: status $expected"
	else
		verdict 1 "$label: status $status, not $expected"
	fi
}

# The last command printed this line (err: the only one).
out() {
	grep -Fqx -e "$1" "$dir/out"
	verdict $? "$label: prints: $1"
}

err() {
	[ "$(cat "$dir/err")" = "vtl0ctl: $1" ]
	verdict $? "$label: says: $1"
}

# The last command printed JSON with this value.
json() {
	value=$("$bin/json-get" "$1" <"$dir/out" 2>/dev/null)
	if [ "$value" = "$2" ]; then
		verdict 0 "$label: $1 is $2"
	else
		verdict 1 "$label: $1 is '$value', not $2"
	fi
}

# run and err in one: STATUS MESSAGE ARGUMENT...
refuse() {
	expected=$1
	message=$2
	shift 2
	run "$expected" "$@"
	err "$message"
}

# shellcheck source=tests/vtl0ctl/add_cases.sh
. ./add_cases.sh
# shellcheck source=tests/vtl0ctl/monitor_cases.sh
. ./monitor_cases.sh
# shellcheck source=tests/vtl0ctl/boot_cases.sh
. ./boot_cases.sh
# shellcheck source=tests/vtl0ctl/devicetree_cases.sh
. ./devicetree_cases.sh

add_and_list() {
	fresh
	run 0 list
	out "no ranges are registered"
	run 0 add --order 18 0x40000000+1G 4G-6G
	out "added 0x40000000+1G: id 0, 1 chunk"
	out "added 0x100000000+2G: id 1, 1 chunk"
	run 0 add --order 18 --trim --node 1 --persist 0x200010000+3G
	out "added 0x200200000+3070M (trimmed from 0x200010000+3G): id 2, 2 chunks"
	run 0 list
	out "ID        START      LENGTH  SIZE  NODE  STATE  CHUNKS  ORDERS  MEMMAP  SAVED  MAPPED  HELD  4K   2M  1G  FALLBACK  OWNERS  FLAGS    NAME  COOKIE"
	out " 2  0x200200000  0xbfe00000  2.9G     1  live        2  9,18        4M  43.9M     514     3   7  512   2         5       0  persist  -     -"
	out "total: 3 ranges, 4 chunks, 5.9G, memmap 4M, saved 91.9M"
	export VTL0_FAKE_PAGES=16K
	run 0 list
	out "ID        START      LENGTH  SIZE  NODE  STATE  CHUNKS  ORDERS  MEMMAP  SAVED  MAPPED  HELD  16K  32M  PUD  FALLBACK  OWNERS  FLAGS    NAME  COOKIE"
	unset VTL0_FAKE_PAGES
	run 0 list --chunks
	out "    2  0x200200000  0x3fe00000  1022M      9    3.9M"
	run 0 list --json --chunks
	json /ranges/2/start 8592031744
	json /ranges/2/chunks/0/order 9
	json /ranges/0/flags '["persist"]'
	json /totals/chunks 4
	run 0 add 0x40000000+1G
	refuse 1 "add 0x40000000+1G: is registered already, and --exclusive was given (EEXIST)" \
		add --exclusive 0x40000000+1G
}

json_of_add_and_remove() {
	fresh
	run 1 add --json 4G+1G 5G+1G 0+1G 8G+1G
	json /added/1/start 5368709120
	json /added/1/nr_chunks 1
	json /failed/0/errno '"EBUSY"'
	json /failed/0/start 0
	json /not_tried/0/start 8589934592
	run 1 --json remove 4G+1G 7G+1G 5G+1G
	json /removed/0/start 4294967296
	json /failed/0/errno '"ENOENT"'
	json /not_tried/0/length 1073741824
}

stop_at_first_failure() {
	fresh
	run 1 add 4G+1G 0x1000000+512M 8G+1G
	out "added 0x100000000+1G: id 0, 1 chunk"
	err 'add 0x1000000+512M: 0x1000000+512M is System RAM or claimed by another driver: "System RAM > Kernel code", see /proc/iomem (EBUSY)
vtl0ctl: add 0x200000000+1G: not tried'
	run 0 list
	out "total: 1 range, 1 chunk, 1G, memmap 4M, saved 12M"
}

add_messages() {
	fresh
	ctl add 0x40000000+512M
	refuse 1 "add 0x40000000+1G: overlaps registered range 0x40000000+512M; --cover adds what is missing (EEXIST)" \
		add 0x40000000+1G
	VTL0_FAKE_STATE_OF=0x40000000:3
	export VTL0_FAKE_STATE_OF
	refuse 1 "add 0x50000000+1G: overlaps registered range 0x40000000+512M, which is draining: it goes when its last pin goes; --cover adds what is missing (EEXIST)" \
		add 0x50000000+1G
	refuse 1 "add 0x100010000+1G: start 0x100010000 is not a multiple of 0x200000; --trim registers 0x100200000+1022M of it (EINVAL)" \
		add 0x100010000+1G
	refuse 1 "add 0x100000000+1025K: end 0x100100400 is not a multiple of 0x200000, and no aligned part is inside (EINVAL)" \
		add 4G+1025K
	refuse 1 "add 0x100000000+1M: there is no part of it that is aligned to 0x200000 (EINVAL)" \
		add --trim 4G+1M
	refuse 1 "add 0x100000000+1G: chunk size 3M is not a multiple of 2M (EINVAL)" \
		add --chunk 3M 4G+1G
	refuse 1 "add 0x100000000+1G: order 40 is out of range; this driver uses 0 9 18 (EINVAL)" \
		add --order 40 4G+1G
	refuse 1 'add 0xc0000000+4M: 0xc0000000+4M is device address space (PCI, MMIO): "PCI Bus 0000:00 > 0000:00:04.0 > nvme", see /proc/iomem (ENXIO)' \
		add 3G+4M
	refuse 1 'add 0x17f0000000+1G: only a part of it is reserved memory: cut it at 0x1800000000, or let --cover do that (EXDEV)' \
		add 0x17f0000000+1G
	refuse 1 'add 0x1080000000+1G: 0x1080000000+1G is mapped uncached: a program or driver maps 0x1080000000+4K uncached-minus (PAT) (EBUSY)' \
		add 66G+1G
	refuse 1 'add 0x10c0000000+1G: 0x10c0000000+1G is mapped uncached: an MTRR makes 0x10c0000000+64K uncachable (EBUSY)' \
		add 67G+1G
	refuse 1 'add 0x1100000000+1G: 0x1100000000+1G is mapped uncached, or has struct pages that an add left behind when memory ran out; see the kernel log (EBUSY)' \
		add 68G+1G
	refuse 1 "add 0x400000000000+1G: its last byte 0x40003fffffff is beyond 0x3fffffffffff, the last one that can be registered (ERANGE)" \
		add 64T+1G
	refuse 1 "add 0x8000000000000000+1G: bit 63 marks a shared alias, which cannot be registered (EOPNOTSUPP)" \
		add 0x8000000000000000+1G
	refuse 1 "add 0x100000000+1G: NUMA node 7 is not online (ENODEV)" \
		add --node 7 4G+1G
}

injected_errors() {
	fresh
	export VTL0_FAKE_FAIL=ADD:ENOMEM
	refuse 1 "add 0x100000000+1G: the kernel is out of memory; the memmap of 0x100000000+1G takes 16M (ENOMEM)" \
		add --order 0 4G+1G
	VTL0_FAKE_FAIL=ADD:EINTR
	refuse 1 "add 0x100000000+1G: interrupted by a signal while it waited, nothing was changed (EINTR)" \
		add 4G+1G
	VTL0_FAKE_FAIL=ADD:ERANGE
	refuse 1 "add 0x0+1G: 0x0 is below all that the kernel can map (ERANGE)" add 0+1G
	VTL0_FAKE_FAIL=ADD:EPERM
	refuse 1 "add 0x100000000+1G: not permitted: the kernel is locked down, and firmware has not set the memory aside for programs (EPERM)" \
		add 4G+1G
	VTL0_FAKE_FAIL=INFO:ENOTTY
	refuse 1 "info: the device does not know this request: it is not vtl0, or an older one (ENOTTY)" \
		info
	VTL0_FAKE_FAIL=QUERY:EINTR
	refuse 1 "list: interrupted by a signal while it waited, nothing was changed (EINTR)" \
		list --json
	VTL0_FAKE_FAIL=QUERY:ENOMEM
	refuse 1 "remove --all: cannot list the ranges: the kernel is out of memory (ENOMEM)" \
		remove --all
	VTL0_FAKE_FAIL=OPEN:ENOENT
	refuse 2 "no /dev/vtl0: is the module loaded? (modprobe vtl0; if it refuses to load, the kernel log says why) (ENOENT)" \
		list
	refuse 2 "no /dev/other: is the module loaded? (modprobe vtl0; if it refuses to load, the kernel log says why) (ENOENT)" \
		--device /dev/other list
	VTL0_FAKE_FAIL=OPEN:EACCES
	refuse 2 "/dev/vtl0: not permitted: this needs root (CAP_SYS_ADMIN) (EACCES)" \
		add 4G+1G
}

remove_messages() {
	fresh
	ctl add 4G+2G 8G+1G 16G+1G
	refuse 1 "remove 0x100000000+1G: is not a registered range but overlaps 0x100000000+2G, which is live; start and length must be the same, or give --part for chunks of it (ENOENT)" \
		remove 4G+1G
	refuse 1 "remove 0x80000000+1G: nothing is registered there (ENOENT)" \
		remove 2G+1G
	export VTL0_FAKE_PINNED=0x200200000
	refuse 1 "remove 0x200000000+1G: the 2M folio at 0x200200000 is pinned (O_DIRECT in flight, a registered buffer, VFIO or a pipe); the range stays registered (EBUSY)" \
		remove 8G-9G
	run 1 remove --all
	out "removed 0x100000000+2G"
	out "removed 0x400000000+1G"
	export VTL0_FAKE_STATE_OF=0x200000000:3
	refuse 1 "remove 0x200000000+1G: the 2M folio at 0x200200000 is pinned (O_DIRECT in flight, a registered buffer, VFIO or a pipe); the range is draining and goes when its last pin goes (EBUSY)" \
		remove --all
	unset VTL0_FAKE_PINNED VTL0_FAKE_STATE_OF
	ctl add --chunk 2M 32G+8M
	run 0 remove --part 32G+2M
	out "removed 0x800000000+2M"
	refuse 1 "remove 0x800200000+1M: would cut the chunk 0x800200000+2M: chunks go whole, 'vtl0ctl list --chunks' shows them (EINVAL)" \
		remove --part 0x800200000+1M
	refuse 1 "remove 0x800200000+8M: is not all in one registered range; it overlaps 0x800200000+6M (ENOENT)" \
		remove --part 0x800200000+8M
	run 0 remove 0x800200000+6M
	# Another process removed the range first.
	export VTL0_FAKE_FAIL=REMOVE:ENOENT
	run 0 remove --all
	unset VTL0_FAKE_FAIL
	run 0 remove --all
	run 0 remove --all
	out "no ranges are registered"
}

many_entries() {
	fresh
	export VTL0_FAKE_GROW=1000 VTL0_FAKE_BATCH=7
	run 0 list --json
	json /totals/ranges "$(($(wc -c <"$VTL0_FAKE_STATE") / 104))"
	fresh
	ctl add --chunk 2M 4G+2G 8G+2G 12G+2G
	run 0 list --json --chunks
	json /ranges/0/chunks/1023/start 6440353792
	json /ranges/2/chunks/0/start 12884901888
	run 0 list
	out "total: 3 ranges, 3072 chunks, 6G, memmap 24M, saved 72M"
	export VTL0_FAKE_STUCK=1 VTL0_FAKE_BATCH=1
	refuse 1 "list: the driver's list goes backwards, this is a bug in the driver (EPROTO)" \
		list
}

# hold_until SIGNAL: the range is there while it runs, and then gone.
hold_until() {
	fresh
	"$bin/vtl0ctl-fake" add --hold 4G+1G >"$dir/out" 2>"$dir/err" &
	pid=$!
	label="vtl0ctl add --hold"
	tries=0
	until grep -q '^holding 1 range ' "$dir/out" || [ $tries = 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	out "holding 1 range until a signal comes (SIGINT, SIGTERM)"
	run 0 list --json
	json /totals/ranges 1
	kill -s "$1" $pid
	wait $pid
	status=$?
	if [ $status = 0 ]; then
		verdict 0 "add --hold ends with status 0 by SIG$1"
	else
		verdict 1 "add --hold ends with status $status by SIG$1"
	fi
	run 0 list
	out "no ranges are registered"
}

hold() {
	hold_until TERM
	hold_until HUP
	fresh
	refuse 2 "add: --persist and --hold exclude each other" \
		add --hold --persist 4G+1G
	run 1 add --hold 4G+1G 0+1G
	run 0 list
	out "no ranges are registered"
}

info_and_plan() {
	fresh
	ctl add 4G+2G
	run 0 info
	out "features:       map-pmd dedup 0x200"
	out "orders:         0 (4K), 9 (2M), 18 (1G)"
	out "last address:   0x3fffffffffff"
	run 0 info --json
	json /orders '[0,9,18]'
	json /max_address 70368744177663
	json /totals/bytes 2147483648
	run 0 plan 0x5ff00000+3G --order 18 --trim
	out "total: 0x60000000+3070M in 3 chunks, memmap 4M, saved 43.9M against order 0"
	run 0 plan 4G+2G --chunk 2M --order 9 --json
	json /nr_chunks 1024
	json /chunks/1023/start 6440353792
	refuse 1 "plan 0x10000+1G: start 0x10000 is not a multiple of 0x200000; --trim registers 0x200000+1022M of it (EINVAL)" \
		plan 0x10000+1G
}

usage_errors() {
	fresh
	refuse 2 "a command is missing: add, list, remove, info, plan, window, monitor, save, restore or check"
	refuse 2 'unknown command "ad": it is add, list, remove, info, plan, window, monitor, save, restore or check' ad
	refuse 2 "add: a range is missing" add
	refuse 2 'range "1G+x": not a number' add 1G+x
	refuse 2 'range "-1G+1G": a number cannot be negative' add -- -1G+1G
	# A bad range among good ones: nothing is added.
	refuse 2 'range "0x40000000-0x7fffffff": END is the first byte behind the range, this one looks like its last byte: write END plus 1' \
		add 4G+1G 0x40000000-0x7fffffff
	run 0 list
	out "no ranges are registered"
	refuse 2 '--order "huge": not a number (it is auto, or 0 to 63)' add --order huge 4G+1G
	refuse 2 '--order "64": the number is too large (it is auto, or 0 to 63)' \
		plan --order 64 4G+1G
	refuse 2 '--node "-1": a number cannot be negative (it is 0 to 2147483647)' \
		add --node -1 4G+1G
	refuse 2 '--node "2147483648": the number is too large (it is 0 to 2147483647)' \
		add --node 2147483648 4G+1G
	refuse 2 '--chunk "0": a chunk cannot be empty' add --chunk 0 4G+1G
	refuse 2 "remove: a range or --all is missing" remove
	refuse 2 "remove: --all and ranges exclude each other" remove --all 4G+1G
	refuse 2 "remove: --all and --part exclude each other" remove --all --part
	refuse 2 'plan: it takes one range, "8G+1G" is too many' plan 4G+1G 8G+1G
	refuse 2 'list: it takes no argument, "x" is too many' list x
	refuse 2 'info: it takes no argument, "x" is too many' info x
	refuse 2 'monitor: it takes no argument, "x" is too many' monitor x
	run 2 list --nonsense
	run 2 --nonsense list
	for command in add list remove info plan monitor save restore check; do
		run 0 $command --help
	done
	run 0 --help
	run 0 --version
}

lost_output() {
	fresh
	if ! [ -c /dev/full ]; then
		result 4 "lost output is noticed" "no /dev/full"
		return
	fi
	! "$bin/vtl0ctl-fake" info >/dev/full 2>"$dir/err"
	verdict $? "lost output is noticed"
}

plan
add_and_list
names
add_of_something_else_than_is_there
add_clear_is_for_new_ranges
cookies
add_cover_fills_the_gaps
windows
window_messages
json_of_add_and_remove
stop_at_first_failure
add_messages
injected_errors
remove_messages
many_entries
hold
info_and_plan
monitor
usage_errors
boot
boot_messages
restore_covers
restore_again
restore_what_is_right
save_besides_other_files
save_in_conflict
save_that_fails
save_keeps_clear
save_is_undone_by_restore
save_of_several_adds
save_leaves_nodes_to_firmware
add_devicetree
add_devicetree_messages
boot_devicetree
lost_output
plan_end
tap_end
