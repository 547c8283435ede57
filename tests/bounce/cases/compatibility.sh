# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Usual commands for disks, run on a bounce device.

# same WHAT COMMAND...: it prints the same of both disks; they stand for DISK
same()
{
	local what=$1 upper lower
	shift
	upper=$("${@/DISK//dev/bounce-a}")
	lower=$("${@/DISK//dev/n}")
	[ -n "$upper" ] || fail "$what: nothing"
	expect "$what" "$lower" "$upper"
}

test_compat_file_systems()
{
	local fs
	null n size=320 discard=1 cache_size=16 fua=1
	mkdir -p "$tmp/mnt"
	for fs in ext4 xfs; do
		bounce a /dev/n mode=all
		if ! "mkfs.$fs" -q "$([ $fs = ext4 ] && echo -F || echo -f)" /dev/bounce-a ||
			! mount /dev/bounce-a "$tmp/mnt"; then
			fail "no $fs"
			continue
		fi
		head -c 2M /dev/urandom >"$tmp/mnt/f"
		cp "$tmp/mnt/f" "$tmp/f"
		fstrim -v "$tmp/mnt" >"$tmp/out" || fail "$fs: fstrim"
		[[ $(<"$tmp/out") != *" 0 B "* ]] || fail "$fs: $(<"$tmp/out")"
		umount "$tmp/mnt"
		same "$fs: blkid" blkid -p -o value -s UUID DISK
		expect_set "$fs: power off" 0 a power 0
		# Data written through it is on the device below.
		mount /dev/n "$tmp/mnt" || fail "$fs below"
		cmp "$tmp/f" "$tmp/mnt/f" || fail "$fs: the file is another one"
		umount "$tmp/mnt"
	done
}

test_compat_partitions()
{
	null n discard=1
	bounce a /dev/n mode=write
	parted -s /dev/bounce-a mklabel gpt mkpart x 1MiB 33MiB mkpart y 33MiB 65MiB ||
		fail "parted: $(<"$tmp/err")"
	wait_for_node /dev/bounce-a2
	expect_file 'size' 65536 /sys/block/bounce-a/bounce-a2/size
	expect random 'done=20' "$(bounce_io random /dev/bounce-a2 20 512 512 512K)"
	expect lsblk 'n bounce-a bounce-a1 bounce-a2 ' "$(lsblk -nro NAME /dev/n | tr '\n' ' ')"
	same 'lsblk' lsblk -bdnro SIZE,LOG-SEC,PHY-SEC,DISC-GRAN,DISC-MAX,RO DISK
	parted -s /dev/bounce-a rm 1 || fail 'parted rm'
	[ ! -b /dev/bounce-a1 ] || fail 'bounce-a1 is still there'
	blockdev --flushbufs --rereadpt /dev/bounce-a || fail blockdev
	blkdiscard -f /dev/bounce-a || fail blkdiscard
	same 'zeroes after discard' bounce_io sum DISK 0 8M
	expect_set 'power off' 0 a power 0
	[ ! -b /dev/bounce-a2 ] || fail 'bounce-a2 is still there'
}

# set_all DISK FILE=VALUE...: each queue attribute of the disk to its own value, and
# to those; not every disk takes every one
set_all()
{
	local file word
	for file in /sys/block/"$1"/queue/*; do
		[ -w "$file" ] || continue
		get "$file" 2>/dev/null || continue
		put "$file" "$got"
	done
	for word in "${@:2}"; do
		put "/sys/block/$1/queue/${word%%=*}" "${word#*=}"
	done
}

test_compat_queue_attributes()
{
	local pid
	null n discard=1 cache_size=16 fua=1
	bounce a /dev/n mode=all
	bounce_io random /dev/bounce-a 300 512 512 1M >"$tmp/out" &
	pid=$!
	until_true io_is_going_on bounce-a
	while [ -d /proc/$pid ]; do
		set_all bounce-a max_sectors_kb=4 nomerges=2 iostats=0 stable_writes=1 \
			'write_cache=write through' read_ahead_kb=0 rotational=1 discard_max_bytes=4096
		set_all n max_sectors_kb=8 nomerges=2 iostats=0 scheduler=mq-deadline nr_requests=4
		set_all bounce-a max_sectors_kb=128 nomerges=0 iostats=1 stable_writes=0 \
			'write_cache=write back' read_ahead_kb=128 rotational=0
		set_all n max_sectors_kb=128 nomerges=0 iostats=1 scheduler=none
	done
	wait $pid
	expect random 'done=300' "$(<"$tmp/out")"
	idle a || fail 'I/O is in flight'
}
