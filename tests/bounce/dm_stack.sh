# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh and dm.sh
#
# dm-bounce among others: several of them over one disk, lvm2 above and below, and a file system
# or swap above.

# Parts of one disk, in another order, with their own modes and statistics.
test_dm_several_over_one_disk()
{
	local name word part=$((4 << 11))
	null n size=12
	for word in a:2:write b:1:all c:0:none; do
		name=${word%%:*}
		word=${word#*:}
		dmsetup create "bounce-$name" --table \
			"0 $part bounce /dev/n $((${word%:*} * part)) 1 mode:${word#*:}" || fail "$name"
		wait_for_node "/dev/mapper/bounce-$name"
		ln -sfn "/dev/mapper/bounce-$name" "/dev/bounce-$name"
	done
	! create_with $((2 * part + 1)) || fail 'more than the disk has'
	for name in a b c; do
		bounce_io random /dev/bounce-$name 30 512 512 256K >"$tmp/out-$name" &
	done
	wait
	for name in a b c; do
		expect "random $name" done=30 "$(<"$tmp/out-$name")"
		head -c 4M /dev/urandom >"$tmp/data-$name"
		dd if="$tmp/data-$name" of=/dev/bounce-$name bs=1M oflag=direct 2>/dev/null ||
			fail "write $name"
	done
	cat "$tmp/data-c" "$tmp/data-b" "$tmp/data-a" | cmp - /dev/n || fail 'other data below'
	expect_stat 'mode all' b read_bounced_bios -gt 0
	expect_stat 'mode write' a read_bounced_bios -eq 0
	expect_stat 'mode none' c write_bounced_bios -eq 0
	dmsetup remove bounce-b || fail 'remove b'
	cmp "$tmp/data-a" /dev/bounce-a || fail 'a without b'
	rm "$tmp"/data-*
}

# lvm_on DISK COMMAND...: it sees no other disk
lvm_on()
{
	lvm "${@:2}" --config 'devices { use_devicesfile = 0 types = [ "nullb", 1 ]
		filter = [ "a|^'"$1"'$|", "r|.*|" ] }
		activation { udev_sync = 0 udev_rules = 0 }
		backup { backup = 0 archive = 0 }' >"$tmp/lvm" 2>&1 9>&- || fail "lvm $*: $(<"$tmp/lvm")"
}

# A physical volume that becomes a bounced one while its file system is mounted.
test_dm_lvm_above()
{
	null n size=160
	get /sys/block/n/size
	dmsetup create bounce-a --table "0 $got linear /dev/n 0"
	wait_for_node /dev/mapper/bounce-a
	lvm_on /dev/mapper/bounce-a pvcreate /dev/mapper/bounce-a
	lvm_on /dev/mapper/bounce-a vgcreate vg /dev/mapper/bounce-a
	lvm_on /dev/mapper/bounce-a lvcreate -y -Zn -Wn -L 128M -n lv vg
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/mapper/vg-lv || fail mkfs
	mount /dev/mapper/vg-lv "$tmp/mnt" || fail mount
	head -c 4M /dev/urandom >"$tmp/data"
	cp "$tmp/data" "$tmp/mnt/before"
	reload bounce-a "0 $got bounce /dev/n 0 1 mode:all" || fail 'reload'
	dd if="$tmp/data" of="$tmp/mnt/after" bs=1M oflag=direct 2>/dev/null || fail 'write'
	echo 3 >/proc/sys/vm/drop_caches
	cmp "$tmp/data" "$tmp/mnt/before" || fail 'the file of before is another one'
	cmp "$tmp/data" "$tmp/mnt/after" || fail 'the file is another one'
	expect_stat written a write_bounced_bytes -ge 4194304
	expect_stat read a read_bounced_bytes -ge 4194304
	! dmsetup remove bounce-a 2>/dev/null || fail 'removed below a volume'
	umount "$tmp/mnt"
	lvm_on /dev/mapper/bounce-a vgchange -an vg
	# The volume is on the disk itself.
	power_off a
	lvm_on /dev/n vgchange -ay vg
	mount /dev/mapper/vg-lv "$tmp/mnt" || fail 'mount without bounce'
	cmp "$tmp/data" "$tmp/mnt/after" || fail 'the file is another one without bounce'
	umount "$tmp/mnt"
	lvm_on /dev/n vgchange -an vg
}

