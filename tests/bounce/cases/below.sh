# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# The disk below: it goes, it is slow, it has a cache or protection information.

io_is_going_on()
{
	local stat
	block_dir "$1"
	read -ra stat <"$got/stat"
	[ "${stat[4]}" -gt 20 ]
}

# start_io DISK...: I/O in the background, until something fails; $! is its process
start_io()
{
	local name all=
	for name; do
		all=$all${all:+:}/dev/$name
	done
	fio --name=x --filename="$all" --rw=randrw --bs=64k --size=32m --direct=1 \
		--ioengine=libaio --iodepth=16 --thread --time_based --runtime=120 \
		--continue_on_error=none --output="$tmp/fio" >"$tmp/out" 2>&1 &
	for name; do
		until_true io_is_going_on "$name"
	done
}

# no_scsi_target: that of the disk is gone; 0:1, that of the host's pseudo device, stays (7.3)
no_scsi_target()
{
	! compgen -G '/sys/kernel/debug/scsi_debug/target*:0:0' >/dev/null
}

# scsi_disk PARAMETER...: of scsi_debug, whose disk is /dev/sda
scsi_disk()
{
	modprobe -q sd_mod && modprobe -q scsi_debug "$@" && return
	skip 'no scsi_debug'
	return 1
}

# The module does not wait for the worker that removes a target's directory in debugfs; when
# its exit removes the parent meanwhile, the worker oopses (7.3). So the target goes first.
unload_scsi_debug()
{
	# udev may have the disk open for a moment.
	until_true grep -qx 0 /sys/module/scsi_debug/refcnt
	echo -1 >/sys/bus/pseudo/drivers/scsi_debug/add_host
	until_true no_scsi_target
	modprobe -r scsi_debug || fail 'scsi_debug is in use'
}

test_lower_disk_goes()
{
	local name
	for name in a b; do
		null "n$name" irqmode=2 completion_nsec=20000000
	done
	bounce a /dev/na mode=none
	bounce b /dev/nb mode=all
	start_io bounce-a bounce-b
	echo 0 >"$nullb/na/power"
	echo 0 >"$nullb/nb/power"
	! wait $! || fail 'fio did not notice'
	for name in a b; do
		until_true gone $name
		forget $name
	done
}

test_nvme_unplugged()
{
	local disk pci
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	pci=$(readlink -f "/sys/block/$disk/device/device")
	bounce a "/dev/$disk" mode=all
	start_io bounce-a
	echo 1 >"$pci/remove"
	! wait $! || fail 'fio did not notice'
	until_true gone a
	forget a
	echo 1 >/sys/bus/pci/rescan
	wait_for_node "/dev/$disk"
}

# The device below answers nothing, and its driver gives up after a second.
test_lower_disk_times_out()
{
	local way out
	scsi_disk dev_size_mb=16 delay=0 || return
	wait_for_node /dev/sda
	echo 1 >/sys/block/sda/device/timeout
	echo 1 >/sys/block/sda/device/eh_timeout
	for way in /sys/block/sda/device/scsi_disk/*; do
		echo 0 >"$way/max_retries"
	done
	bounce a /dev/sda mode=all
	echo 1 >/sys/bus/pseudo/drivers/scsi_debug/every_nth
	for way in write read; do
		echo 4 >/sys/bus/pseudo/drivers/scsi_debug/opts
		out=$(bounce_io oneio /dev/bounce-a $way 0 64K)
		echo 0 >/sys/bus/pseudo/drivers/scsi_debug/opts
		note "$way: $out"
		value result "$out"
		[ "$got" != 0 ] || fail "$way did not fail"
		[ "$got" != none ] || fail "$way never ended"
		expect_value "$way: changed" changed = 0 "$out"
	done
	expect_set 'power off' 0 a power 0
	unload_scsi_debug
}

# Two parts of a read fail in different ways, one after the other.
test_first_error_is_kept()
{
	null n badblocks=+2047-2047
	scsi_disk dev_size_mb=16 || return
	wait_for_node /dev/sda
	# At sector 4660 scsi_debug has a medium error, which is ENODATA.
	echo 2 >/sys/bus/pseudo/drivers/scsi_debug/opts
	dmsetup create mix --table "0 2048 linear /dev/n 0
2048 8192 linear /dev/sda 4656"
	gates="$gates mix"
	wait_for_node /dev/mapper/mix
	bounce a /dev/mapper/mix mode=all max_bounce_kib=64
	expect_value 'the second' result = ENODATA "$(bounce_io oneio /dev/bounce-a read 1M 64K)"
	expect_value 'both' result = EIO "$(bounce_io oneio /dev/bounce-a read 960K 128K)"
	remove a
	until_true dmsetup remove mix
	gates=
	unload_scsi_debug
}

bio_queue=/sys/kernel/tracing/events/block/block_bio_queue

# watch_bios DISK: for arriving, until unwatch_bios
watch_bios()
{
	get "/sys/block/$1/dev"
	echo 0 >/sys/kernel/tracing/tracing_on
	echo "dev == $((${got%:*} << 20 | ${got#*:}))" >$bio_queue/filter
	echo 1 >$bio_queue/enable
}

unwatch_bios()
{
	echo 0 >$bio_queue/enable
	echo 0 >$bio_queue/filter
}

# arriving COMMAND...: the requests that arrive at the watched disk: flags, sector and
# length of each bio
arriving()
{
	local t=/sys/kernel/tracing
	echo >$t/trace
	echo 1 >$t/tracing_on
	"$@" >"$tmp/out" || fail "$*"
	echo 0 >$t/tracing_on
	got=$(sed -n 's/.*block_bio_queue: [0-9,]* \(.*\) \[.*/\1/p' $t/trace)
}

