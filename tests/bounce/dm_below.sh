# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh and dm.sh
#
# dm-bounce and the disk below: its limits, its commands, and what it does not do any more.

# linear DISK [OFFSET [LENGTH]]: /dev/mapper/linear, which shows what device mapper itself does
linear()
{
	get "/sys/block/$1/size"
	dmsetup create linear --table "0 ${3-$got} linear /dev/$1 ${2-0}" || fail 'no linear target'
	wait_for_node /dev/mapper/linear
}

# limits_of DISK: the attributes of its queue in $got, but those of the write cache and
# stable_writes: a profile with checksums asks for stable pages, too
limits_of()
{
	block_dir "$1"
	got=$(cd "$got/queue" && grep -s . -- * | grep -v '^\(write_cache\|fua\|stable_writes\):')
}

test_dm_limits_as_linear()
{
	local word disk wanted
	null n discard=1 cache_size=16
	for word in n:8388608 pi: plain: n:0; do
		disk=${word%:*}
		if [ "$disk" != n ]; then
			nvme "$disk" || continue
			disk=$got
		fi
		[ -z "${word#*:}" ] || echo "${word#*:}" >"/sys/block/$disk/queue/discard_max_bytes"
		linear "$disk"
		limits_of linear
		wanted=$got
		dmsetup remove linear
		[[ $wanted == *max_sectors_kb:* ]] || fail "no limits: $wanted"
		bounce a "/dev/$disk" mode=none
		limits_of bounce-a
		expect "$word" "$wanted" "$got"
	done
	bounce a /dev/n mode=write
	limits_of bounce-a
	expect write "$wanted" "$got"
}

test_dm_geometry_as_linear()
{
	local disk name set geometry=()
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	linear "$disk"
	bounce a "/dev/$disk"
	for set in '' '20 4 32 0'; do
		for name in linear bounce-a; do
			# shellcheck disable=SC2086 # words
			[ -z "$set" ] || dmsetup setgeometry $name $set || fail "$name: setgeometry"
		done
		geometry=("$(bounce_io geometry /dev/mapper/linear)"
			"$(bounce_io geometry /dev/mapper/bounce-a)")
		expect "geometry '$set'" "${geometry[0]}" "${geometry[1]}"
	done
	expect 'geometry that was set' 'heads=4 sectors=32 cylinders=20 start=0' "${geometry[1]}"
	dmsetup remove linear
}

# ids_of NAME: what NVMe's ioctl answers with CAP_SYS_RAWIO and without it, in $got
ids_of()
{
	namespace_id "/dev/mapper/$1"
	set -- "$1" "$got"
	namespace_id "/dev/mapper/$1" setpriv --bounding-set=-sys_rawio
	got="$2 $got"
}

