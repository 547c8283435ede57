# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Attributes, power, and the end of a device.

test_power_on_refusals()
{
	null n
	null zoned zoned=1 zone_size=4 memory_backed=0
	mkdir "$config/a"
	dmesg -C
	expect_set 'none set' ENODEV a power 1
	for pair in /dev/nothing:ENOENT /dev/zero:ENOTBLK 259:9999:ENXIO /dev/bounce-a:ENOENT \
		/dev/zoned:EOPNOTSUPP 99999:1:ENXIO; do
		expect_set "set ${pair%:*}" 0 a backing "${pair%:*}"
		expect_set "power on ${pair%:*}" "${pair##*:}" a power 1
		expect_file 'kept' "${pair%:*}" "$config/a/backing"
		expect_file 'off' 0 "$config/a/power"
	done
	expect 'reasons in the log' 7 "$(dmesg | grep -c "bounce_blk: a: ")"
	# What was refused is not kept: another device is refused for the same reason.
	mkdir "$config/other"
	set_attr other backing /dev/zoned
	expect_set 'not kept' EOPNOTSUPP other power 1
	rmdir "$config/other"
	dmesg -C
	set_attr a backing /dev/n
	blockdev --setro /dev/n
	expect_set 'read-only below' EACCES a power 1
	set_attr a backing "$(stat -c '%Hr:%Lr' /dev/n)"
	expect_set 'read-only below, by number' EACCES a power 1
	set_attr a read_only 1
	expect_set 'read_only over it' 0 a power 1
	expect 'shown' 1 "$(cat /sys/block/bounce-a/ro)"
	expect_value 'write' result = EPERM "$(bounce_io oneio /dev/bounce-a write 0 4K)"
	set_attr a power 0
	set_attr a read_only 0
	blockdev --setrw /dev/n
	mkfs.ext4 -q /dev/n && mkdir -p "$tmp/mnt" && mount /dev/n "$tmp/mnt"
	expect_set 'mounted' EBUSY a power 1
	expect 'reasons in the log' 3 "$(dmesg | grep -c "bounce_blk: a: ")"
	umount "$tmp/mnt"
	expect_set 'by number' 0 a power 1
	mkdir "$config/b"
	set_attr b backing /dev/n
	expect_set 'taken' EBUSY b power 1
	expect 'links' "bounce-a n" "$(ls /sys/block/n/holders) $(ls /sys/block/bounce-a/slaves)"
}

