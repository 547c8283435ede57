# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # from lib.sh
#
# bouncectl, and what it keeps over a reboot.

# ctl STATUS ARGUMENT...: the tool, with files of the test; its words are in $said
ctl()
{
	local wanted=$1
	shift
	bouncectl --conf "$tmp/bounce.d" "$@" >"$tmp/said" 2>&1
	expect "bouncectl $*" "$wanted" $?
	said=$(cat "$tmp/said")
}

# says TEXT: the last command did
says()
{
	case $said in
	*"$1"*) ;;
	*) fail "wanted '$1' in: $said" ;;
	esac
}

test_bouncectl_add_status_remove()
{
	null ctl0
	ctl 0 add one /dev/ctl0 mode=all detect=1
	says 'one is up: /dev/bounce-one'
	expect power 1 "$(cat "$config"/one/power)"
	expect mode all "$(cat "$config"/one/mode)"
	[ -b /dev/bounce-one ] || fail "no disk"
	ctl 0 add one /dev/ctl0 mode=all detect=1
	ctl 1 add one /dev/ctl0 mode=write
	says 'one is up with mode = all, not write'
	ctl 0 --json status one
	says '"backing":"/dev/ctl0"'
	says '"detect":1'
	ctl 0 list
	says bounce-one
	exec 8</dev/bounce-one
	ctl 1 remove one
	says 'one is in use'
	exec 8<&-
	ctl 0 remove one
	[ ! -e "$config"/one ] || fail "it is still there"
	ctl 1 remove one
	says 'there is no such device'
}

# What cannot be made leaves nothing behind.
test_bouncectl_add_undoes()
{
	null ctl0
	ctl 1 add one /dev/ctl0 mode=everything
	says 'mode = everything: Invalid argument'
	ctl 1 add one /dev/ctl0 colour=green
	says 'there is no such attribute'
	ctl 1 add one /dev/none
	says 'the device below does not exist'
	ctl 2 add one
	ctl 2 add one /dev/ctl0 initramfs=yes
	says 'add: initramfs is a key of the files only'
	ctl 2 add a:b /dev/ctl0
	says 'a:b: a name has letters, digits'
	ctl 2 add a-name-that-has-more-than-24 /dev/ctl0
	says 'a name has at most 24 letters'
	expect devices '' "$(ls -d "$config"/*/ 2>/dev/null)"
}

# Of a disk below another one, too, whichever comes first.
test_bouncectl_removes_stacks()
{
	null ctl0
	ctl 0 add a /dev/ctl0
	ctl 0 add b /dev/bounce-a
	ctl 0 add c /dev/bounce-b
	exec 8</dev/bounce-c
	ctl 1 remove --all
	says 'c is in use'
	says 'a is in use'
	expect lines 3 "$(wc -l <"$tmp/said")"
	exec 8<&-
	ctl 0 remove --all
	expect devices '' "$(ls -d "$config"/*/ 2>/dev/null)"
	ctl 1 remove a
	ctl 0 --if-exists remove a
	ctl 0 add a /dev/ctl0
	exec 8</dev/bounce-a
	ctl 1 --if-exists remove a
	exec 8<&-
	ctl 0 --if-exists remove a
	ctl 0 --configfs /nonexistent --if-exists remove a
	ctl 2 --configfs /nonexistent remove a
	[ ! -e "$config"/a ] || fail "it is still there"
}

test_bouncectl_save_and_restore()
{
	null ctl0
	null ctl1
	mkdir "$tmp/bounce.d"
	printf '# mine\n[kept]\nbacking = /dev/ctl1\nmode = all\n' >"$tmp/bounce.d/mine.conf"
	ctl 0 restore
	ctl 0 add one /dev/ctl0 mode=guest reserve_kib=2048
	ctl 0 save
	says '1 device saved'
	ctl 0 check
	says '2 devices'
	ctl 0 remove --all
	expect devices '' "$(ls -d "$config"/*/ 2>/dev/null)"
	echo 'initramfs = yes' >>"$tmp/bounce.d/saved.conf"
	ctl 0 restore
	expect mode guest "$(cat "$config"/one/mode)"
	expect reserve 2048 "$(cat "$config"/one/reserve_kib)"
	expect mode all "$(cat "$config"/kept/mode)"
	ctl 0 restore one
	ctl 0 save
	grep -qx 'initramfs = yes' "$tmp/bounce.d/saved.conf" || fail "save forgot the initramfs"
	ctl 0 check
	ctl 0 remove --all
	rm -r "$tmp/bounce.d"
}

