# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# The device below becomes another one while the disk is live.

# A flush and a write with FUA
durable_io()
{
	dd if=/dev/zero of=/dev/bounce-a bs=4k count=1 oflag=direct conv=notrunc,fsync 2>/dev/null
	dd if=/dev/zero of=/dev/bounce-a bs=4k count=1 oflag=direct,dsync conv=notrunc 2>/dev/null
}

# The volume moves to a disk with a volatile cache.
test_gains_cache()
{
	local mode flushes='FWS 0 + 0' fua='WFS 0 + 8'
	null n1
	null n2 cache_size=16 fua=1
	gate g /dev/n1
	for mode in none write all guest; do
		bounce a /dev/mapper/g mode=$mode
		queue_of dm-0 write_cache
		expect "$mode: below" 'write through' "$got"
		# Before anything tells that there is one, as nothing may tell.
		queue_of bounce-a write_cache
		expect "$mode: cache" 'write back' "$got"
		queue_of bounce-a fua
		expect "$mode: FUA" 1 "$got"
		get /sys/block/n2/size
		dmsetup load g --table "0 $got linear /dev/n2 0"
		shut_gate g
		open_gate g
		watch_bios n2
		arriving durable_io
		unwatch_bios
		[[ $got == *"$flushes"* ]] || fail "$mode: no flush: $got"
		[[ $got == *"$fua"* ]] || fail "$mode: no FUA: $got"
		get /sys/block/n1/size
		dmsetup load g --table "0 $got linear /dev/n1 0"
		shut_gate g
		open_gate g
	done
}

