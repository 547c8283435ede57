#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What reads a buffer more than once, and so fails when it changes in flight: each with
# the same I/O on its disk, and through a bounce disk. The figures are the table of
# Documentation/admin-guide/bounce_consumers.rst. As root, in a machine that may be spoilt:
#
#	lab run --nvme pi --timeout 900 -- tests/bounce/consumers.sh [PATTERN]... [!PATTERN]...

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
# shellcheck source=tests/bounce/lib.sh
. "$here/lib.sh"
writes=${WRITES:-300}

# through DISK MODE COMMAND...: the command with the name of a bounce disk over DISK behind
# it; its output in $out
through()
{
	bounce a "$1" mode="$2" detect=1
	out=$("$3" "$4" /dev/bounce-a "${@:5}")
	stat_of a mutations
	out="$out changed=$got"
	remove a
}

# ------------------------------------------------------------------
# Checks of the data

test_pi_writes()
{
	local disk
	nvme pi || { skip 'no NVMe with protection information'; return; }
	disk=/dev/$got
	out=$(bounce_io flip "$disk" "$writes" 64K "$writes")
	note "raw: $out"
	expect_value 'raw: failed' failed -gt 0 "$out"
	through "$disk" write bounce_io flip "$writes" 64K "$writes"
	note "bounced: $out"
	expect_value 'bounced: failed' failed = 0 "$out"
	expect_value 'bounced: unreadable' unreadable = 0 "$out"
	expect_value 'bounced: changed' changed -gt 0 "$out"
}

test_pi_reads()
{
	local disk
	nvme pi || { skip 'no NVMe with protection information'; return; }
	disk=/dev/$got
	dd if=/dev/zero of="$disk" bs=1M count=4 oflag=direct 2>/dev/null
	out=$(bounce_io scribble "$disk" "$writes" 64K)
	note "raw: $out"
	expect_value 'raw: failed' failed -gt 0 "$out"
	through "$disk" all bounce_io scribble "$writes" 64K
	note "bounced: $out"
	expect_value 'bounced: failed' failed = 0 "$out"
}

# integrity NAME: /dev/mapper/NAME over /dev/n, with checksums of its own
integrity()
{
	local size
	dd if=/dev/zero of=/dev/n bs=1M count=1 oflag=direct 2>/dev/null
	dmsetup create "$1" --table '0 1 integrity /dev/n 0 - D 1 internal_hash:crc32c' &&
		dmsetup remove "$1" || return
	size=$(od -A n -t u8 -j 16 -N 8 /dev/n | tr -d ' ')
	dmsetup create "$1" --table "0 $size integrity /dev/n 0 - D 1 internal_hash:crc32c" || return
	gates="$gates $1"
	wait_for_node "/dev/mapper/$1"
	dd if=/dev/zero of="/dev/mapper/$1" bs=1M count=16 oflag=direct 2>/dev/null
}

test_dm_integrity_writes()
{
	modprobe -q dm-integrity
	null n
	integrity int || { skip 'no dm-integrity'; return; }
	out=$(bounce_io flip /dev/mapper/int "$writes" 64K "$writes")
	note "raw: $out"
	expect_value 'raw: unreadable' unreadable -gt 0 "$out"
	dd if=/dev/zero of=/dev/mapper/int bs=1M count=16 oflag=direct 2>/dev/null
	through /dev/mapper/int write bounce_io flip "$writes" 64K "$writes"
	note "bounced: $out"
	expect_value 'bounced: unreadable' unreadable = 0 "$out"
}

# ------------------------------------------------------------------
# A digest of the network

# target NAME: what NVMe over TCP offers of /dev/n; or takes that back
nvmet=/sys/kernel/config/nvmet
target()
{
	local s=$nvmet/subsystems/$1
	mkdir "$s" "$s/namespaces/1" $nvmet/ports/1 || return
	echo 1 >"$s/attr_allow_any_host"
	echo /dev/n >"$s/namespaces/1/device_path"
	echo 1 >"$s/namespaces/1/enable"
	echo tcp >$nvmet/ports/1/addr_trtype
	echo ipv4 >$nvmet/ports/1/addr_adrfam
	echo 127.0.0.1 >$nvmet/ports/1/addr_traddr
	echo 4420 >$nvmet/ports/1/addr_trsvcid
	ln -s "$s" $nvmet/ports/1/subsystems/
}

untarget()
{
	local s=$nvmet/subsystems/$1
	rm $nvmet/ports/1/subsystems/"$1"
	rmdir $nvmet/ports/1 "$s/namespaces/1" "$s"
}

# The disk of that subsystem, in $got
connected()
{
	local c
	for c in /sys/class/nvme-subsystem/*/; do
		get "$c/subsysnqn"
		[ "$got" = "$1" ] || continue
		for got in "$c"nvme*n1; do
			got=${got##*/}
			[ ! -b "/dev/$got" ] || return 0
		done
	done
	return 1
}

