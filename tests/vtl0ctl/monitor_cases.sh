# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # of commands.sh
# The case of vtl0ctl monitor; commands.sh reads this.

monitor() {
	fresh
	run 0 add 4G+1G 8G+1G 16G+1G
	export VTL0_FAKE_STATE_OF=$((8 << 30)):3 VTL0_FAKE_LATER=1 VTL0_FAKE_BAD=2
	run 0 monitor --once
	cmp -s - "$dir/out" <<-END
	range 0 0x100000000+1G: gone
	range 1 0x200000000+1G: draining
	range 1 0x200000000+1G: 2 bad pages
	range 2 0x400000000+1G: 2 bad pages
	END
	verdict $? "monitor: what has happened, and nothing else"
	unset VTL0_FAKE_BAD
	run 0 monitor --once --json
	out '{"start":8589934592,"length":1073741824,"id":1,"event":"gone"}'
	# the fake device fails the second read
	refuse 1 "monitor: Input/output error (EIO)" monitor
	out "range 2 0x400000000+1G: gone"
	unset VTL0_FAKE_STATE_OF VTL0_FAKE_LATER
	export VTL0_FAKE_PART=1
	fresh
	run 0 add 4G+1G 8G+1G
	run 0 monitor --once
	cmp -s - "$dir/out" <<-END
	range 0 0x100000000+1G: gone
	range 1 0x210000000+256M: part gone
	END
	verdict $? "monitor: a part of a range"
	run 0 add 4G+1G
	run 0 monitor --once --json
	out '{"start":8657043456,"length":67108864,"id":1,"event":"part gone"}'
	unset VTL0_FAKE_PART
}
