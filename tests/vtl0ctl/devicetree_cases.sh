# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # of commands.sh
# Ranges that the devicetree reserves, for add and in files; commands.sh reads this.

# property NODE NAME CELL...: a property as the kernel shows it, of words in hexadecimal
property() {
	mkdir -p "$tree$1"
	file=$tree$1/$2
	shift 2
	for cell; do
		# shellcheck disable=SC2059 # makes the four bytes
		printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((0x$cell >> 24)) $((0x$cell >> 16 & 255)) \
			$((0x$cell >> 8 & 255)) $((0x$cell & 255)))"
	done >"$file"
}

# A node with a range, one with two and a disabled one, and three devices.
plant() {
	tree=$dir/tree
	export VTL0_FAKE_DEVICETREE="$tree"
	property / '#address-cells' 2
	property / '#size-cells' 2
	property /reserved-memory '#address-cells' 2
	property /reserved-memory '#size-cells' 2
	property /reserved-memory ranges
	property /reserved-memory/guest@140000000 reg 1 40000000 0 20000000
	property /reserved-memory/guest@140000000 phandle 7
	property /reserved-memory/two@200000000 reg 2 0 0 10000000 2 40000000 0 800000
	property /reserved-memory/two@200000000 phandle 8
	property /reserved-memory/off@300000000 reg 3 0 0 10000000
	printf 'disabled\0' >"$tree/reserved-memory/off@300000000/status"
	property /soc/vmm@0 memory-region 8 7
	printf 'okay\0' >"$tree/reserved-memory/guest@140000000/status"
	property /soc/lost@0 memory-region 9
	property /soc/off@0 memory-region 7
	printf 'disabled\0' >"$tree/soc/off@0/status"
}

add_devicetree() {
	fresh
	plant
	run 0 add --devicetree guest@140000000
	out "added 0x140000000+512M: id 0, 1 chunk"
	run 0 add --devicetree /reserved-memory/guest@140000000
	run 0 add --name ram0 --devicetree two@200000000:1
	out "added 0x240000000+8M: id 1, 1 chunk, /dev/vtl0_ram0"
	run 0 add --devicetree=/soc/vmm@0
	out "added 0x200000000+256M: id 2, 1 chunk"
	out "added 0x240000000+8M: id 1, 1 chunk"
	run 0 remove --all
	run 0 add 4G+1G --devicetree guest@140000000
	out "added 0x140000000+512M: id 0, 1 chunk"
	run 0 remove --all
	refuse 2 "add: --name is for one range" add --name a --devicetree two@200000000
	# what old compilers wrote
	mv "$tree/reserved-memory/two@200000000/phandle" "$tree/reserved-memory/two@200000000/linux,phandle"
	run 0 add --devicetree=/soc/vmm@0:0
	out "added 0x200000000+256M: id 0, 1 chunk"
	run 0 remove --all
	# cells of 32 bits, which a root without its own has
	rm "$tree/#address-cells" "$tree/#size-cells"
	property /reserved-memory '#address-cells' 1
	property /reserved-memory '#size-cells' 1
	property /reserved-memory/low reg 80000000 10000000
	run 0 add --devicetree low
	out "added 0x80000000+256M: id 0, 1 chunk"
	rm -r "$tree"
	run 0 add --help
	out "Usage: vtl0ctl add [OPTION...] [--devicetree=NODE[:N]]... [RANGE...]"
}

# Nodes and devices that cannot be used.
plant_unusable() {
	property /reserved-memory/none reg
	property /reserved-memory/bytes reg 1
	printf x >>"$tree/reserved-memory/bytes/reg"
	property /reserved-memory/odd reg 1 0 0 1000000 2
	property /reserved-memory/empty reg 1 0 0 1000000 2 0 0 0
	property /reserved-memory/high reg ffffffff fff00000 0 200000
	property /reserved-memory/guest@140000000/child reg 1 0 0 1000000
	# shellcheck disable=SC2046 # a list
	property /reserved-memory/long reg $(seq 257)
	property /soc/none@0 memory-region
	property /soc/bytes@0 memory-region 7
	printf x >>"$tree/soc/bytes@0/memory-region"
	# shellcheck disable=SC2046 # a list
	property /soc/long@0 memory-region $(seq 257)
	mkdir "$tree/reserved-memory/dynamic"
}