test_flush_discard_and_the_like()
{
	local mode raw
	null n discard=1 cache_size=16 fua=1
	watch_bios n
	arriving bounce_io everything /dev/n
	raw=$got
	for mode in 'WFS 0 + 8' 'FWS 0 + 0' 'DS 2048 + 2048' 'WS 8192 + 2048'; do
		[[ $raw == *"$mode"* ]] || fail "no $mode on the raw device: $raw"
	done
	for mode in none write all guest; do
		bounce a /dev/n mode=$mode
		arriving bounce_io everything /dev/bounce-a
		expect "$mode" "$raw" "$got"
	done
	unwatch_bios
}

# null_blk cannot do that by itself, so zeroes are written there.
test_write_zeroes()
{
	local disk mode raw
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	watch_bios "$disk"
	arriving blkdiscard -f -z -l 1M "/dev/$disk"
	raw=$got
	note "raw: ${raw//$'\n'/, }"
	# "N" before the trace knew a word for it
	[[ $raw == WZ* || $raw == 'N '* ]] || fail 'the raw device does not write zeroes'
	for mode in none write all guest; do
		dd if=/dev/urandom of="/dev/$disk" bs=1M count=1 oflag=direct 2>/dev/null
		bounce a "/dev/$disk" mode=$mode
		arriving blkdiscard -f -z -l 1M /dev/bounce-a
		expect "$mode" "$raw" "$got"
		expect_stat "$mode: data" a write_bounced_bios -eq 0
		expect "$mode: the data" sum=0 "$(bounce_io sum /dev/bounce-a 0 1M)"
	done
	unwatch_bios
}

# pi_passes WHAT DISK LOWER: protection information of a program gets to the device
# below, as block 0 is readable where it is right, and only there
pi_passes()
{
	expect "$1: wrong" result=0 "$(bounce_io pi "$2" 0)"
	expect_value "$1: wrong, read" result = EILSEQ "$(bounce_io oneio "$3" read 0 512)"
	expect "$1: right" result=0 "$(bounce_io pi "$2" 0xb218)"
	expect_value "$1: right, read" result = 0 "$(bounce_io oneio "$3" read 0 512)"
}

test_integrity_of_the_lower_disk()
{
	local disk mode programs=1
	nvme pi || { skip 'no NVMe with protection information'; return; }
	disk=$got
	if [ "$(bounce_io pi "/dev/$disk" 0xb218)" = result=no_attributes ]; then
		note 'this kernel takes no protection information from programs'
		programs=
	fi
	[ -z "$programs" ] || pi_passes raw "/dev/$disk" "/dev/$disk"
	bounce a "/dev/$disk" mode=none
	get "/sys/block/$disk/integrity/format"
	expect_file 'none' "$got" /sys/block/bounce-a/integrity/format
	[ -z "$programs" ] || pi_passes none /dev/bounce-a "/dev/$disk"
	for mode in write all guest; do
		bounce a "/dev/$disk" mode=$mode
		expect_file "$mode" none /sys/block/bounce-a/integrity/format
		[ -z "$programs" ] ||
			expect "$mode: refused" result=EINVAL "$(bounce_io pi /dev/bounce-a 0xb218)"
	done
}

# pi_disk: an NVMe disk with protection information that programs can send, in $got
pi_disk()
{
	nvme pi || { skip 'no NVMe with protection information'; return 1; }
	[ "$(bounce_io pi "/dev/$got" 0xb218)" != result=no_attributes ] ||
		{ skip 'this kernel takes no protection information from programs'; return 1; }
}

