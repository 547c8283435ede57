# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # of commands.sh
# The cases of vtl0ctl save, restore and check; commands.sh reads this.

boot() {
	fresh
	conf=$dir/vtl0.d
	run 0 check --conf "$conf"
	out "0 ranges in $conf"
	mkdir "$conf"
	printf '[guest]\nrange = 4G+2G\nnode = 1\n' >"$conf/mine.conf"
	printf '# later\n[other]\nrange = 0x200010000+3G\ntrim = yes\n' >"$conf/z.conf"
	echo nonsense >"$conf/not-read.txt"
	run 0 check --conf "$conf"
	out "2 ranges in $conf"
	run 0 restore --conf "$conf"
	out "guest: added 0x100000000+2G: id 0"
	out "other: added 0x200200000+3070M: id 1"
	run 0 restore --conf "$conf"
	run 0 add 0x40000000+1G
	run 0 save --conf "$conf"
	out "1 range saved in $conf/saved.conf"
	grep -qx 'range = 0x40000000+1G' "$conf/saved.conf"
	verdict $? "what was added by hand is saved"
	! grep -q 'range = 0x100000000+2G' "$conf/saved.conf"
	verdict $? "what another file has is not saved"
	run 0 add --name ram0 --mode 0640 --owner 7:8 16G+1G
	run 0 save --conf "$conf"
	[ "$(sed -n '/^.range-0x400000000/,$p' "$conf/saved.conf" | tr '\n' ' ')" = \
		"[range-0x400000000] range = 0x400000000+1G node = 0 name = ram0 mode = 0640 owner = 7:8 " ]
	verdict $? "name, mode and owner are saved"
	fresh
	run 0 restore --conf "$conf"
	out "range-0x40000000: added 0x40000000+1G: id 1"
	rm -r "$conf"
}

boot_messages() {
	fresh
	conf=$dir/vtl0.d
	mkdir "$conf"
	while IFS='|' read -r text message; do
		printf '%b' "$text" >"$conf/a.conf"
		run 1 check --conf "$conf"
		err "$conf/a.conf:$message"
		run 1 restore --conf "$conf"
	done <<-'END'
		range = 1G+1G\n|1: "range" stands before the first [NAME]
		[a]\nnode = 1\n|1: [a] has neither range = START+LENGTH nor devicetree = NODE
		[a]\nrange = 1G\n|2: range = 1G: a range is START+LENGTH or START-END
		[a]\nrange = 1G+1G\norder = x\n|3: order = x: not a number
		[a]\nrange = 1G+1G\ntrim = maybe\n|3: trim = maybe: it is yes or no
		[a]\nrange = 1G+1G\ncover = maybe\n|3: cover = maybe: it is yes or no
		[a]\nrange = 1G+1G\ncover = yes\ntrim = yes\n|1: [a] has cover = yes, which excludes trim = yes and a name
		[a]\nrange = 1G+1G\nname = a\ncover = yes\n|1: [a] has cover = yes, which excludes trim = yes and a name
		[a]\nrange = 1G+1G\nmode = 0600\n|1: [a] has mode or owner, but no name
		[a]\nrange = 1G+1G\nname = a/b\n|3: name = a/b: a name has letters, digits, "_", "-" and "." only
		[a]\nrange = 1G+1G\nsize = 4\n|3: size = 4: there is no such key: it is range, devicetree, order, chunk, node, trim, cover, clear, cookie, name, mode or owner
	END
	run 0 list
	out "no ranges are registered"
	rm -r "$conf"
}

restore_covers() {
	fresh
	conf=$dir/vtl0.d
	mkdir "$conf"
	printf '[a]\nrange = 0x40001000+64M\ncover = yes\nclear = yes\n' >"$conf/a.conf"
	run 0 check --conf "$conf"
	run 0 restore --conf "$conf"
	out "a: added 0x40001000+64M: id 0"
	run 0 list --json --chunks
	json /ranges/0/chunks/0/length 2093056
	json /ranges/0/chunks/2/length 4096
	run 0 restore --conf "$conf"
	out "a: 0x40001000+64M was there already: id 0"
	printf '[b]\nrange = 0x40001000+128M\ncover = yes\n' >>"$conf/a.conf"
	run 0 restore --conf "$conf"
	out "b: added 0x40001000+128M: id 0"
	rm -r "$conf"
}

