#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's half of "make demo": 1 GiB of RAM that the kernel does not own is
# registered in three chunks, mapped, and used for I/O across their seams; then
# the same buffers once more through the mapping that upstream has.
set -eu

# the one that needs no protection information
disk=$(grep -L T10 /sys/block/nvme*/integrity/format | head -n 1 | cut -d/ -f4)
DISK=/dev/$disk
START=0x100000000
LENGTH=0x40000000
SEAM1=0x110000000
SEAM2=0x130000000
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

say() {
	printf '\n== %s\n' "$*"
}

say "RAM that this kernel ($(uname -r)) does not own"
grep -i -- '-13fffffff' /proc/iomem

say "Register it in three chunks and list them"
modprobe vtl0
for range in $START-$SEAM1 $SEAM1-$SEAM2 $SEAM2+256M; do
	echo "# vtl0ctl add $range"
	vtl0ctl add "$range"
done
echo '# vtl0ctl list'
vtl0ctl list

say "Write, wipe, read back and compare buffers across both seams"
vtl0_status=0
vtl0_demo /dev/vtl0_low "$DISK" $START $LENGTH $SEAM1 $SEAM2 >"$out/vtl0" || vtl0_status=$?
# the buffers of a closed io_uring may go a moment after its process has ended
tries=60
until vtl0ctl remove --all >/dev/null || [ $((tries -= 1)) -eq 0 ]; do
	sleep 1
done
rmmod vtl0

# The same RAM, the same disk, the same buffers.
modprobe vtl0_upstream
vtl0_demo /dev/vtl0_upstream "$DISK" $START $LENGTH $SEAM1 $SEAM2 >"$out/upstream" || :
rmmod vtl0_upstream

echo 'buffer   vtl0:             the upstream way:'
echo '         O_DIRECT io_uring O_DIRECT io_uring'
printf '%-8s\n' '64 KiB' '256 KiB' '1 MiB' '4 MiB' '6 MiB' | paste -d' ' - "$out/vtl0" "$out/upstream"

echo
if [ "$vtl0_status" -ne 0 ]; then
	echo 'FAIL: direct I/O from registered memory does not work'
	exit 1
fi
echo "PASS: guest RAM was registered, mapped and used for direct I/O on $(sed "s/ *$//" "/sys/block/$disk/device/model")"
