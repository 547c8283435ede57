# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # bin and dir are those of commands.sh
# Names, ranges that are registered already, and --cover: for commands.sh, whose
# functions these use.

names() {
	fresh
	run 0 add --name ram0 --mode 0660 --owner 7:8 4G+1G
	out "added 0x100000000+1G: id 0, 1 chunk, /dev/vtl0_ram0"
	run 0 add 4G+1G
	run 0 add --name ram0 4G+1G
	run 0 list --json
	json /ranges/0/name '"ram0"'
	refuse 1 "add 0x100000000+1G: is registered already with the name ram0 (EEXIST)" \
		add --name ram1 4G+1G
	refuse 1 "add 0x140000000+1G: the name ram0 is taken (ENOTUNIQ)" \
		add --name ram0 5G+1G
	refuse 2 "add: --name is for one range" add --name a 5G+1G 6G+1G
	refuse 2 "add: --mode and --owner need --name" add --mode 0600 5G+1G
	refuse 2 "add: --mode and --owner need --name" add --owner :5 5G+1G
	refuse 2 '--name "a/b": a name has letters, digits, "_", "-" and "." only' \
		add --name a/b 5G+1G
	refuse 2 '--name "-a": a name begins with a letter or a digit' add --name=-a 5G+1G
	refuse 2 '--name "": a name begins with a letter or a digit' add --name= 5G+1G
	refuse 2 '--name "0123456789abcdef0123456789abcdef": a name has at most 31 characters' \
		add --name 0123456789abcdef0123456789abcdef 5G+1G
	refuse 2 '--mode "0700": a mode is an octal number of the bits 0666, and not 0' \
		add --name a --mode 0700 5G+1G
	refuse 2 '--owner "no one": there is no such user' add --name a --owner "no one" 5G+1G
	refuse 2 '--owner "0:no one": there is no such group' add --name a --owner "0:no one" 5G+1G
	refuse 2 '--owner ":": an owner is USER, USER:GROUP or :GROUP' add --name a --owner : 5G+1G
}

add_of_something_else_than_is_there() {
	fresh
	run 0 add --order 9 --chunk 512M --node 1 0x40000000+1G
	is='is registered already, with'
	refuse 1 "add 0x40000000+1G: $is other folio orders than --order asks for: leave that option out, or remove the range first (EEXIST)" \
		add --order 0 0x40000000+1G
	refuse 1 "add 0x40000000+1G: $is other chunks than --chunk asks for: leave that option out, or remove the range first (EEXIST)" \
		add --chunk 256M 0x40000000+1G
	refuse 1 "add 0x40000000+1G: $is another node than --node asks for: leave that option out, or remove the range first (EEXIST)" \
		add --node 0 0x40000000+1G
	run 0 add --order 9 --chunk 512M --node 1 0x40000000+1G
	run 0 add --json 0x40000000+1G
	json /added/0/node 1
}

add_clear_is_for_new_ranges() {
	fresh
	run 0 add --clear 4G+1G
	refuse 1 "add 0x100000000+1G: is registered already, and --clear is for new ranges: remove the range first (EEXIST)" \
		add --clear 4G+1G
	run 0 add 4G+1G
	run 0 add --clear --cover 4G+2G
}

cookies() {
	fresh
	run 0 add --cookie 01234567-89ab-cdef-0123-456789ABCDEF 4G+1G
	run 0 add --cookie 0123456789abcdef0123456789abcdef 4G+1G
	run 0 add 4G+1G
	run 0 list --json
	json /ranges/0/cookie '"01234567-89ab-cdef-0123-456789abcdef"'
	is='0x100000000+1G is registered already'
	refuse 1 "add 0x100000000+1G: $is, with the cookie 01234567-89ab-cdef-0123-456789abcdef (EEXIST)" \
		add --cookie 1123456789abcdef0123456789abcdef 4G+1G
	run 0 add 6G+1G
	refuse 1 "add 0x180000000+1G: 0x180000000+1G is registered already, without that cookie (EEXIST)" \
		add --cookie 0123456789abcdef0123456789abcdef 6G+1G
	run 0 save --conf "$dir/saved"
	grep -qx "cookie = 01234567-89ab-cdef-0123-456789abcdef" "$dir/saved/saved.conf"
	verdict $? "$label: writes the cookie"
	[ "$(grep -c cookie "$dir/saved/saved.conf")" = 1 ]
	verdict $? "$label: writes no cookie where there is none"
	run 0 restore --conf "$dir/saved"
	run 0 remove --all
	run 0 restore --conf "$dir/saved"
	run 0 list --json
	json /ranges/0/cookie '"01234567-89ab-cdef-0123-456789abcdef"'
	rm -r "$dir/saved"
	refuse 2 '--cookie "12": a cookie has 32 digits, these are fewer' add --cookie 12 4G+1G
	refuse 2 '--cookie "x": a cookie is 32 hexadecimal digits, as of a UUID' add --cookie x 4G+1G
	refuse 2 '--cookie "0-0123456789abcdef0123456789abcdef": a cookie has 32 digits, these are more' \
		add --cookie 0-0123456789abcdef0123456789abcdef 4G+1G
	refuse 2 '--cookie "00000000000000000000000000000000": a cookie cannot be zero' \
		window add --cookie 00000000000000000000000000000000 4G+1G
	refuse 2 "window list: --cookie is for window add" \
		window list --cookie 0123456789abcdef0123456789abcdef
	run 1 window add --cookie 1123456789abcdef0123456789abcdef 3G+2M
}