# A save that fails leaves the file as it was.
test_bouncectl_save_is_whole()
{
	null ctl0
	mkdir "$tmp/bounce.d"
	ctl 0 add one /dev/ctl0 mode=all
	ctl 0 save
	cp "$tmp/bounce.d/saved.conf" "$tmp/before"
	# a name that no section can have: the others are saved
	mkdir "$config/a:b"
	null ctl1
	echo /dev/ctl1 >"$config/a:b/backing"
	echo 1 >"$config/a:b/power"
	ctl 1 save
	says 'a:b: a name has letters, digits'
	cmp -s "$tmp/before" "$tmp/bounce.d/saved.conf" || fail "the saved file: $(<"$tmp/bounce.d/saved.conf")"
	ctl 0 check
	echo 0 >"$config/a:b/power"
	rmdir "$config/a:b"
	# a mistake in another file
	echo nonsense >"$tmp/bounce.d/b.conf"
	ctl 1 save
	says 'b.conf:1: "nonsense" is neither'
	rm "$tmp/bounce.d/b.conf"
	# no place to write to
	mkdir "$tmp/bounce.d/saved.conf.new"
	ctl 1 save
	rmdir "$tmp/bounce.d/saved.conf.new"
	# a configfs that is not the module's
	mkdir "$tmp/other"
	mkdir "$tmp/other/one"
	echo 1 >"$tmp/other/one/power"
	ctl 1 --configfs "$tmp/other" save
	says 'features: No such file or directory'
	rm -r "$tmp/other"
	cmp "$tmp/before" "$tmp/bounce.d/saved.conf" || fail 'another file'
	expect files saved.conf "$(ls "$tmp/bounce.d")"
	ctl 0 remove one
	rm -r "$tmp/bounce.d"
}