# The values of all attributes in $got, in the order of "features".
attributes()
{
	local a all=
	for a in backing mode detect detect_every reserve_kib max_bounce_kib max_inflight_kib \
		read_only partscan power disk; do
		get "$config/$1/$a"
		all=$all,$got
	done
	got=${all#,}
}

# Attributes and defaults are those of the table in the admin guide.
test_attributes_as_documented()
{
	local doc=$here/../../Documentation/admin-guide/bounce_blk.rst names=
	null n
	mkdir "$config/a"
	while read -r name default _; do
		names=$names${names:+,}$name
		[ "$default" = '(none)' ] ||
			expect_file "$name" "${default/#(empty)/}" "$config/a/$name"
	done < <(awk '$1 == "attribute" { table = 1; next }
		table && /^==/ { if (table++ == 2) exit; next }
		table { print $1, $2 }' "$doc")
	expect_file 'features' "$names" "$config/features"
}

test_attribute_values()
{
	local a v
	null n
	mkdir "$config/a"
	attributes a
	expect defaults ',write,0,1,1024,1024,0,0,1,0,' "$got"
	for v in '' garbage -1 1x '1 1' 18446744073709551616 4294967296 0x10 +4; do
		for a in detect detect_every reserve_kib max_bounce_kib max_inflight_kib \
			read_only partscan power mode refresh; do
			[ -n "$v" ] || continue
			expect_set "$a = $v" EINVAL a $a "$v"
		done
	done
	for v in detect=2 partscan=2 refresh=0 refresh=2 detect_every=0 reserve_kib=3 reserve_kib=1048577 max_bounce_kib=0 \
		max_bounce_kib=6 max_bounce_kib=16388 read_only=2 power=2 mode=writes mode=ALL; do
		expect_set "$v" EINVAL a "${v%=*}" "${v#*=}"
	done
	for v in detect=1 mode=all power=1 reserve_kib=64; do
		printf '%s\0junk' "${v#*=}" >"$tmp/nul"
		cat "$tmp/nul" 2>/dev/null >"$config/a/${v%=*}" && fail "$v and more behind a NUL"
	done
	expect 'two lines' EINVAL "$(bounce_io put "$config/a/backing" "/dev/a
/dev/b")"
	attributes a
	expect 'kept' ',write,0,1,1024,1024,0,0,1,0,' "$got"
	for v in detect=direct detect=1 detect_every=4294967295 reserve_kib=$page_kib \
		reserve_kib=16384 max_bounce_kib=$page_kib max_bounce_kib=16384 max_inflight_kib=4294967295 \
		max_inflight_kib=0 mode=guest mode=direct mode=all backing=/dev/n; do
		expect_set "$v" 0 a "${v%=*}" "${v#*=}"
		expect_file "$v kept" "${v#*=}" "$config/a/${v%=*}"
	done
	expect_set 'on' 0 a power 1
	expect_set 'on again' 0 a power 1
	expect_file 'disk' bounce-a "$config/a/disk"
	for v in read_only=1 partscan=0 backing=/dev/zero; do
		expect_set "$v while live" EBUSY a "${v%=*}" "${v#*=}"
	done
	attributes a
	expect 'kept while live' '/dev/n,all,1,4294967295,16384,16384,0,0,1,1,bounce-a' "$got"
	for v in detect=0 detect=direct detect_every=3 max_bounce_kib=1024 max_inflight_kib=4096 \
		reserve_kib=65536 reserve_kib=1024 mode=direct mode=none refresh=1; do
		expect_set "$v while live" 0 a "${v%=*}" "${v#*=}"
	done
	attributes a
	expect 'changed while live' '/dev/n,none,direct,3,1024,1024,4096,0,1,1,bounce-a' "$got"
	expect_set 'off' 0 a power 0
	expect_set 'off again' 0 a power 0
	expect_set 'nothing to refresh' ENODEV a refresh 1
	v=$(printf 'x%.0s' $(seq 25))
	mkdir "$config/$v" 2>/dev/null && fail 'a name of 25 letters'
	for name in 'a b' 'a!b' 'ä' 'a
b'; do
		mkdir "$config/$name" 2>/dev/null && fail "the name '$name'"
	done
	mkdir "$config/${v#x}" || fail 'a name of 24 letters'
	set_attr "${v#x}" backing /dev/n
	expect_set 'a long name' 0 "${v#x}" power 1
}

# hold NAME: a program, $!, has the disk open, and does I/O for each line to descriptor 7; what
# came of it is in $tmp/out
hold()
{
	mkfifo "$tmp/in"
	bounce_io hold "/dev/bounce-$1" <"$tmp/in" >"$tmp/out" &
	exec 7>"$tmp/in"
	until_true has "$tmp/out" open
}

test_busy_and_gone()
{
	local out
	null n
	bounce a /dev/n mode=all
	hold a
	dmesg -C
	expect_set 'power off while open' EBUSY a power 0
	out=$(dmesg)
	[[ $out == *"bounce-a: is open by bounce_io[$!]"* ]] || fail "the log: $out"
	! rmdir "$config/a" 2>/dev/null || fail 'rmdir while open'
	echo >&7
	until_true has "$tmp/out" read
	exec 7>&-
	wait $!
	expect 'still there' 'read=4096 write=4096' "$(tail -n +2 "$tmp/out")"
	! rmdir "$config/a" 2>/dev/null || fail 'rmdir while live'
	remove a
	[ ! -e /sys/block/bounce-a ] || fail 'the disk is still there'
	rm "$tmp/in"
}

test_swap()
{
	null n
	bounce a /dev/n mode=all
	if ! mkswap /dev/bounce-a >/dev/null || ! swapon /dev/bounce-a; then
		fail swapon
		return
	fi
	dmesg -C
	expect_set 'power off' EBUSY a power 0
	[[ $(dmesg) == *'bounce-a: is open, and claimed: '* ]] || fail "the log: $(dmesg)"
	! rmdir "$config/a" 2>/dev/null || fail 'rmdir of an active swap device'
	swapoff /dev/bounce-a || fail swapoff
	remove a
}

# The disk of a running VM dies, and another one is put into its place, while the VM
# still has the dead one open.
test_dead_while_open()
{
	local disk pci
	nvme plain || { skip 'no plain NVMe'; return; }
	disk=$got
	pci=$(readlink -f "/sys/block/$disk/device/device")
	bounce a "/dev/$disk" mode=all
	hold a
	echo >&7
	until_true has "$tmp/out" read
	echo 1 >"$pci/remove"
	expect_set 'power off' 0 a power 0
	until_true gone a
	echo >&7
	until_true has "$tmp/out" EIO
	expect 'dead' 'read=EIO write=EIO' "$(tail -n 1 "$tmp/out")"
	echo 1 >/sys/bus/pci/rescan
	# Under another name if something still held the old one.
	until_true test -b "/dev/$disk"
	expect_set 'power on again' 0 a power 1
	expect_value 'the new one' result = 0 "$(bounce_io oneio /dev/bounce-a write 0 64K)"
	echo >&7
	until_true has_lines "$tmp/out" 4
	expect 'not the new one' 'read=EIO write=EIO' "$(tail -n 1 "$tmp/out")"
	remove a
	exec 7>&-
	wait $!
	rm "$tmp/in"
}

# By rmdir alone, at once, open or not.
test_rmdir_of_dead()
{
	null n
	bounce a /dev/n mode=write
	exec 8<>/dev/bounce-a
	echo 0 >"$nullb/n/power"
	rmdir "$config/a" || fail rmdir
	! { printf x >&8; } 2>/dev/null || fail 'still writable'
	exec 8<&-
}

# While the disk below still has I/O, which the device has to wait for
test_rmdir_while_dying()
{
	null n irqmode=2 completion_nsec=1000000000
	bounce a /dev/n mode=write partscan=0
	bounce_io oneio /dev/bounce-a read 0 4K >"$tmp/out" &
	until_true busy a
	echo 0 >"$nullb/n/power" &
	until_true test ! -e /sys/block/bounce-a
	rmdir "$config/a" || fail rmdir
	wait
	has "$tmp/out" result= || fail 'the read never ended'
}

busy()
{
	! idle "$1"
}

test_mounted()
{
	null n size=400
	bounce a /dev/n mode=all
	mkfs.ext4 -q /dev/bounce-a && mkdir -p "$tmp/mnt" && mount /dev/bounce-a "$tmp/mnt"
	expect_set 'power off while mounted' EBUSY a power 0
	! rmdir "$config/a" 2>/dev/null || fail 'rmdir while mounted'
	dd if=/dev/urandom of="$tmp/mnt/f" bs=1M count=4 conv=fsync 2>/dev/null || fail 'write'
	echo 0 >"$nullb/n/power"
	until_true gone a
	dd if=/dev/urandom of="$tmp/mnt/g" bs=1M count=4 conv=fsync 2>/dev/null && fail 'still writable'
	umount "$tmp/mnt"
	forget a
}

# one_life MODE DETECT DISK: from mkdir to rmdir, with I/O
one_life()
{
	bounce a "$3" mode="$1" detect="$2"
	bounce_io random /dev/bounce-a 3 512 512 1M >/dev/null || fail "$1: I/O"
	remove a
}

# pages_of_lives: what the trace says of them, into a file; true when all have been freed
pages_of_lives()
{
	awk -f "$here/pages.awk" /sys/kernel/tracing/trace >"$tmp/pages"
	value kept "$(<"$tmp/pages")"
	[ "$got" = 0 ]
}

# Counts the state of each page: exact, unlike the amount of free memory.
test_no_page_left()
{
	local t=/sys/kernel/tracing events lower size i
	nvme plain || { skip 'no plain NVMe'; return; }
	lower=/dev/$got
	events=$t/events/kmem
	one_life all 1 "$lower"
	get $t/buffer_size_kb
	size=${got%% *}
	echo 65536 >$t/buffer_size_kb
	echo >$t/trace
	echo stacktrace >$events/mm_page_alloc/trigger
	echo 1 >$events/mm_page_alloc/enable
	echo 1 >$events/mm_page_free/enable
	echo 1 >$t/tracing_on
	one_life none 0 "$lower"
	one_life write 1 "$lower"
	one_life all 0 "$lower"
	one_life guest 1 "$lower"
	sync
	# Some memory is freed after a grace period.
	for ((i = 0; i < 60; i++)); do
		! pages_of_lives || break
		pause 1
	done
	echo 0 >$t/tracing_on
	echo 0 >$events/mm_page_free/enable
	echo 0 >$events/mm_page_alloc/enable
	echo '!stacktrace' >$events/mm_page_alloc/trigger
	! grep -h '^overrun: [1-9]' $t/per_cpu/cpu*/stats || fail 'the trace is not complete'
	echo >$t/trace
	echo "$size" >$t/buffer_size_kb
	expect_value 'pages of four lives' allocations -gt 100 "$(<"$tmp/pages")"
	expect_value "pages left, $(grep first= "$tmp/pages")" kept = 0 "$(<"$tmp/pages")"
}