# Over a logical volume that grows, while a program has the device open.
test_dm_lvm_below()
{
	local pid
	null n size=160
	lvm_on /dev/n vgcreate vg /dev/n
	lvm_on /dev/n lvcreate -y -Zn -Wn -L 32M -n lv vg
	bounce a /dev/mapper/vg-lv mode=write
	mkfifo "$tmp/in"
	bounce_io sizes /dev/bounce-a <"$tmp/in" >"$tmp/sizes" &
	pid=$!
	exec 7>"$tmp/in"
	until_true has_lines "$tmp/sizes" 1
	lvm_on /dev/n lvextend -L 64M vg/lv
	get "$(readlink -f /sys/dev/block/"$(stat -Lc '%Hr:%Lr' /dev/mapper/vg-lv)")/size"
	expect 'the volume' $((64 << 11)) "$got"
	say_size
	expect 'without a reload' "size=$((32 << 20)) end=$((32 << 20))" "$got"
	expect_value 'behind the end' result = ENOSPC \
		"$(bounce_io oneio /dev/bounce-a write 60M 64K)"
	table_of /dev/mapper/vg-lv mode=write
	reload bounce-a "$got" || fail reload
	say_size
	expect 'with a reload' "size=$((64 << 20)) end=$((64 << 20))" "$got"
	expect_value 'the new end' result = 0 "$(bounce_io oneio /dev/bounce-a write 60M 64K)"
	expect random 'done=30' "$(bounce_io random /dev/bounce-a 30 512 512 512K)"
	exec 7>&-
	wait $pid
	rm "$tmp/in"
	power_off a
	lvm_on /dev/n vgchange -an vg
}

# pages_swapped_out, in $got
pages_swapped_out()
{
	got=$(awk '$1 == "pswpout" { print $2 }' /proc/vmstat)
}

swapped_out_more_than()
{
	pages_swapped_out
	[ "$got" -gt "$1" ]
}

# A program of 24 MiB in a cgroup of 8 MiB
test_dm_swap()
{
	local cg=/sys/fs/cgroup/swap pid
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup ||
		{ skip 'no cgroup2'; return; }
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	mkdir -p $cg
	[ -e $cg/memory.max ] || { skip 'no memory controller'; rmdir $cg; return; }
	echo 8M >$cg/memory.max
	null n size=128
	bounce a /dev/n mode=all reserve_kib=256 detect=1
	if ! mkswap /dev/bounce-a >"$tmp/out" || ! swapon /dev/mapper/bounce-a; then
		fail swapon
		return
	fi
	pages_swapped_out
	set -- "$got"
	( echo 0 >$cg/cgroup.procs; exec bounce_io eat 24 >"$tmp/eat" ) &
	pid=$!
	until_true swapped_out_more_than $(($1 + (32 << 20) / (page_kib << 10)))
	expect_set 'removed under swap' EBUSY a power 0
	kill -TERM $pid
	wait $pid || fail "a wrong page: $(<"$tmp/eat")"
	expect_stat 'swapped out' a write_bounced_bytes -gt $((16 << 20))
	expect_stat 'swapped in' a read_bounced_bytes -gt $((8 << 20))
	swapoff /dev/mapper/bounce-a || fail swapoff
	rmdir $cg
}

# A suspended device freezes the file system on it, as for a snapshot.
test_dm_suspend_freezes()
{
	null n size=320
	bounce a /dev/n mode=write
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/bounce-a || fail mkfs
	mount /dev/mapper/bounce-a "$tmp/mnt" || { fail mount; return; }
	head -c 1M /dev/urandom >"$tmp/data"
	cp "$tmp/data" "$tmp/mnt/data"
	dmsetup suspend bounce-a || fail suspend
	dd if=/dev/n of="$tmp/snapshot" bs=1M iflag=direct 2>/dev/null
	dmsetup resume bounce-a || fail resume
	echo x >"$tmp/mnt/more" || fail 'the file system stays frozen'
	e2fsck -fn "$tmp/snapshot" >"$tmp/fsck" 2>&1 || fail "the snapshot: $(<"$tmp/fsck")"
	debugfs -R "dump /data $tmp/back" "$tmp/snapshot" 2>/dev/null
	cmp "$tmp/data" "$tmp/back" || fail 'the file is another one'
	umount "$tmp/mnt"
	rm "$tmp/snapshot"
}