# A line for each mistake, with file and number; nothing is made.
test_bouncectl_wrong_files()
{
	mkdir "$tmp/bounce.d"
	while IFS='|' read -r text message; do
		printf '%b' "$text" >"$tmp/bounce.d/a.conf"
		ctl 1 check
		says "$message"
		expect "lines of: $said" 1 "$(wc -l <"$tmp/said")"
		ctl 1 restore
		says "$message"
	done <<-'END'
		backing = /dev/x\n|a.conf:1: "backing" stands before the first [NAME]
		[one\nbacking=/dev/x\n|a.conf:1: "]" is missing at the end
		[one]\nbacking=/dev/x\nnonsense\n|a.conf:3: "nonsense" is neither [NAME] nor KEY = VALUE
		[one]\nmode = all\n|a.conf:1: [one] has no backing = DEVICE
		[one]\nbacking=/dev/x\nbacking=/dev/y\n|a.conf:3: "backing" is set twice in [one]
		[o/e]\nbacking=/dev/x\n|a.conf:1: [o/e]: a name has letters
		[one]\nbacking=/dev/x\nmode=some\n|a.conf:3: [one]: mode is none, write, all, guest or direct, not "some"
		[one]\nbacking=/dev/x\ninitramfs=maybe\n|a.conf:3: [one]: initramfs is no or yes, not "maybe"
		[one]\nbacking=/dev/x\nreserve_kb=4096\n|a.conf:3: [one]: there is no key "reserve_kb"
		[one]\nbacking=/dev/x\npower=1\n|a.conf:3: [one]: there is no key "power"
		[one]\nbacking=/dev/x\nreserve_kib=1M\n|a.conf:3: [one]: reserve_kib is a number from
		[one]\nbacking=/dev/x\nreserve_kib=\n|a.conf:3: [one]: reserve_kib is a number from
		[one]\nbacking=/dev/x\nreserve_kib=-4\n|a.conf:3: [one]: reserve_kib is a number from
		[one]\nbacking=/dev/x\nreserve_kib=18446744073709551620\n|a.conf:3: [one]: reserve_kib is a number from
		[one]\nbacking=/dev/x\nmax_bounce_kib=7\n|a.conf:3: [one]: max_bounce_kib is a
		[one]\nbacking=/dev/x\nwait=3601\n|a.conf:3: [one]: wait is a number from 0 to 3600, not "3601"
		[one]\nbacking=/dev/x\nnetdev=1\n|a.conf:3: [one]: netdev is no or yes, not "1"
		[a-name-that-has-more-than-24]\nbacking=/dev/x\n|a name has at most 24 letters
	END
	expect devices '' "$(ls -d "$config"/*/ 2>/dev/null)"
	printf '[a]\nmode=x\nnonsense\n[b\n[c]\nwait=x\n' >"$tmp/bounce.d/a.conf"
	printf '[d]\nx=1\n' >"$tmp/bounce.d/b.conf"
	mkdir "$tmp/bounce.d/c.conf"
	ctl 1 check
	says 'a.conf:3: "nonsense"'
	says 'a.conf:4: "]" is missing'
	says 'a.conf:6: [c]: wait is a number'
	says 'b.conf:2: [d]: there is no key "x"'
	says 'c.conf: Is a directory'
	rm -r "$tmp/bounce.d"
	mkdir "$tmp/bounce.d"
	# A zero byte in a header: what follows belongs to no section, and not to the one before.
	printf '[a]\nbacking = /dev/x\n[b\0]\nbacking = /dev/y\n' >"$tmp/bounce.d/a.conf"
	ctl 1 check
	expect 'a zero byte' "bouncectl: $tmp/bounce.d/a.conf:3: the line has a zero byte" "$said"
	# The initramfs has to do with its own disks only.
	printf '[a]\nbacking = /dev/x\ninitramfs = yes\n[b]\nnonsense\n[c]\nbacking = /dev/y\nx = 1\n' \
		>"$tmp/bounce.d/a.conf"
	ctl 0 --initramfs check
	says '1 device in'
	ctl 1 check
	expect 'lines of all' 2 "$(wc -l <"$tmp/said")"
	printf '[a]\nbacking = /dev/x\ninitramfs = yes\nx = 1\n[b\n' >"$tmp/bounce.d/a.conf"
	ctl 1 --initramfs check
	says 'there is no key "x"'
	says '"]" is missing'
	rm -r "$tmp/bounce.d"
}

# A mistake costs the disk that it is in.
test_bouncectl_restores_what_is_right()
{
	null ctl0
	null ctl1
	mkdir "$tmp/bounce.d" "$tmp/units"
	printf '[bad]\nbacking = /dev/ctl0\nnonsense\n[good]\nbacking = /dev/ctl0\n' \
		>"$tmp/bounce.d/a.conf"
	printf '[good]\nbacking = /dev/ctl1\n[unknown]\nbacking = /dev/ctl1\ncolour = green\n[other]\nbacking = /dev/ctl1\n' \
		>"$tmp/bounce.d/b.conf"
	ctl 0 restore good
	expect 'what is said' 'good is up' "$said"
	expect backing /dev/ctl0 "$(cat "$config"/good/backing)"
	ctl 1 restore bad
	expect lines 1 "$(wc -l <"$tmp/said")"
	says 'a.conf:3: "nonsense"'
	ctl 1 restore unknown
	says 'there is no key "colour"'
	ctl 1 restore missing
	says 'missing: no [missing] in any file'
	says 'b.conf:1: [good] was there before, in'
	ctl 1 restore
	says 'a.conf:3: "nonsense"'
	says 'other is up'
	expect devices 'good other' "$(cd "$config" && echo */ | tr -d /)"
	# Each has a unit: that of a wrong one fails, and says why.
	! bounce-generator "$tmp/units" "$tmp/bounce.d" 2>"$tmp/said" || fail 'no error'
	has "$tmp/said" 'a.conf:3: "nonsense"' || fail "it says $(<"$tmp/said")"
	expect units 'bounce@bad.service bounce@good.service bounce@other.service bounce@unknown.service' \
		"$(cd "$tmp/units/local-fs.target.wants" && echo *)"
	ctl 0 remove --all
	rm -r "$tmp/bounce.d" "$tmp/units"
}

# The disk below may be in a later section, and come late.
test_bouncectl_restores_stacks()
{
	mkdir "$tmp/bounce.d"
	printf '[a]\nbacking = /dev/bounce-b\n[b]\nbacking = /dev/bounce-c\n[c]\nbacking = /dev/late0\n' \
		>"$tmp/bounce.d/a.conf"
	ctl 1 restore
	expect lines 3 "$(wc -l <"$tmp/said")"
	null late0
	ctl 0 restore
	expect devices 'a b c' "$(cd "$config" && echo */ | tr -d /)"
	ctl 0 remove --all
	# A disk that never comes keeps no other one away, nor does it make the wait longer.
	printf '[d]\nbacking = /dev/none\nwait = 1\n[e]\nbacking = /dev/none\nwait = 1\n[f]\nbacking = /dev/late0\n' \
		>"$tmp/bounce.d/a.conf"
	ctl 1 --wait=3000 restore
	says 'd: /dev/none did not appear within 1 seconds'
	says 'e: /dev/none did not appear within 1 seconds'
	says 'f is up'
	ctl 0 remove --all
	# without --wait not at all
	printf '[d]\nbacking = /dev/none\nwait = 3600\n' >"$tmp/bounce.d/a.conf"
	ctl 1 restore
	says 'the device below does not exist'
	rm -r "$tmp/bounce.d"
}

# "check" works without the module, so it has the attributes and the modes, too: all that the
# module has.
test_bouncectl_knows_all_keys()
{
	null ctl0
	mkdir "$tmp/bounce.d"
	for attribute in $(tr , ' ' <"$config/features"); do
		case $attribute in
		backing | power | disk | refresh) continue ;;
		esac
		ctl 0 add one /dev/ctl0
		get "$config/one/$attribute"
		printf '[one]\nbacking = /dev/ctl0\n%s = %s\n' "$attribute" "$got" >"$tmp/bounce.d/saved.conf"
		ctl 0 check
		ctl 0 restore
		ctl 0 remove one
		ctl 0 restore
		ctl 0 remove one
	done
	for mode in none write all guest direct; do
		ctl 0 add one /dev/ctl0 mode=$mode
		ctl 0 save
		ctl 0 check
		ctl 0 remove one
		ctl 0 restore
		expect mode $mode "$(cat "$config"/one/mode)"
		ctl 0 remove one
	done
	rm -r "$tmp/bounce.d"
}