# timed DISK SECONDS COUNT: COUNT writes, or as many as end in that time
timed()
{
	local before after
	get "/sys/block/$1/stat"
	read -ra before <<<"$got"
	timeout "$2" bounce_io flip "/dev/$1" "$3" 64K "$3" >"$tmp/out" 2>&1
	get "/sys/block/$1/stat"
	read -ra after <<<"$got"
	out="done=$((after[4] - before[4])) digests=$(dmesg | grep -c 'digest error')"
}

test_nvme_tcp_digest()
{
	local disk
	ip link set lo up
	{ modprobe nvmet-tcp && modprobe nvme-tcp; } || { skip 'no NVMe over TCP'; return; }
	null n
	target digest || { fail 'no target'; return; }
	nvme_cli connect -t tcp -a 127.0.0.1 -s 4420 -n digest --data-digest \
		--reconnect-delay=1 --ctrl-loss-tmo=600 -i 2 >/dev/null || fail connect
	until_true connected digest || return
	disk=$got
	dmesg -C
	timed "$disk" 30 "$writes"
	note "raw, 30 s: $out"
	expect_value 'raw: digests' digests -gt 0 "$out"
	# The connection comes back when the buffer does not change any more.
	until_true dd if="/dev/$disk" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
	dmesg -C
	through "/dev/$disk" write bounce_io flip "$writes" 64K "$writes"
	note "bounced: $out digests=$(dmesg | grep -c 'digest error')"
	expect_value 'bounced: failed' failed = 0 "$out"
	expect_value 'bounced: changed' changed -gt 0 "$out"
	expect 'bounced: digests' 0 "$(dmesg | grep -c 'digest error')"
	nvme_cli disconnect -n digest >/dev/null
	untarget digest
}

# lib.sh has a function nvme
nvme_cli()
{
	command nvme "$@"
}

# ------------------------------------------------------------------
# Copies and parities

# md LEVEL NR [LEAST]: the raw array has LEAST mismatches or more
md()
{
	local i legs='' least=${3-1} chunk=--chunk=64
	[ "$1" != 1 ] || chunk=--name=raid1
	modprobe -q raid456
	modprobe -q "raid$1"
	for ((i = 0; i < $2; i++)); do
		null "m$i" size=16
		legs="$legs /dev/m$i"
	done
	# shellcheck disable=SC2086 # words
	mdadm --create /dev/md99 --run --level="$1" --raid-devices="$2" --metadata=1.2 \
		$chunk --assume-clean --bitmap=none $legs >"$tmp/md" 2>&1 ||
		{ skip "mdadm: $(tail -n 1 "$tmp/md")"; return; }
	wait_for_node /dev/md99
	bounce_io flip /dev/md99 "$writes" 64K "$writes" >"$tmp/out"
	check_md
	note "raw: $(<"$tmp/out") mismatches=$got"
	expect_test 'raw: mismatches' "$got" -ge "$least"
	dd if=/dev/zero of=/dev/md99 bs=1M oflag=direct 2>/dev/null
	check_md
	expect 'cleared' 0 "$got"
	through /dev/md99 write bounce_io flip "$writes" 64K "$writes"
	check_md
	note "bounced: $out mismatches=$got"
	expect 'bounced: mismatches' 0 "$got"
	expect_value 'bounced: changed' changed -gt 0 "$out"
	mdadm --stop /dev/md99 >/dev/null 2>&1 || fail 'md99 is busy'
}

test_md_raid1()
{
	md 1 2
}

test_md_raid10()
{
	md 10 4
}

# These copy what is written to their stripes first, so nothing has to go wrong.
test_md_raid5()
{
	md 5 3 0
}

test_md_raid6()
{
	md 6 4 0
}

# pages_apart: how many pages of the legs differ, in $got
pages_apart()
{
	# what an earlier look has left in the page cache
	blockdev --flushbufs /dev/m0 /dev/m1
	got=$(cmp -l /dev/m0 /dev/m1 | awk '{ page[int(($1 - 1) / 4096)] } END { print length(page) }')
}

test_dm_mirror()
{
	modprobe -q dm-mirror
	null m0 size=16
	null m1 size=16
	get /sys/block/m0/size
	dmsetup create mirror --table "0 $got mirror core 2 1024 nosync 2 /dev/m0 0 /dev/m1 0" ||
		{ skip 'no dm-mirror'; return; }
	gates="$gates mirror"
	wait_for_node /dev/mapper/mirror
	bounce_io flip /dev/mapper/mirror "$writes" 64K "$writes" >"$tmp/out"
	pages_apart
	note "raw: $(<"$tmp/out") pages_apart=$got"
	expect_test 'raw: pages apart' "$got" -gt 0
	dd if=/dev/zero of=/dev/mapper/mirror bs=1M oflag=direct 2>/dev/null
	pages_apart
	expect 'cleared' 0 "$got"
	through /dev/mapper/mirror write bounce_io flip "$writes" 64K "$writes"
	pages_apart
	note "bounced: $out pages_apart=$got"
	expect 'bounced: pages apart' 0 "$got"
}

modprobe null_blk nr_devices=0 2>/dev/null
modprobe bounce_blk || exit 1
names=
for name in $(declare -F | awk 'sub(/^test_/, "", $3) { print $3 }'); do
	! selected "$name" "$@" || names="$names $name"
done
# shellcheck disable=SC2086 # words
run_tests $names
