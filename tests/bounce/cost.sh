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
	*) echo $((depth > 20 ? depth : 20)) ;;
	esac
}

# null NAME ATTRIBUTE=VALUE...
null()
{
	mkdir "/sys/kernel/config/nullb/$1"
	for word in size=256 "${@:2}" power=1; do
		echo "${word#*=}" >"/sys/kernel/config/nullb/$1/${word%%=*}" || exit 1
	done
}

# bounced NAME BACKING ATTRIBUTE=VALUE...: measure such a disk
bounced()
{
	mkdir "$config/b"
	for word in backing="/dev/$2" "${@:3}" power=1; do
		echo "${word#*=}" >"$config/b/${word%%=*}" || exit 1
	done
	measure "$1" /dev/bounce-b
	echo 0 >"$config/b/power"
	rmdir "$config/b"
}

declare -A ns
depth=1
# measure NAME DISK: both directions, all sizes, $depth at a time
measure()
{
	local size way
	for way in write read; do
		for size in $sizes; do
			ns[$1,$way,$size]=$(bounce_io cost "$2" $way "$size" "$(count_for "$size")" $depth)
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
null nb irqmode=0
null ni irqmode=2
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
dmsetup create cry --table "0 $sectors crypt cipher_null-ecb - 0 /dev/nb 0 2 no_read_workqueue no_write_workqueue" &&
	measure dm-crypt /dev/mapper/cry && dmsetup remove cry
for mode in none write all guest; do
	bounced $mode nb mode=$mode
done
for mode in none write; do
	bounced $mode+detect nb mode=$mode detect=1
done
# Huge pages, and a disk that ends by interrupt, after 10 us.
export HUGE_PAGES=1
measure raw-2M /dev/nb
bounced write-2M nb mode=write
bounced all-2M nb mode=all
unset HUGE_PAGES
for depth in 1 32; do
	measure raw-irq-$depth /dev/ni
	bounced write-irq-$depth ni mode=write
	bounced all-irq-$depth ni mode=all
done

printf '%-22s %32s %32s\n' "ns for one I/O" "write 4K 64K 1M" "read 4K 64K 1M"
for name in memcpy raw dm-linear dm-crypt none write all guest none+detect write+detect \
	raw-2M write-2M all-2M raw-irq-1 write-irq-1 all-irq-1 raw-irq-32 write-irq-32 all-irq-32; do
	row $name
done

# copied NAME WAY SIZE RAW PERCENT: the limit is so much of RAW and a memcpy
copied()
{
	limit "$1" "$2" "$3" $(((${ns[$4,$2,$3]} + ${ns[memcpy,$2,$3]}) * $5 / 100)) \
		"$5 % of $4 + memcpy"
}

for size in $sizes; do
	copy=${ns[memcpy,write,$size]}
	for way in write read; do
		limit none $way "$size" $((${ns[dm-linear,$way,$size]})) dm-linear
	done
	limit all read "$size" $((${ns[raw,read,$size]} + copy * 165 / 100 + 5000)) 'raw + 1.65 memcpy + 5 us: cleared first'
	limit none+detect write "$size" $((${ns[none,write,$size]} + 2 * copy * 15 / 10)) 'none + 2 passes of 1.5 memcpy'
	[ "$size" != 4096 ] || continue
	limit write write "$size" $((${ns[dm-crypt,write,$size]} * 33 / 100)) '33 % of dm-crypt'
	limit write+detect write "$size" $((${ns[write,write,$size]} + copy * 103 / 100)) 'write + 2 passes of 0.515 memcpy'
done
limit write write 4096 $((${ns[raw,write,4096]} + ${ns[memcpy,write,4096]} + 2500)) 'raw + memcpy + 2.5 us'
copied write write 65536 raw 105
copied write write 1048576 raw 102
copied write-2M write 65536 raw-2M 106
copied write-2M write 1048576 raw-2M 102
copied all-irq-1 read 4096 raw-irq-1 111
[ "${1-}" != --check ] || exit $missed