# The device below may come late, or never.
test_bouncectl_waits()
{
	mkdir "$tmp/bounce.d"
	printf '[late]\nbacking = /dev/late0\n' >"$tmp/bounce.d/a.conf"
	ctl 1 --wait=1 restore
	says 'late: /dev/late0 did not appear within 1 seconds'
	ctl 1 restore
	says 'the device below does not exist'
	(sleep 2; null late0) &
	ctl 0 --wait=60 restore
	wait $!
	[ -b /dev/bounce-late ] || fail "no disk"
	ctl 2 --wait=soon restore
	ctl 0 remove late
	rm -r "$tmp/bounce.d"
}

# unit_has NAME LINE: its drop-in of the generator
unit_has()
{
	grep -qFx -- "$2" "$tmp/units/bounce@$1.service.d/device.conf" ||
		fail "bounce@$1 has no $2: $(<"$tmp/units/bounce@$1.service.d/device.conf")"
}

# What systemd is told for each device: be there before file systems, and go with the
# disk.
test_bouncectl_generator()
{
	mkdir "$tmp/bounce.d" "$tmp/units"
	printf '[my-data]\nbacking = /dev/mapper/vg-lv\n' >"$tmp/bounce.d/a.conf"
	printf '[far]\nbacking = /dev/nvme1n1\nnetdev = yes\n[both]\nbacking = /dev/x\nnetdev=yes\nnofail=yes\n' \
		>"$tmp/bounce.d/b.conf"
	printf '[spare]\nbacking = /dev/x\nnofail = yes\n[top]\nbacking = /dev/bounce-my-data\n' \
		>"$tmp/bounce.d/c.conf"
	bounce-generator "$tmp/units" "$tmp/bounce.d" || fail "it failed"
	unit_has top 'BindsTo=dev-bounce\x2dtop.device'
	# the udev rules take the device unit of a disk below another one down
	! grep BindsTo "$tmp/units/bounce@my-data.service.d/device.conf" || fail 'bound to its disk'
	unit_has my-data 'Before=blockdev@dev-bounce\x2dmy\x2ddata.target'
	unit_has my-data 'Before=local-fs-pre.target'
	unit_has far 'Before=remote-fs-pre.target'
	unit_has far 'After=network-online.target'
	unit_has both 'After=network-online.target'
	unit_has top 'After=bounce@my-data.service'
	! grep -l fs-pre "$tmp/units/bounce@spare.service.d/device.conf" \
		"$tmp/units/bounce@both.service.d/device.conf" || fail 'nofail is before file systems'
	expect local 'bounce@my-data.service bounce@spare.service bounce@top.service' \
		"$(cd "$tmp/units/local-fs.target.wants" && echo *)"
	expect remote 'bounce@both.service bounce@far.service' \
		"$(cd "$tmp/units/remote-fs.target.wants" && echo *)"
	rm -r "$tmp/bounce.d" "$tmp/units"
}