add_cover_fills_the_gaps() {
	fresh
	run 0 add 0x50000000+256M
	run 0 add --cover 0x40000000+1G
	out "added 0x40000000+1G: id 1, 2 chunks"
	run 0 list
	out "total: 3 ranges, 3 chunks, 1G, memmap 4M, saved 12M"
	run 0 add --cover 0x40000000+1G
	out "added 0x40000000+1G: id 1, 0 chunks"
	refuse 1 "add 0x40000200+1G: start 0x40000200 is not a multiple of the page size, 4096 (EINVAL)" \
		add --cover 0x40000200+1G
	run 2 add --cover --trim 0x40000000+1G
	run 2 add --cover --exclusive 0x40000000+1G
	run 0 plan --cover 0x40001000+1G
	run 2 plan --cover --trim 0x40000000+1G
	run 1 add --cover 0x30000000+1G
}

windows() {
	fresh
	run 0 window list
	out "START         LENGTH      SIZE  REGISTERED"
	out "0x8000000000  0x40000000    1G          2M"
	run 0 window list --json
	json /windows/0/start 549755813888
	json /windows/0/registered 2097152
	"$bin/vtl0ctl-fake" window add 4G+1G 0x200001000+4K >"$dir/out" 2>"$dir/err" </dev/null &
	holder=$!
	tries=0
	until grep -q '^holding 2 windows ' "$dir/out" || [ $tries = 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	kill -TERM $holder
	wait $holder
	verdict $? "window add ends with 0 on SIGTERM"
	label="window add"
	out "declared 0x100000000+1G"
	out "declared 0x200001000+4K"
	out "holding 2 windows until a signal comes (SIGINT, SIGTERM)"
}

window_messages() {
	fresh
	refuse 1 "window add 0x7fc0000000+2G: 0x8000000000+1G of it is in another window, see vtl0ctl window list (EEXIST)" \
		window add 0x7fc0000000+2G
	refuse 1 "window add 0x10000000+1M: 0x10000000+1M is System RAM or claimed by another driver: \"System RAM\", see /proc/iomem (EBUSY)" \
		window add 0x10000000+1M
	refuse 1 'window add 0xc0000000+2M: 0xc0000000+2M is device address space (PCI, MMIO): "PCI Bus 0000:00 > 0000:00:04.0 > nvme", see /proc/iomem (ENXIO)' \
		window add 3G+2M
	refuse 1 "window add 0x40000200+1G: start 0x40000200 is not a multiple of the page size, 4096 (EINVAL)" \
		window add 0x40000200+1G
	run 1 window add 4G+1G 3G+2M 6G+1G
	out "declared 0x100000000+1G"
	grep -qx "vtl0ctl: window add 0x180000000+1G: not tried" "$dir/err"
	verdict $? "$label: says what was not tried"
	run 1 window add --json 3G+2M
	json /failed/0/errno '"ENXIO"'
	refuse 2 "window: it is window add or window list" window
	refuse 2 'window: "drop": it is window add or window list' window drop
	refuse 2 "window add: a range is missing" window add
	refuse 2 'window list: it takes no argument, "4G+1G" is too many' window list 4G+1G
	refuse 2 'range "4G": a range is START+LENGTH or START-END' window add 4G
	export VTL0_FAKE_FAIL=WINDOW:ENOTTY
	refuse 1 "window add 0x100000000+1G: the device does not know this request: it is not vtl0, or an older one (ENOTTY)" \
		window add 4G+1G
	export VTL0_FAKE_FAIL=QUERY:EPROTO
	run 1 window list
}
