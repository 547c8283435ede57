#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The cost of a bounce device beside its peers, in nanoseconds for one I/O, over
# null_blk. Run it where time counts instructions:
#
#	lab run --icount -- tests/bounce/cost.sh [--check]
#
# --check: exit 1 when a limit is missed.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/opt/vtl0/bin:$here
config=/sys/kernel/config/bounce_blk
sizes='4096 65536 1048576'
missed=0

count_for()
{
	case $1 in
	4096) echo 300 ;;
	65536) echo 100 ;;
	*) echo 20 ;;
	esac
}

bounce()
{
	mkdir "$config/$1"
	for word in backing=/dev/nb "${@:2}" power=1; do
		echo "${word#*=}" >"$config/$1/${word%%=*}" || exit 1
	done
}

declare -A ns
# measure NAME DISK: both directions, all sizes
measure()
{
	local size way
	for way in write read; do
		for size in $sizes; do
			ns[$1,$way,$size]=$(bounce_io cost "$2" $way "$size" "$(count_for "$size")")
		done
	done
}

row()
{
	local size way
	printf '%-22s' "$1"
	for way in write read; do
		for size in $sizes; do
			printf ' %10s' "${ns[$1,$way,$size]}"
		done
	done
	echo
}

# limit NAME WAY SIZE LIMIT TEXT
limit()
{
	local verdict=met got=${ns[$1,$2,$3]}
	[ "$got" -le "$4" ] || { verdict=MISSED missed=1; }
	printf '%-14s %-5s %7d: %9d, limit %9d (%s): %s\n' "$1" "$2" "$3" "$got" "$4" "$5" $verdict
}

modprobe null_blk nr_devices=0
modprobe bounce_blk
mkdir /sys/kernel/config/nullb/nb
echo 256 >/sys/kernel/config/nullb/nb/size
echo 0 >/sys/kernel/config/nullb/nb/irqmode
echo 1 >/sys/kernel/config/nullb/nb/power
sleep 0.5
sectors=$(blockdev --getsz /dev/nb)

for size in $sizes; do
	modprobe kernel_memcpy size="$size" || exit 1
	ns[memcpy,write,$size]=$(cat /sys/module/kernel_memcpy/parameters/ns)
	modprobe -r kernel_memcpy
	ns[memcpy,read,$size]=${ns[memcpy,write,$size]}
done
measure raw /dev/nb
dmsetup create lin --table "0 $sectors linear /dev/nb 0" && measure dm-linear /dev/mapper/lin && dmsetup remove lin
dmsetup create cry --table "0 $sectors crypt cipher_null-ecb - 0 /dev/nb 0" &&
	measure dm-crypt /dev/mapper/cry && dmsetup remove cry
for mode in none write all guest; do
	bounce b mode=$mode
	measure $mode /dev/bounce-b
	echo 0 >"$config/b/power"
	rmdir "$config/b"
done
for mode in none write; do
	bounce b mode=$mode detect=1
	measure $mode+detect /dev/bounce-b
	echo 0 >"$config/b/power"
	rmdir "$config/b"
done

printf '%-22s %32s %32s\n' "ns for one I/O" "write 4K 64K 1M" "read 4K 64K 1M"
for name in memcpy raw dm-linear dm-crypt none write all guest none+detect write+detect; do
	row $name
done

for size in $sizes; do
	raw=${ns[raw,write,$size]} copy=${ns[memcpy,write,$size]}
	for way in write read; do
		limit none $way "$size" $((${ns[dm-linear,$way,$size]})) dm-linear
	done
	if [ "$size" = 4096 ]; then
		limit write write "$size" $((raw + copy + 2500)) 'raw + memcpy + 2.5 us'
	else
		limit write write "$size" $((raw + copy * 115 / 100)) 'raw + 1.15 memcpy'
		limit write write "$size" $((${ns[dm-crypt,write,$size]} / 3)) 'a third of dm-crypt'
	fi
	limit all read "$size" $((${ns[raw,read,$size]} + copy * 165 / 100 + 5000)) 'raw + 1.65 memcpy + 5 us: cleared first'
	limit none+detect write "$size" $((${ns[none,write,$size]} + 2 * copy * 15 / 10)) 'none + 2 passes of 1.5 memcpy'
done
[ "${1-}" != --check ] || exit $missed