# A second restore says what was there, and fails only where what is there differs.
restore_again() {
	fresh
	conf=$dir/vtl0.d
	mkdir "$conf"
	cat >"$conf/a.conf" <<-'END'
		[plain]
		range = 4G+1G
		[cleared]
		range = 8G+1G
		order = 0
		clear = yes
		[trimmed]
		range = 0x400010000+1G
		trim = yes
		clear = yes
	END
	run 0 restore --conf "$conf"
	out "cleared: added 0x200000000+1G: id 1"
	out "trimmed: added 0x400200000+1022M: id 2"
	run 0 restore --conf "$conf"
	out "plain: 0x100000000+1G was there already: id 0"
	out "cleared: 0x200000000+1G was there already: id 1"
	out "trimmed: 0x400200000+1022M was there already: id 2"
	run 0 restore --json --conf "$conf"
	json /added/1/start 8589934592
	json /failed '[]'
	run 0 remove 8G+1G
	run 0 restore --conf "$conf"
	out "cleared: added 0x200000000+1G: id 3"
	run 0 remove 8G+1G
	run 0 add --order 9 8G+1G
	refuse 1 "restore 0x200000000+1G: is registered already, with other folio orders than --order asks for: leave that option out, or remove the range first (EEXIST)" \
		restore --conf "$conf"
	run 0 remove 8G+1G
	run 0 add 8G+512M
	refuse 1 "restore 0x200000000+1G: overlaps registered range 0x200000000+512M; --cover adds what is missing (EEXIST)" \
		restore --conf "$conf"
	# One that drains comes back with the data of its last owner.
	run 0 remove --all
	run 0 add --order 0 8G+1G
	export VTL0_FAKE_STATE_OF=$((8 << 30)):3
	refuse 1 "restore 0x200000000+1G: is registered already, and --clear is for new ranges: remove the range first (EEXIST)" \
		restore --conf "$conf"
	unset VTL0_FAKE_STATE_OF
	rm -r "$conf"
}

# unchanged FILE COPY: save has failed and has left everything as it was.
unchanged() {
	cmp -s "$1" "$2"
	verdict $? "$label: the old file stays"
	[ ! -e "$1.new" ] && [ ! -L "$1.new" ]
	verdict $? "$label: removes the new file"
}

# A mistake costs the range that it is in.
restore_what_is_right() {
	fresh
	conf=$dir/vtl0.d
	mkdir "$conf"
	printf '[bad]\nrange = 1G+1G\nnonsense\n[good]\nrange = 4G+1G\n' >"$conf/a.conf"
	run 1 restore --conf "$conf"
	err "$conf/a.conf:3: \"nonsense\" is neither [NAME] nor KEY = VALUE"
	out "good: added 0x100000000+1G: id 0"
	printf '[good]\nrange = 4G+1G\n[bad]\nrange = 1G+1G\norder = x\n[ok]\nrange = 8G+1G\n' \
		>"$conf/a.conf"
	run 1 restore --conf "$conf"
	err "$conf/a.conf:5: order = x: not a number"
	out "ok: added 0x200000000+1G: id 1"
	run 1 save --conf "$conf"
	err "$conf/a.conf:5: order = x: not a number"
	[ ! -e "$conf/saved.conf" ]
	verdict $? "$label: writes nothing"
	rm -r "$conf"
}

save_besides_other_files() {
	fresh
	conf=$dir/vtl0.d
	run 0 add 0x40000000+1G 4G+1G
	run 0 save --conf "$conf"
	out "2 ranges saved in $conf/saved.conf"
	# A renamed file: its ranges are saved by it.
	mv "$conf/saved.conf" "$conf/mine.conf"
	run 0 add 8G+1G
	run 0 save --conf "$conf"
	out "1 range saved in $conf/saved.conf"
	run 0 check --conf "$conf"
	out "3 ranges in $conf"
	run 0 remove --all
	run 0 restore --conf "$conf"
	out "range-0x200000000: added 0x200000000+1G: id 2"
	# A copied one: restore refuses the two, save mends that.
	cp "$conf/saved.conf" "$conf/copy.conf"
	run 1 check --conf "$conf"
	run 0 save --conf "$conf"
	out "0 ranges saved in $conf/saved.conf"
	run 0 restore --conf "$conf"
	# Another range has the name that the address gives.
	printf '[range-0x400000000]\nrange = 12G+1G\n' >"$conf/copy.conf"
	run 0 add 12G+1G 16G+1G
	run 0 save --conf "$conf"
	grep -qx '\[range-0x400000000-2\]' "$conf/saved.conf"
	verdict $? "$label: finds another name"
	run 0 check --conf "$conf"
	# What trim and cover register, and what is left of a range, is described as well.
	run 0 remove --all
	run 0 add --trim 0x100010000+1G
	run 0 add --cover 0x50001000+16M 0x50000000+256M
	run 0 add --chunk 2M 8G+8M
	run 0 remove --part 8G+2M
	cat >"$conf/mine.conf" <<-'END'
		[trim]
		range = 0x100010000+1G
		trim = yes
		[cover]
		range = 0x50000000+256M
		cover = yes
		[part]
		range = 8G+8M
		chunk = 2M
	END
	rm "$conf/copy.conf"
	run 0 save --conf "$conf"
	out "0 ranges saved in $conf/saved.conf"
	rm -r "$conf"
}