# A target that is all of the disk takes commands of everyone who may open it, one that is a
# part of it only those of CAP_SYS_RAWIO.
test_dm_ioctl_as_linear()
{
	local disk size half place wanted start len
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	get "/sys/block/$disk/size"
	size=$got
	half=$((size / 2))
	for place in "0 $size:1 1" "0 $half:1 ENOTTY" "$half $half:1 ENOTTY"; do
		wanted=${place#*:}
		read -r start len <<<"${place%:*}"
		linear "$disk" "$start" "$len"
		ids_of linear
		expect "linear, $start $len" "$wanted" "$got"
		dmsetup remove linear
		dmsetup create bounce-a --table "0 $len bounce /dev/$disk $start 1 mode:write" ||
			fail create
		wait_for_node /dev/mapper/bounce-a
		ids_of bounce-a
		expect "bounce, $start $len" "$wanted" "$got"
		dmsetup remove bounce-a
	done
	dmsetup create bounce-a --table "0 $half bounce /dev/$disk 0
$half $half bounce /dev/$disk $half" || fail 'two targets'
	wait_for_node /dev/mapper/bounce-a
	ids_of bounce-a
	expect 'two targets' 'ENOTTY ENOTTY' "$got"
}

target=/sys/kernel/config/target
wwn=naa.500140500000000

# There is such a file.
exists()
{
	compgen -G "$1" >/dev/null
}

# initiator NUMBER: a SCSI disk by which it sees the memory of persistent_disk, in $got
initiator()
{
	local path=$target/loopback/$wwn$1/tpgt_1
	mkdir -p "$path" || fail "no target $1"
	mkdir "$path/lun/lun_0" || fail "no LUN of target $1"
	put "$path/nexus" "${wwn/5001/5002}$1" || fail "nexus: $got"
	ln -s $target/core/rd_mcp_0/pr "$path/lun/lun_0/port"
	get "$path/address"
	path=/sys/bus/scsi/devices/$got:0/block
	until_true exists "$path/sd*"
	got=$(echo "$path"/sd*)
	got=${got##*/}
	wait_for_node "/dev/$got"
}

# persistent_disk: two initiators and a disk that knows their reservations; fails if this
# kernel has no SCSI target
persistent_disk()
{
	modprobe -q sd_mod && modprobe -q tcm_loop || return
	# Registrations are kept in a file there.
	mkdir -p "$tmp/target/pr"
	put $target/dbroot "$tmp/target" || fail "dbroot: $got"
	mkdir -p $target/core/rd_mcp_0/pr || return
	put $target/core/rd_mcp_0/pr/control rd_pages=4096 || fail "size: $got"
	put $target/core/rd_mcp_0/pr/enable 1 || fail "enable: $got"
	initiator 1
	first=$got
	initiator 2
	second=$got
}

remove_persistent_disk()
{
	local path
	for path in "$target"/loopback/*/tpgt_1; do
		rm "$path/lun/lun_0/port"
		rmdir "$path/lun/lun_0"
		put "$path/nexus" NULL
		rmdir "$path" "${path%/*}"
	done
	rmdir $target/loopback $target/core/rd_mcp_0/pr $target/core/rd_mcp_0 ||
		fail 'the SCSI target is in use'
	modprobe -r tcm_loop || fail 'tcm_loop is in use'
}

# pr DISK COMMAND KEY OPTION...: true if the disk does it
pr()
{
	blkpr --command "$2" --key "$3" "${@:4}" "/dev/$1" >"$tmp/pr" 2>&1
}

# expect_write WHAT ERRNO DISK
expect_write()
{
	expect_value "$1" result = "$2" "$(bounce_io oneio "/dev/$3" write 0 4K)"
}

test_dm_persistent_reservations()
{
	local first second type='--type write-exclusive'
	persistent_disk || { skip 'no SCSI target'; return; }
	bounce a "/dev/$first" mode=write
	! pr bounce-a register 0x11 --oldkey 0x99 || fail 'registered with a wrong key'
	pr bounce-a register 0x11 || fail "register: $(<"$tmp/pr")"
	! pr "$first" register 0x12 || fail 'the disk below does not know of it'
	pr "$second" register 0x22 || fail "second: $(<"$tmp/pr")"
	expect_write 'nothing reserved' 0 "$second"
	# shellcheck disable=SC2086 # words
	{
		! pr bounce-a reserve 0x12 $type || fail 'reserved with a wrong key'
		pr bounce-a reserve 0x11 $type || fail "reserve: $(<"$tmp/pr")"
		expect_write 'reserved for the first: the second' EBADE "$second"
		expect_write 'reserved for the first: the first' 0 bounce-a
		pr bounce-a release 0x11 $type || fail "release: $(<"$tmp/pr")"
		expect_write 'released' 0 "$second"
		pr bounce-a reserve 0x11 $type || fail "reserve again: $(<"$tmp/pr")"
		# The kernel gives the old key for that of who preempts.
		pr "$second" preempt 0x11 --oldkey 0x22 $type || fail "preempt: $(<"$tmp/pr")"
	}
	# The error comes up as it is.
	expect_write 'preempted: the first' EBADE bounce-a
	expect_stat 'bounced' a write_bounced_bios -eq 2
	expect_write 'preempted: the second' 0 "$second"
	! pr bounce-a clear 0x11 || fail 'cleared without a registration'
	pr bounce-a register 0x11 || fail "register again: $(<"$tmp/pr")"
	pr bounce-a clear 0x11 || fail "clear: $(<"$tmp/pr")"
	expect_write 'cleared' 0 bounce-a
	remove a
	remove_persistent_disk
}

# The disk of a running VM dies; another one is put into its place by a reload, and the VM goes on.
test_dm_dead_disk_is_replaced()
{
	local disk pci
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	pci=$(readlink -f "/sys/block/$disk/device/device")
	bounce a "/dev/$disk" mode=all
	hold a
	echo 1 >"$pci/remove"
	echo >&7
	until_true has_lines "$tmp/out" 2
	expect 'dead' 'read=EIO write=EIO' "$(tail -n 1 "$tmp/out")"
	expect_set 'remove while open' EBUSY a power 0
	null n size=1024 memory_backed=0
	table_of /dev/n mode=all
	reload bounce-a "$got" || fail reload
	echo >&7
	until_true has_lines "$tmp/out" 3
	expect 'replaced' 'read=4096 write=4096' "$(tail -n 1 "$tmp/out")"
	exec 7>&-
	wait $!
	rm "$tmp/in"
	# Nothing holds the dead one, so that the next one can have its name.
	echo 1 >/sys/bus/pci/rescan
	wait_for_node "/dev/$disk"
}

test_dm_integrity_passes_in_mode_none()
{
	local disk mode
	pi_disk || return
	disk=$got
	bounce a "/dev/$disk" mode=none
	pi_passes none /dev/bounce-a "/dev/$disk"
	for mode in write all guest direct; do
		bounce a "/dev/$disk" mode=$mode
		expect "$mode" result=EINVAL "$(bounce_io pi /dev/bounce-a 0xb218)"
		expect_value "$mode: without it" result = 0 \
			"$(bounce_io oneio /dev/bounce-a write 0 64K)"
	done
}

# expect_format WHAT WANTED: of the protection information of bounce-a
expect_format()
{
	block_dir bounce-a
	expect_file "$1" "$2" "$got/integrity/format"
}

# A linear target becomes a bounced one. What was stacked on it goes on to send protection
# information, and so does a read that came while it was suspended.
test_dm_integrity_is_refused()
{
	local disk size mode read='result=0 guard=0xb218'
	pi_disk || return
	disk=$got
	get "/sys/block/$disk/size"
	size=$got
	for mode in none write all; do
		dmsetup create bounce-a --table "0 $size linear /dev/$disk 0"
		wait_for_node /dev/mapper/bounce-a
		gate g /dev/mapper/bounce-a
		pi_passes "$mode: linear" /dev/mapper/g "/dev/$disk"
		shut_gate bounce-a
		bounce_io pi_read /dev/mapper/g >"$tmp/out" &
		pause 0.3
		dmsetup reload bounce-a --table "0 $size bounce /dev/$disk 0 1 mode:$mode"
		open_gate bounce-a
		wait $!
		[ $mode != all ] || read='result=EOPNOTSUPP guard=0'
		expect "$mode: a read that waited" "$read" "$(<"$tmp/out")"
		dmsetup message bounce-a 0 reset
		if [ $mode = none ]; then
			pi_passes none /dev/mapper/g "/dev/$disk"
			expect_format none "$(<"/sys/block/$disk/integrity/format")"
		else
			expect "$mode: with it" result=EOPNOTSUPP "$(bounce_io pi /dev/mapper/g 0xb218)"
			# io_uring may try once more where it can wait.
			expect_stat "$mode: refusals" a integrity_refusals -gt 0
			expect_format "$mode" nop
		fi
		expect_value "$mode: write without it" result = 0 \
			"$(bounce_io oneio /dev/mapper/g write 0 64K)"
		expect_value "$mode: read without it" result = 0 \
			"$(bounce_io oneio /dev/mapper/g read 0 64K)"
		until_true dmsetup remove g
		gates=
		power_off a
	done
}

# XFS of Linux 7.2 makes protection information itself where the device takes it.
test_dm_reload_below_xfs_over_pi()
{
	local disk file size
	nvme pi || { skip 'no NVMe with protection information'; return; }
	disk=$got
	get "/sys/block/$disk/size"
	size=$got
	dmsetup create bounce-a --table "0 $size linear /dev/$disk 0"
	wait_for_node /dev/mapper/bounce-a
	mkdir -p "$tmp/mnt"
	mkfs.xfs -q -f /dev/mapper/bounce-a || fail mkfs
	mount /dev/mapper/bounce-a "$tmp/mnt" || { fail mount; return; }
	head -c 2M /dev/urandom >"$tmp/data"
	dd if="$tmp/data" of="$tmp/mnt/before" bs=1M oflag=direct 2>/dev/null || fail 'write before'
	reload bounce-a "0 $size bounce /dev/$disk 0 1 mode:all" || fail reload
	dd if="$tmp/data" of="$tmp/mnt/after" bs=1M oflag=direct 2>/dev/null || fail write
	dd if="$tmp/data" of="$tmp/mnt/cached" bs=1M conv=fsync 2>/dev/null || fail 'cached write'
	echo 3 >/proc/sys/vm/drop_caches
	for file in before after cached; do
		cmp "$tmp/data" "$tmp/mnt/$file" || fail "$file: another file"
	done
	expect_stat refusals a integrity_refusals -eq 0
	expect_stat bounced a write_bounced_bytes -gt 2097152
	umount "$tmp/mnt" || fail umount
}

# A SCSI disk finds out that it cannot write zeroes: they are written, and a reload takes the limits
# of that disk.
test_dm_withdrawn_features()
{
	local a
	scsi_disk dev_size_mb=16 delay=0 lbpu=1 lbpws=1 || return
	wait_for_node /dev/sda
	dd if=/dev/urandom of=/dev/sda bs=1M count=1 oflag=direct 2>/dev/null
	bounce a /dev/sda mode=write
	for a in write_zeroes_max_bytes discard_max_bytes; do
		queue_of bounce-a $a
		expect_test "$a before" "$got" -gt 0
	done
	scsi_error 0x41
	scsi_error 0x93
	scsi_error 0x42
	blkdiscard -f -z -l 1M /dev/bounce-a || fail 'no zeroes'
	expect 'the data' sum=0 "$(bounce_io sum /dev/sda 0 1M)"
	! blkdiscard -f -l 1M /dev/bounce-a 2>"$tmp/out" || fail 'a discard that cannot be'
	expect_queue 'write zeroes' 0 bounce-a write_zeroes_max_bytes
	expect_set 'a reload' 0 a mode all
	# Device mapper of 6.12 clears this one with a reload only.
	for a in write_zeroes_max_bytes discard_max_bytes; do
		expect_queue "$a after a reload" 0 bounce-a $a
	done
	expect_value 'afterwards' result = 0 "$(bounce_io oneio /dev/bounce-a write 0 64K)"
	power_off a
	unload_scsi_debug
}