add_devicetree_messages() {
	fresh
	plant
	plant_unusable
	while IFS='|' read -r node message; do
		refuse 2 "--devicetree \"$node\": $message" add 4G+1G --devicetree "$node"
	done <<-'END'
		|the devicetree has no such node
		guest|the devicetree has no such node
		/guest@140000000|the devicetree has no such node
		.|the devicetree has no such node
		..|the devicetree has no such node
		../soc/vmm@0|the devicetree has no such node
		guest@140000000/|the devicetree has no such node
		guest@140000000/child|the devicetree has no such node
		/|the devicetree has no such node
		/soc/|the devicetree has no such node
		/soc/./vmm@0|the devicetree has no such node
		/soc//vmm@0|the devicetree has no such node
		/soc/../reserved-memory/guest@140000000|the devicetree has no such node
		/soc|the node has no memory-region, and is not in /reserved-memory
		/reserved-memory|the node has no memory-region, and is not in /reserved-memory
		/reserved-memory/guest@140000000/child|the node has no memory-region, and is not in /reserved-memory
		/soc/none@0|memory-region of the node is empty or ends within a cell
		/soc/bytes@0|memory-region of the node is empty or ends within a cell
		/soc/long@0|memory-region of the node is too long: this program reads 256 cells
		/soc/off@0|the devicetree disables the node
		/soc/lost@0|its memory-region names no node in /reserved-memory
		off@300000000|the devicetree disables the node
		dynamic|the node has no reg
		none|reg of the node is empty or ends within a cell
		bytes|reg of the node is empty or ends within a cell
		long|reg of the node is too long: this program reads 256 cells
		odd|reg of the node ends within a range
		empty|reg of the node has a range that is empty or beyond 64 bits
		high|reg of the node has a range that is empty or beyond 64 bits
		two@200000000:2|the node has fewer ranges: the first is :0
		two@200000000:x|not a number
	END
	property / '#size-cells' 1
	refuse 2 '--devicetree "guest@140000000": the kernel ignores /reserved-memory: its cells differ from the root'"'s" \
		add --devicetree guest@140000000
	property / '#size-cells' 2
	rm "$tree/reserved-memory/ranges"
	refuse 2 '--devicetree "guest@140000000": the kernel ignores /reserved-memory: it has no ranges' \
		add --devicetree guest@140000000
	property /reserved-memory '#size-cells' 3
	refuse 2 '--devicetree "guest@140000000": #address-cells or #size-cells of /reserved-memory is not 1 or 2' \
		add --devicetree guest@140000000
	rm -r "$tree"
	refuse 2 '--devicetree "guest@140000000": this machine has no devicetree' \
		add --devicetree guest@140000000
	run 0 list
	out "no ranges are registered"
}

boot_devicetree() {
	fresh
	plant
	conf=$dir/vtl0.d
	mkdir "$conf"
	printf '[guest]\ndevicetree = guest@140000000\nname = ram0\n[two]\ndevicetree = /soc/vmm@0:1\n' \
		>"$conf/a.conf"
	run 0 check --conf "$conf"
	out "2 ranges in $conf"
	run 0 restore --conf "$conf"
	out "guest: added 0x140000000+512M: id 0"
	out "two: added 0x240000000+8M: id 1"
	run 0 restore --conf "$conf"
	out "two: 0x240000000+8M was there already: id 1"
	# A range that a section describes stays there; of another one the addresses are saved.
	run 0 add --devicetree two@200000000:0
	run 0 save --conf "$conf"
	out "1 range saved in $conf/saved.conf"
	grep -qx 'range = 0x200000000+256M' "$conf/saved.conf"
	verdict $? "$label: writes the addresses"
	run 0 restore --conf "$conf"
	run 0 remove --all
	while IFS='|' read -r text message; do
		printf '[a]\n%b' "$text" >"$conf/a.conf"
		run 1 check --conf "$conf"
		err "$conf/a.conf:$message"
	done <<-'END'
		devicetree = none\n|2: devicetree = none: the devicetree has no such node
		devicetree = two@200000000\n|2: devicetree = two@200000000: the node has several ranges: write :0 behind it for the first
		devicetree = guest@140000000\nrange = 1G+1G\n|3: range = 1G+1G: range and devicetree exclude each other
		range = 1G+1G\ndevicetree = guest@140000000\n|3: devicetree = guest@140000000: range and devicetree exclude each other
	END
	run 1 restore --conf "$conf"
	out "range-0x200000000: added 0x200000000+256M: id 0"
	rm -r "$conf" "$tree"
}