# What holds for a disk below holds for the one on it; a disk without a unit is not required.
test_bouncectl_generator_of_stacks()
{
	mkdir "$tmp/bounce.d" "$tmp/units"
	printf '[a]\nbacking = /dev/bounce-b\n[b]\nbacking = /dev/bounce-c\n[c]\nbacking = /dev/x\nnetdev = yes\nnofail = yes\n' \
		>"$tmp/bounce.d/a.conf"
	# a partition; two that are on each other
	printf '[vm]\nbacking = /dev/x\n[part]\nbacking = /dev/bounce-vm1\n' >"$tmp/bounce.d/b.conf"
	printf '[x]\nbacking = /dev/bounce-y\n[y]\nbacking = /dev/bounce-x\n' >"$tmp/bounce.d/c.conf"
	bounce-generator "$tmp/units" "$tmp/bounce.d" || fail "it failed"
	unit_has a 'After=network-online.target'
	unit_has a 'After=bounce@b.service'
	unit_has a 'BindsTo=dev-bounce\x2da.device'
	unit_has vm 'BindsTo=dev-bounce\x2dvm.device'
	unit_has x 'After=bounce@y.service'
	! grep -l fs-pre "$tmp"/units/bounce@[abc].service.d/device.conf || fail 'nofail below'
	! grep Requires "$tmp/units/bounce@part.service.d/device.conf" || fail 'no such unit'
	expect remote 'bounce@a.service bounce@b.service bounce@c.service' \
		"$(cd "$tmp/units/remote-fs.target.wants" && echo *)"
	rm -r "$tmp/bounce.d" "$tmp/units"
}

# The disk of the root is made in the initramfs, and has no service unless it is missing.
test_bouncectl_initramfs()
{
	null ctl0
	null ctl1
	mkdir "$tmp/bounce.d" "$tmp/units"
	printf '[root]\nbacking = /dev/ctl0\ninitramfs = yes\n' >"$tmp/bounce.d/a.conf"
	printf '[data]\nbacking = /dev/ctl1\ninitramfs = no\n' >"$tmp/bounce.d/b.conf"
	printf '[top]\nbacking = /dev/bounce-root\nnofail = yes\n' >"$tmp/bounce.d/c.conf"
	ctl 0 check
	ctl 0 --initramfs restore
	[ -b /dev/bounce-root ] || fail "the root has no disk"
	[ ! -e "$config"/data ] || fail "it made another disk, too"
	ctl 0 restore
	[ -b /dev/bounce-data ] || fail "no disk"
	bounce-generator "$tmp/units" "$tmp/bounce.d" || fail "it failed"
	expect services 'bounce@data.service bounce@top.service' \
		"$(cd "$tmp/units/local-fs.target.wants" && echo *)"
	! grep Requires "$tmp/units/bounce@top.service.d/device.conf" || fail 'no such unit'
	ctl 0 remove --all
	rm -r "$tmp/units"
	mkdir "$tmp/units"
	bounce-generator "$tmp/units" "$tmp/bounce.d" || fail "it failed"
	[ -L "$tmp/units/local-fs.target.wants/bounce@root.service" ] || fail "no service"
	rm -r "$tmp/bounce.d" "$tmp/units"
}