# Device mapper above keeps the integrity profile of mode none, so a program may send protection
# information that a bounced bio cannot carry.
test_integrity_from_above_is_refused()
{
	local disk mode read refused=0
	pi_disk || return
	disk=$got
	bounce a "/dev/$disk" mode=none
	gate g /dev/bounce-a
	expect_stat 'mode none: refusals' a integrity_refusals -eq 0
	for mode in write all; do
		expect_set "$mode" 0 a mode $mode
		expect "$mode: with it" result=EOPNOTSUPP "$(bounce_io pi /dev/mapper/g 0xb218)"
		# io_uring may have tried twice: at EOPNOTSUPP it tries again without NOWAIT
		expect_stat "$mode: refusals" a integrity_refusals -gt "$refused"
		refused=$got
		# In mode write it is not bounced.
		read='result=0 guard=0xb218'
		[ $mode = write ] || read='result=EOPNOTSUPP guard=0'
		expect "$mode: read" "$read" "$(bounce_io pi_read /dev/mapper/g)"
		expect_value "$mode: write without it" result = 0 \
			"$(bounce_io oneio /dev/mapper/g write 0 64K)"
		expect_value "$mode: read without it" result = 0 \
			"$(bounce_io oneio /dev/mapper/g read 0 64K)"
	done
	expect_stat 'a read was refused, too' a integrity_refusals -gt "$refused"
	expect_set none 0 a mode none
	pi_passes 'mode none again' /dev/mapper/g "/dev/$disk"
	# clean_up() removes what is above a bounce disk too late.
	until_true dmsetup remove g
	gates=
}

# mode_is_set NAME MODE: the disk may be open for a moment longer
mode_is_set()
{
	set_attr "$1" mode "$2"
	[ "$got" = 0 ]
}

# A file system that sent protection information looks for the integrity profile again when
# a read has ended.
test_mode_keeps_integrity_in_use()
{
	local disk mode fd
	pi_disk || return
	disk=$got
	bounce a "/dev/$disk" mode=none
	exec {fd}</dev/bounce-a
	expect_set 'to write, nothing has passed' 0 a mode write
	expect_set 'to none' 0 a mode none
	pi_passes 'mode none' /dev/bounce-a "/dev/$disk"
	for mode in write all guest direct; do
		expect_set "to $mode" EBUSY a mode $mode
		get "$config/a/mode"
		expect "$mode: it stays" none "$got"
	done
	expect_set 'none again' 0 a mode none
	exec {fd}<&-
	until_true mode_is_set a write
	exec {fd}</dev/bounce-a
	expect_set 'to none, open' 0 a mode none
	expect_set 'to all, nothing has passed' 0 a mode all
	exec {fd}<&-
}

# What dm-log-writes saw when everything is done to the disk, or through a bounce
# device: in which order it is durable, and with which flags.
log_of()
{
	get /sys/block/n/size
	dmsetup create lw --table "0 $got log-writes /dev/n /dev/log" || return 1
	wait_for_node /dev/mapper/lw
	if [ "$1" = raw ]; then
		bounce_io everything /dev/mapper/lw >"$tmp/out"
	else
		bounce a /dev/mapper/lw mode="$1"
		bounce_io everything /dev/bounce-a >"$tmp/out"
		power_off a
	fi
	# The log ends when the target goes.
	dmsetup remove lw
	got=$(bounce_io log /dev/log)
}

test_log_writes()
{
	local raw mode
	null n discard=1 cache_size=16 fua=1
	null log size=64
	log_of raw 2>"$tmp/dm" || { skip "dm-log-writes: $(tail -n 1 "$tmp/dm")"; return; }
	raw=$got
	note "raw: ${raw//$'\n'/, }"
	# Flush, FUA and discard are there: 1, 2 and 4.
	for mode in 1 2 4; do
		[[ $raw == *"0x$mode "* ]] || fail "the raw device saw no flag $mode"
	done
	for mode in write all; do
		log_of $mode
		expect "$mode" "$raw" "$got"
	done
}

test_bounce_over_bounce()
{
	null n
	bounce a /dev/n mode=all reserve_kib=64
	bounce b /dev/bounce-a mode=all reserve_kib=64
	expect random 'done=20' "$(bounce_io random /dev/bounce-b 20 512 512 2M)"
	if has_faults; then
		faults fail_alloc 100
		expect 'on the reserves' 'done=30' "$(bounce_io random /dev/bounce-b 30 512 512 512K)"
		faults fail_alloc 0
		expect_stat 'upper reserve' b reserve_uses -gt 0
		expect_stat 'lower reserve' a reserve_uses -gt 0
	fi
	expect_set 'lower off' EBUSY a power 0
	remove b
}

test_side_by_side()
{
	local p
	null n
	printf 'label: gpt\nsize=32M\nsize=32M\n' | sfdisk -q /dev/n
	p=; [ -b /dev/n1 ] || p=p
	wait_for_node "/dev/n${p}2"
	bounce a "/dev/n${p}1" mode=all
	bounce b "/dev/n${p}2" mode=all
	bounce_io random /dev/bounce-a 60 512 512 512K >"$tmp/a" &
	bounce_io random /dev/bounce-b 60 512 512 512K >"$tmp/b" &
	wait
	expect a 'done=60' "$(<"$tmp/a")"
	expect b 'done=60' "$(<"$tmp/b")"
}
