# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # of commands.sh
# The case of vtl0ctl monitor; commands.sh reads this.

monitor() {
	fresh
	run 0 add 4G+1G 8G+1G 16G+1G
	export VTL0_FAKE_STATE_OF=$((8 << 30)):3 VTL0_FAKE_LATER=1 VTL0_FAKE_BAD=2
	run 0 monitor --once
	[ "$(cat "$dir/out")" = "range 0 0x100000000+1G: gone
range 1 0x200000000+1G: draining
range 1 0x200000000+1G: 2 bad pages
range 2 0x400000000+1G: 2 bad pages" ]
	verdict $? "monitor: what has happened, and nothing else"
	unset VTL0_FAKE_BAD
	run 0 monitor --once --json
	out '{"start":8589934592,"length":1073741824,"id":1,"event":"gone"}'
	# the fake device fails the second read
	refuse 1 "monitor: Input/output error (EIO)" monitor
	out "range 2 0x400000000+1G: gone"
}
