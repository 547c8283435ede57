# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Rows 105, 107, 109, 110, 116 and 120: what changes or goes below is seen above, and
# what the device below allows is allowed.

# unbind_and_bind DISK COMMAND...: what an orderly removal is; the command in between
unbind_and_bind()
{
	local driver=/sys/bus/scsi/drivers/sd name
	name=$(readlink -f "/sys/block/$1/device")
	name=${name##*/}
	echo "$name" >$driver/unbind
	"${@:2}"
	rmdir "$config/a" || fail rmdir
	echo "$name" >$driver/bind
	settle "/dev/$1"
}

close_8()
{
	exec 8<&-
}

# Whoever is above may still write then, so nothing that was written may be lost.
row109_orderly_removal()
{
	if ! modprobe -q sd_mod || ! modprobe -q scsi_debug dev_size_mb=64 delay=0; then
		skip 'no scsi_debug'
		return
	fi
	settle /dev/sda
	head -c 8M /dev/urandom >"$tmp/data"
	mkdir -p "$tmp/mnt"
	mkfs.ext4 -q -F /dev/sda || fail mkfs
	bounce a /dev/sda mode=write
	if ! mount /dev/bounce-a "$tmp/mnt" || ! cp "$tmp/data" "$tmp/mnt/data"; then
		fail 'no file system'
	fi
	unbind_and_bind sda umount "$tmp/mnt"
	mount /dev/sda "$tmp/mnt" || fail 'mount below'
	cmp "$tmp/data" "$tmp/mnt/data" || fail 'the file is another one'
	umount "$tmp/mnt"

	# ... nor from the page cache of the disk itself.
	bounce a /dev/sda mode=write
	exec 8<>/dev/bounce-a
	cat "$tmp/data" >&8
	unbind_and_bind sda close_8
	cmp -n 8388608 "$tmp/data" /dev/sda || fail 'the disk has other data'
	modprobe -r scsi_debug || fail 'scsi_debug is in use'
}

# As many pieces as a bio can have: nothing of it may be needed for ourselves.
row107_all_vecs()
{
	[ "$module" = bounce_blk ] || { skip "the kernel's have room for one less"; return; }
	# It takes 1 MiB as a whole; what is split cannot but wait.
	null n max_sectors=2048
	dd if=/dev/urandom of=/dev/n bs=1M count=1 oflag=direct 2>/dev/null
	bounce a /dev/n mode=all
	expect '2 bytes each' 'bytes=512 result=0 wrong=0' \
		"$(bounce_io scatter /dev/bounce-a 256 2 8 wait)"
	expect_stat 'splits before' a splits -eq 0
	expect 'a page each' 'bytes=1048576 result=0 wrong=0' \
		"$(bounce_io scatter /dev/bounce-a 256 4K 8K wait)"
	expect 'without waiting' 'bytes=1048576 result=0 wrong=0' \
		"$(bounce_io scatter /dev/bounce-a 256 4K 8K nowait)"
	expect_stat splits a splits -eq 0
	expect_stat refusals a nowait_refusals -eq 0
}