save_in_conflict() {
	fresh
	conf=$dir/vtl0.d
	run 0 add 0x40000000+1G
	run 0 save --conf "$conf"
	cp "$conf/saved.conf" "$dir/copy"
	run 0 add 4G+2G
	printf '# mine\n[guest]\nrange = 4G+1G\n' >"$conf/mine.conf"
	refuse 1 "save: 0x100000000+2G overlaps the range of [guest] in $conf/mine.conf:2: change that file, or remove the range; nothing is saved" \
		save --conf "$conf"
	unchanged "$conf/saved.conf" "$dir/copy"
	run 0 remove 4G+2G
	run 0 add --name ram0 8G+1G
	printf '[guest]\nrange = 4G+1G\nname = ram0\n' >"$conf/mine.conf"
	refuse 1 "save: 0x200000000+1G has the name of [guest] in $conf/mine.conf:1: change that file, or remove the range; nothing is saved" \
		save --conf "$conf"
	unchanged "$conf/saved.conf" "$dir/copy"
	# A wrong file, also the one that would be written.
	echo wrong >"$conf/saved.conf"
	cp "$conf/saved.conf" "$dir/copy"
	printf '[guest]\nrange = 4G+1G\n' >"$conf/mine.conf"
	refuse 1 "$conf/saved.conf:1: \"wrong\" is neither [NAME] nor KEY = VALUE" save --conf "$conf"
	unchanged "$conf/saved.conf" "$dir/copy"
	rm -r "$conf"
}

save_that_fails() {
	fresh
	conf=$dir/vtl0.d
	run 0 add --name ram0 --mode 0640 4G+1G
	run 0 save --conf "$conf"
	cp "$conf/saved.conf" "$dir/copy"
	export VTL0_FAKE_CHOWN=4294967295
	refuse 1 "save: restore would refuse the new file, the old one stays: $conf/saved.conf.new:8: owner = 4294967295:0: there is no such user" \
		save --conf "$conf"
	unchanged "$conf/saved.conf" "$dir/copy"
	unset VTL0_FAKE_CHOWN
	# A node without any permission.
	export VTL0_FAKE_CHMOD=0
	run 0 save --conf "$conf"
	! grep -q '^mode' "$conf/saved.conf"
	verdict $? "$label: writes no mode of 0"
	run 0 check --conf "$conf"
	unset VTL0_FAKE_CHMOD
	cp "$conf/saved.conf" "$dir/copy"
	if [ -c /dev/full ]; then
		ln -s /dev/full "$conf/saved.conf.new"
		refuse 1 "save: $conf/saved.conf.new: No space left on device" save --conf "$conf"
		unchanged "$conf/saved.conf" "$dir/copy"
	fi
	export VTL0_FAKE_FAIL=QUERY:EPROTO
	refuse 1 "save: cannot list the ranges: the driver's list goes backwards, this is a bug in the driver (EPROTO)" \
		save --conf "$conf"
	unchanged "$conf/saved.conf" "$dir/copy"
	unset VTL0_FAKE_FAIL
	refuse 1 "save: $dir/none/vtl0.d: No such file or directory" save --conf "$dir/none/vtl0.d"
	rm -r "$conf"
}

# The driver cannot tell that a range is to be cleared.
save_keeps_clear() {
	fresh
	conf=$dir/vtl0.d
	run 0 add 4G+1G 8G+1G
	run 0 save --conf "$conf"
	sed -i 's/^range = 0x200000000.*/&\nclear = yes/' "$conf/saved.conf"
	run 0 save --conf "$conf"
	[ "$(grep -c 'clear = yes$' "$conf/saved.conf")" = 1 ]
	verdict $? "$label: keeps clear = yes"
	sed -n '/^.range-0x200000000/,$p' "$conf/saved.conf" | grep -qx 'clear = yes'
	verdict $? "$label: for the same range"
	run 0 restore --conf "$conf"
	rm -r "$conf"
}

# What QUERY tells but the number of each range, which is new with each add.
registered() {
	"$bin/vtl0ctl-fake" list --json --chunks | grep -v '"id":'
}

