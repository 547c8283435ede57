#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Does an asynchronous direct write of pages of two kinds write all of them? With memory
# of device DAX, and with P2PDMA memory of an NVMe device.
#
#	lab run --kernel 7.3 --smp 1 --mem 4G --nvme cmb --append 'memmap=1G%0x100000000-1+0xefffffff' -- upstream/short-async-direct-io/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

program=reproduce-short-async-direct-io
found=''

# try FILE BYTES
try()
{
	status=0
	$program /dev/nvme0n1 "$1" "$2" || status=$?
	case $status in
	0) found=yes ;;
	1) ;;
	*) exit 1 ;;
	esac
}

dax_device 2097152
try /dev/dax0.0 2097152
set -- /sys/bus/pci/devices/*/p2pmem/allocate
[ -e "$1" ] || cannot "no P2PDMA memory"
try "$1" 16384
answer [ -n "$found" ]
