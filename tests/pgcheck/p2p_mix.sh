#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loads the module that mixes peer and host memory, in the lab, and compares the
# results with those that Documentation/checks/linux-7.3.rst explains.
# As KTAP. For a machine made with
#
#	lab run --nvme cmb --nvme plain --nvme pi -- tests/pgcheck/p2p_mix.sh
#
# With --append swiotlb=force, six cases fail; the document says which.

. "$(dirname "$0")/../lib/tap.sh"

# TRY DISK PAGES: RESULT CONTENT, the same for a read and for a write. A result is
# a number of bytes (of two bios: 0) or an error, CONTENT tells the data in the
# pages, or on the disk: n the new, o the old. After a "|", the result where the
# kernel allows peer DMA between the two controllers; QEMU's processor decides that.
expected()
{
	cat <<-END
		add HH: 8192
		add PP: 8192
		add PH: 4096
		add HP: 4096
		vector own HH: 8192 nn
		vector own PP: 8192 nn
		vector own PH: -5 oo
		vector own HP: -5 oo
		pair own HH: 4096 4096 merged nn
		pair own PP: 4096 4096 merged nn
		pair own PH: -5 -5 merged oo
		pair own HP: -5 -5 merged oo
		bios own HH: 0 0 merged nn
		bios own PP: 0 0 nn
		bios own PH: 0 0 nn
		bios own HP: 0 0 nn
		user own HH: 8192 nn
		user own PP: 8192 nn
		user own PH: 8192 nn
		user own HP: 8192 nn
		vector peer HH: 8192 nn
		vector peer PP: -22 oo | 8192 nn
		vector peer PH: -22 oo | 8192 nn
		vector peer HP: 8192 nn
		pair peer HH: 4096 4096 merged nn
		pair peer PP: -22 -22 merged oo | 4096 4096 merged nn
		pair peer PH: -22 -22 merged oo | 4096 4096 merged nn
		pair peer HP: 4096 4096 merged nn
		bios peer HH: 0 0 merged nn
		bios peer PP: -22 -22 oo | 0 0 nn
		bios peer PH: -22 0 on | 0 0 nn
		bios peer HP: 0 -22 no | 0 0 nn
		user peer HH: 8192 nn
		user peer PP: -22 oo | 8192 nn
		user peer PH: -22 oo | 8192 nn
		user peer HP: 8192 nn
		meta pi HH: 4096 nn
		meta pi PP: -22 oo | 4096 nn
		meta pi PH: -22 oo | 4096 nn
		meta pi HP: 4096 nn
	END
}

# The lines that the module is to report, where peer DMA is $1.
expected_lines()
{
	expected | if [ "$1" = allowed ]; then
		sed 's/:.*|/:/'
	else
		sed 's/ *|.*//'
	fi | sed '/^add/!{ h; s/:/ read:/p; g; s/:/ write:/; }'
}

own='' peer='' pi=''
for disk in /sys/block/nvme*n1; do
	if [ -d "$disk/device/device/p2pmem" ]; then
		own=$disk
	elif [ "$(cat "$disk/metadata_bytes")" != 0 ]; then
		pi=$disk
	else
		peer=$disk
	fi
done
[ -n "$own" ] && [ -n "$peer" ] && [ -n "$pi" ] || only_result 1 'a disk is missing'
modprobe p2p_mix_test "disks=/dev/${own##*/},/dev/${peer##*/},/dev/${pi##*/}" ||
	only_result 1 'p2p_mix_test loads'
results=$(cat /sys/module/p2p_mix_test/parameters/results)
modprobe -r p2p_mix_test || only_result 1 'p2p_mix_test is removed'

lines=$(expected_lines "$(echo "$results" | sed -n 's/^peer: //p')")
count=$(echo "$lines" | wc -l)
plan $((count + 1))
while read -r line; do
	got=$(echo "$results" | grep "^${line%%:*}:")
	if [ "$got" = "$line" ]; then
		result 0 "$line"
	else
		note "expected $line"
		result 1 "$got"
	fi
done <<END
$lines
END
# One more: the line that says whether peer DMA is allowed.
[ "$(echo "$results" | wc -l)" = "$((count + 1))" ]
result $? 'each try is expected'
tap_end
