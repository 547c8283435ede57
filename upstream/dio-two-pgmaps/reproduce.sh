#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Direct I/O of a buffer over two persistent memories: is the right data transferred?
# Not since 6.17, and again from 6.18.27 and 7.0 on; writeup.rst says how to run this on
# a kernel in between.
#
#	lab run --kernel 7.3 --smp 1 --nvme plain --append "memmap=64M!1G memmap=64M!1152M" -- upstream/dio-two-pgmaps/reproduce.sh
#
# expect: not reproduced
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

for module in nd_e820 nd_pmem ext4; do
	modprobe -q $module || :
done
for i in 0 1; do
	for try in $(seq 100); do
		[ ! -b /dev/pmem$i ] || break
		sleep 0.1
	done
	[ -b /dev/pmem$i ] || cannot "no /dev/pmem$i after $try tries"
	mkfs.ext4 -q -b 4096 /dev/pmem$i
	mkdir -p /tmp/pmem$i
	mount -t ext4 -o dax=always /dev/pmem$i /tmp/pmem$i
done
# Kernels with the fault have a warning for it.
echo 0 >/proc/sys/kernel/panic_on_warn
found=no

# io TARGET: directly
io()
{
	echo "# $1"
	status=0
	reproduce-dio-two-pgmaps "$1" /tmp/pmem0/first /tmp/pmem1/second || status=$?
	case $status in
	0) found=yes ;;
	1) ;;
	*) cannot "status $status" ;;
	esac
}

io /dev/nvme0n1
mkfs.ext4 -q -F /dev/nvme0n1
mkdir -p /tmp/disk
mount -t ext4 /dev/nvme0n1 /tmp/disk
dd if=/dev/zero of=/tmp/disk/file bs=1M count=2 conv=fsync status=none
io /tmp/disk/file
answer [ $found = yes ]
