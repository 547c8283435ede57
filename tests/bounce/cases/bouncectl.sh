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
	[ ! -e "$config"/one ] || fail "it is still there"
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

# One line with file and number; nothing is made.
test_bouncectl_wrong_files()
{
	mkdir "$tmp/bounce.d"
	while IFS='|' read -r text message; do
		printf '%b' "$text" >"$tmp/bounce.d/a.conf"
		ctl 1 check
		says "$message"
		expect lines 1 "$(wc -l <"$tmp/said")"
		ctl 1 restore
	done <<-'END'
		backing = /dev/x\n|a.conf:1: "backing" stands before the first [NAME]
		[one\n|a.conf:1: "]" is missing at the end
		[one]\n\nnonsense\n|a.conf:3: "nonsense" is neither [NAME] nor KEY = VALUE
		[one]\nmode = all\n|a.conf:1: [one] has no backing = DEVICE
		[one]\nbacking=/dev/x\nbacking=/dev/y\n|a.conf:3: "backing" is set twice in [one]
		[one]\nbacking=/dev/x\n[one]\n|a.conf:3: [one] was there before
		[o/e]\n|a.conf:1: [o/e]: a name has letters
		[one]\nbacking=/dev/x\nmode=some\n|a.conf:1: [one]: mode is none, write, all, guest or direct, not "some"
		[one]\nbacking=/dev/x\ninitramfs=maybe\n|a.conf:1: [one]: initramfs is yes or no, not "maybe"
		[a-name-that-has-more-than-24]\nbacking=/dev/x\n|a name has at most 24 letters
	END
	expect devices '' "$(ls -d "$config"/*/ 2>/dev/null)"
	rm -r "$tmp/bounce.d"
}

# "check" works without the module, so it has the modes, too: all that the module has.
test_bouncectl_knows_all_modes()
{
	null ctl0
	mkdir "$tmp/bounce.d"
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

# What systemd is told for each device: be there before file systems, and go with the
# disk.
test_bouncectl_generator()
{
	mkdir "$tmp/bounce.d" "$tmp/units"
	printf '[my-data]\nbacking = /dev/mapper/vg-lv\n' >"$tmp/bounce.d/a.conf"
	bounce-generator "$tmp/units" "$tmp/bounce.d" || fail "it failed"
	grep -q '^BindsTo=dev-bounce\\x2dmy\\x2ddata.device$' \
		"$tmp/units/bounce@my-data.service.d/device.conf" || fail "not bound to its disk"
	[ -L "$tmp/units/local-fs.target.wants/bounce@my-data.service" ] || fail "not wanted"
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
	ctl 0 check
	ctl 0 --initramfs restore
	[ -b /dev/bounce-root ] || fail "the root has no disk"
	[ ! -e "$config"/data ] || fail "it made another disk, too"
	ctl 0 restore
	[ -b /dev/bounce-data ] || fail "no disk"
	bounce-generator "$tmp/units" "$tmp/bounce.d" || fail "it failed"
	expect services 'bounce@data.service' "$(ls "$tmp/units/local-fs.target.wants")"
	ctl 0 remove --all
	rm -r "$tmp/units"
	mkdir "$tmp/units"
	bounce-generator "$tmp/units" "$tmp/bounce.d" || fail "it failed"
	[ -L "$tmp/units/local-fs.target.wants/bounce@root.service" ] || fail "no service"
	rm -r "$tmp/bounce.d" "$tmp/units"
}