# saves WHAT: save, remove and restore change nothing.
saves() {
	conf=$dir/vtl0.d
	registered >"$dir/before"
	ctl save --conf "$conf"
	[ "$status" = 0 ] && [ ! -s "$dir/err" ]
	verdict $? "save after $1: says nothing"
	cp "$conf/saved.conf" "$dir/copy"
	ctl remove --all
	ctl restore --conf "$conf"
	verdict "$status" "save after $1: can be restored"
	ctl restore --conf "$conf"
	verdict "$status" "save after $1: can be restored again"
	registered >"$dir/out"
	cmp -s "$dir/before" "$dir/out"
	verdict $? "save after $1: brings back the same"
	ctl save --conf "$conf"
	cmp -s "$conf/saved.conf" "$dir/copy"
	verdict $? "save after $1: saves the same again"
}

save_is_undone_by_restore() {
	while read -r arguments; do
		fresh
		# shellcheck disable=SC2086 # several arguments
		ctl add $arguments
		verdict "$status" "$label"
		saves "add $arguments"
		rm -r "$conf"
	done <<-'END'
		4G+1G
		--persist 0x40000000+1G 4G+2M 5G+1G
		--order 0 4G+1G
		--order 4 4G+1G
		--order 9 4G+1G
		--order 18 4G+512M
		--order 18 4G+3G
		--order 18 0x100200000+3G
		--order auto --chunk 2M 4G+64M
		--chunk 6M 4G+64M
		--chunk 1G 4G+512M
		--chunk 512M 0x110000000+3G
		--chunk 5G 4G+2G
		--chunk 1G 0x13fe00000+4M
		--chunk 9G 7G+4G
		--order 18 --chunk 3G 4G+16G
		--order 18 --chunk 1536M 4G+16G
		--order 0 --chunk 1G 0x110000000+3G
		--cover 0x40001000+64M
		--cover 0x40001000+8K
		--cover 0x401ff000+8K
		--cover --order 0 0x40001000+64M
		--cover --order 18 0x100001000+9G
		--cover --order 18 --chunk 4G 0x100001000+9G
		254G+4G
		--order 18 0x3f90200000+4G
		--chunk 512M 254G+4G
		--order 18 --chunk 3G 250G+13G
		--cover --order 18 0x3f90201000+4G
		--node 1 254G+4G
		--node 0 --order 18 254G+4G
		--node 1 --order 0 0x3f90200000+4G
		--node 1 --order 18 --chunk 5G 250G+13G
		--node 1 --cover 0x3f90201000+4G
		--node 1 4G+1G 8G+1G
		--node 0 300G+1G
		--cookie 0123456789abcdef0123456789abcdef 4G+1G 8G+1G
		--name ram0 4G+1G
		--name ram.0 --mode 0664 --owner 7:8 --order 18 4G+1G
		--name ram-0 --mode 0004 --owner :8 --node 1 4G+1G
		--clear 4G+1G
		--clear --cover 0x100001000+1G
		--trim 0x100010000+3G
	END
}

save_of_several_adds() {
	fresh
	run 0 add --cover 0x50001000+16M
	run 0 add --cover --order 18 0x40001000+1G
	run 0 add --chunk 2M --name ram0 8G+8M
	run 0 remove --part 8G+2M
	saves "several adds and the removal of a part"
	rm -r "$conf"
}

# VTL0_QUERY does not tell each chunk's node. What firmware cuts is left to firmware.
save_leaves_nodes_to_firmware() {
	fresh
	conf=$dir/vtl0.d
	run 0 add 254G+4G
	run 0 save --conf "$conf"
	! grep -q '^node' "$conf/saved.conf"
	verdict $? "$label: writes no node of a range on two"
	run 0 remove --all
	run 0 add --node 1 254G+4G
	run 0 save --conf "$conf"
	grep -qx 'node = 1' "$conf/saved.conf"
	verdict $? "$label: writes the node of a range that firmware would cut"
	# Firmware's nodes meet within a GiB, and the plan has 2M folios there.
	fresh
	export VTL0_FAKE_NODE1=0x4008000000
	run 0 add --order 18 254G+4G
	saves "add --order 18, on nodes that meet within a GiB"
	run 0 remove --all
	run 0 add --order 18 --node 1 254G+4G
	run 0 save --conf "$conf"
	err "save: 0x3f80000000+4G: cannot tell which options made its chunks; saved with order = 18"
	out "1 range saved in $conf/saved.conf"
	run 0 restore --conf "$conf"
	export VTL0_FAKE_FAIL=PLAN:ENOTTY
	refuse 1 "save: cannot plan a range: the device does not know this request: it is not vtl0, or an older one (ENOTTY)" \
		save --conf "$conf"
	export VTL0_FAKE_FAIL=PLAN:EINVAL
	refuse 1 "save: cannot plan a range: Invalid argument (EINVAL)" save --conf "$conf"
	rm -r "$conf"
}
