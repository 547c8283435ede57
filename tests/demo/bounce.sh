#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's half of the bounce_blk part of "make demo": programs that change
# their buffers while they are written or read, on a disk that checks the data, without
# and with a bounce device; and names one of the programs. Other disks that check: see
# Documentation/admin-guide/bounce_consumers.rst.
set -eu

disk=$(grep -l T10 /sys/block/nvme*/integrity/format | head -n 1 | cut -d/ -f4)
DISK=/dev/$disk
config=/sys/kernel/config/bounce_blk/demo

say() {
	printf '\n== %s\n' "$*"
}

value() {
	echo "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

say "An NVMe namespace with protection information: $(cat "/sys/block/$disk/integrity/format")"
say "300 writes of 64 KiB to $DISK, changed in flight"
raw=$(bounce_io flip "$DISK" 300 64K 300)
echo "$raw"

say "3000 of them through a bounce device"
modprobe bounce_blk
mkdir $config
for word in backing=$DISK detect=1 power=1; do
	echo "# echo ${word#*=} > $config/${word%%=*}"
	echo "${word#*=}" >"$config/${word%%=*}"
done
bounced=$(bounce_io flip "/dev/$(cat $config/disk)" 3000 64K 3000)
echo "$bounced"

say "Which program changed its buffers?"
echo "mutations: $(cat /sys/block/bounce-demo/bounce/mutations)"
who=$(dmesg | grep 'changed in flight' | tail -n 1)
echo "$who"

say "300 reads of 64 KiB into a buffer that is scribbled on: $DISK, then the bounce device"
raw_reads=$(bounce_io scribble "$DISK" 300 64K)
echo "$raw_reads"
echo "# echo all > $config/mode"
echo all >$config/mode
bounced_reads=$(bounce_io scribble "/dev/$(cat $config/disk)" 300 64K)
echo "$bounced_reads"
echo 0 >$config/power
rmdir $config
rmmod bounce_blk

echo
if [ "$(value failed "$raw")" -gt 0 ] && [ "$(value failed "$bounced")" = 0 ] &&
   [ "$(value unreadable "$bounced")" = 0 ] && [ "${who##* of bounce_io\[}" != "$who" ] &&
   [ "$(value failed "$raw_reads")" -gt 0 ] && [ "$(value failed "$bounced_reads")" = 0 ]; then
	echo "PASS: $(value failed "$raw") of 300 writes failed on the raw device, none of 3000 on the bounce device"
	echo "PASS: $(value failed "$raw_reads") of 300 reads failed on the raw device, none of 300 on the bounce device"
else
	echo 'FAIL: the bounce device did not make the difference'
	exit 1
fi