# A SCSI disk is told to have a cache.
test_cache_switched_on()
{
	local type
	scsi_disk dev_size_mb=16 delay=0 || return
	wait_for_node /dev/sda
	type=$(echo /sys/class/scsi_disk/*/cache_type)
	put "$type" 'temporary write through'
	bounce a /dev/sda mode=write
	put "$type" 'temporary write back'
	queue_of sda write_cache
	expect 'below' 'write back' "$got"
	watch_bios sda
	arriving durable_io
	unwatch_bios
	[[ $got == *'FWS 0 + 0'* ]] || fail "no flush: $got"
	expect_set 'power off' 0 a power 0
	unload_scsi_debug
}

# say_size: the size that the program of test_grows sees now, in $got
say_size()
{
	local lines
	lines=$(wc -l <"$tmp/sizes")
	echo >&7
	until_true has_lines "$tmp/sizes" $((lines + 1))
	got=$(tail -n 1 "$tmp/sizes")
}

# The volume below grows, and shrinks, while a VM has the disk open.
test_grows()
{
	local half size pid
	null n
	get /sys/block/n/size
	size=$got
	half=$((size / 2))
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	mkfifo "$tmp/in"
	bounce_io sizes /dev/bounce-a <"$tmp/in" >"$tmp/sizes" &
	pid=$!
	exec 7>"$tmp/in"
	until_true has_lines "$tmp/sizes" 1
	for size in $half $size; do
		udevadm monitor -k -p -s block >"$tmp/uevents" 2>/dev/null &
		until_true has "$tmp/uevents" 'KERNEL - the kernel uevent'
		dmsetup load g --table "0 $size linear /dev/n 0"
		dmsetup suspend g
		dmsetup resume g
		say_size
		expect 'the open handle' "size=$((size * 512)) end=$((size * 512))" "$got"
		until_true has "$tmp/uevents" RESIZE=1
		kill $!
	done
	exec 7>&-
	wait $pid
	rm "$tmp/in"
}

# The write cache that the disk below announces, and the flushes and writes that reach
# it, in the order of the words.
test_refresh_follows_limits_below()
{
	local word attribute
	null n discard=1
	bounce a /dev/n mode=write
	put /sys/block/bounce-a/queue/read_ahead_kb 64
	for word in discard_max_bytes=1048576 discard_max_bytes=524288 max_sectors_kb=64 \
		max_sectors_kb=96; do
		attribute=${word%=*}
		put "/sys/block/n/queue/$attribute" "${word#*=}"
		expect "$word below" 0 "$got"
		expect_set "$word" 0 a refresh 1
		expect_file "$word" "${word#*=}" "/sys/block/bounce-a/queue/$attribute"
	done
	put /sys/block/bounce-a/bounce/refresh 1
	expect 'refresh in sysfs' 0 "$got"
	for word in 0 2 +1 1x '1 1'; do
		put /sys/block/bounce-a/bounce/refresh "$word"
		expect "refresh in sysfs = $word" EINVAL "$got"
	done
	printf '1\0junk' >"$tmp/nul"
	cat "$tmp/nul" 2>/dev/null >/sys/block/bounce-a/bounce/refresh &&
		fail 'refresh in sysfs takes more behind a NUL'
	# Values set on the bounce disk stay.
	put /sys/block/bounce-a/queue/max_sectors_kb 32
	put /sys/block/bounce-a/queue/iostats 0
	put /sys/block/bounce-a/queue/write_cache 'write through'
	put /sys/block/n/queue/discard_max_bytes 0
	blockdev --getsz /dev/bounce-a >/dev/null
	expect_file 'with an open' 0 /sys/block/bounce-a/queue/discard_max_bytes
	expect_file 'max_sectors_kb' 32 /sys/block/bounce-a/queue/max_sectors_kb
	expect_file 'iostats' 0 /sys/block/bounce-a/queue/iostats
	expect_file 'write_cache' 'write through' /sys/block/bounce-a/queue/write_cache
	for word in 1 0; do
		blockdev "$([ $word = 1 ] && echo --setro || echo --setrw)" /dev/n
		expect_set 'read-only' 0 a refresh 1
		expect_file 'read-only' $word /sys/block/bounce-a/ro
	done
}

# Each mode over a disk that has protection information and needs stable pages.
test_mode_while_live_over_pi()
{
	local disk mode pair
	nvme pi || { skip 'no NVMe with protection information'; return; }
	disk=$got
	bounce a "/dev/$disk" mode=none
	bounce_io random /dev/bounce-a 400 512 512 256K >"$tmp/out" &
	until_true io_is_going_on bounce-a
	for pair in write:0 none:1 all:0 guest:1 none:1 all:0; do
		mode=${pair%:*}
		expect_set "$mode" 0 a mode "$mode"
		expect_queue "$mode" "${pair#*:}" bounce-a stable_writes
		expect_set 'max_bounce_kib' 0 a max_bounce_kib $(((RANDOM % 64 + 1) * page_kib))
		expect_set 'detect' 0 a detect $((RANDOM % 2))
	done
	wait $!
	expect random 'done=400' "$(<"$tmp/out")"
	expect_stat passed a write_passed_bios -gt 0
	expect_stat bounced a write_bounced_bios -gt 0
	remove a
}

# A snapshot of the volume below: the file system above is frozen, and all of it is
# there.
test_freeze()
{
	null n size=320
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/bounce-a || fail mkfs
	mount /dev/bounce-a "$tmp/mnt" || { fail mount; return; }
	head -c 1M /dev/urandom >"$tmp/data"
	cp "$tmp/data" "$tmp/mnt/data"
	dmsetup suspend g || fail suspend
	dd if=/dev/n of="$tmp/snapshot" bs=1M iflag=direct 2>/dev/null
	: >"$tmp/out"
	{ echo x >"$tmp/mnt/more"; echo written >"$tmp/out"; } &
	pause 0.5
	[ ! -s "$tmp/out" ] || fail 'the file system is not frozen'
	dmsetup resume g || fail resume
	until_true has "$tmp/out" written
	e2fsck -fn "$tmp/snapshot" >"$tmp/fsck" 2>&1 || fail "the snapshot: $(<"$tmp/fsck")"
	debugfs -R "dump /data $tmp/back" "$tmp/snapshot" 2>/dev/null
	cmp "$tmp/data" "$tmp/back" || fail 'the file is another one'
	umount "$tmp/mnt"
	rm "$tmp/snapshot"
	remove a
}

# The disk below dies while the file system above is frozen: all of it can be taken
# down, and the next disk gets the name.
test_dies_while_frozen()
{
	null n size=320
	bounce a /dev/n mode=write
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/bounce-a || fail mkfs
	mount /dev/bounce-a "$tmp/mnt" || { fail mount; return; }
	echo data >"$tmp/mnt/data"
	fsfreeze -f "$tmp/mnt" || fail freeze
	echo 0 >"$nullb/n/power"
	until_true gone a
	fsfreeze -u "$tmp/mnt" 2>/dev/null
	umount "$tmp/mnt" || fail 'the file system stays'
	forget a
	rmdir "$nullb/n"
	null n size=320
	bounce a /dev/n mode=write
	expect_value 'the next disk' result = 0 "$(bounce_io oneio /dev/bounce-a write 0 4K)"
	remove a
}

# The volume below is being copied, and so the file system above is frozen, when power
# off is asked for: that is refused as for any mounted disk.
test_power_off_while_frozen()
{
	null n size=320
	gate g /dev/n
	bounce a /dev/mapper/g mode=write
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/bounce-a || fail mkfs
	mount /dev/bounce-a "$tmp/mnt" || { fail mount; return; }
	dmsetup suspend g || fail suspend
	expect_set 'power off' EBUSY a power 0
	dmsetup resume g || fail resume
	echo data >"$tmp/mnt/data" || fail 'the file system is still frozen'
	umount "$tmp/mnt" || fail umount
	remove a
}

# blockdev --flushbufs below: what is there then is as after a power cut, which the journal
# mends, as the newest metadata may be in the journal alone.
test_sync_below_flushes_above()
{
	null n size=320
	bounce a /dev/n mode=write
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/bounce-a || fail mkfs
	mount /dev/bounce-a "$tmp/mnt" || { fail mount; return; }
	head -c 1M /dev/urandom >"$tmp/data"
	cp "$tmp/data" "$tmp/mnt/data"
	blockdev --flushbufs /dev/n || fail flushbufs
	dd if=/dev/n of="$tmp/snapshot" bs=1M iflag=direct 2>/dev/null
	e2fsck -fy "$tmp/snapshot" >"$tmp/fsck" 2>&1
	[ $? -le 1 ] || fail "the snapshot: $(<"$tmp/fsck")"
	rm -f "$tmp/back"
	debugfs -R "dump /data $tmp/back" "$tmp/snapshot" 2>/dev/null
	cmp "$tmp/data" "$tmp/back" || fail 'the file is not there yet'
	umount "$tmp/mnt"
	rm "$tmp/snapshot"
	remove a
}

test_partscan()
{
	local scan
	null n
	printf 'label: gpt\nsize=32M\n' | sfdisk -q /dev/n
	for scan in 0 1; do
		bounce a /dev/n partscan=$scan
		blockdev --rereadpt /dev/bounce-a 2>/dev/null
		expect "$scan" $scan "$(grep -c 'bounce-a1$' /proc/partitions)"
	done
	remove a
}

test_geometry_is_that_below()
{
	local disk
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	bounce a "/dev/$disk"
	expect 'geometry' "$(bounce_io geometry "/dev/$disk")" "$(bounce_io geometry /dev/bounce-a)"
	expect_value 'sectors' sectors -gt 0 "$(bounce_io geometry /dev/bounce-a)"
	null n
	bounce b /dev/n
	expect 'none' 'heads=ENOTTY' "$(bounce_io geometry /dev/bounce-b)"
}

test_compat_ioctl()
{
	local disk
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	[[ $(bounce_io ioctl32 "/dev/$disk") == *' error=0' ]] || { skip 'no 32-bit programs'; return; }
	bounce a "/dev/$disk"
	expect_value 'through' id = 1 "$(bounce_io ioctl32 /dev/bounce-a)"
	null n
	bounce b /dev/n
	expect_value 'none' error = ENOTTY "$(bounce_io ioctl32 /dev/bounce-b)"
}
