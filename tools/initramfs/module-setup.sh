#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# For dracut(8), as "hook" is for initramfs-tools: takes what makes the bounce disks of
# /etc/bounce.d that have "initramfs = yes" into the initramfs; nothing if there is none.
#
# shellcheck disable=SC2154,SC2329 # dracut sets the variables and calls the functions

check()
{
	# dracut before 108 leaves /usr/local out.
	local PATH=$PATH:/usr/sbin:/usr/local/sbin

	grep -Eqs '^[[:space:]]*initramfs[[:space:]]*=[[:space:]]*yes[[:space:]]*$' \
		/etc/bounce.d/*.conf || return 255
	require_binaries bouncectl || return 1
}

depends()
{
	echo udev-rules
}

installkernel()
{
	hostonly='' instmods bounce_blk
	modinfo -k "$kernel" bounce_blk >/dev/null 2>&1 ||
		dwarn "bounce: there is no module bounce_blk for $kernel"
}

install()
{
	local PATH=$PATH:/usr/sbin:/usr/local/sbin rules

	# A mistake in what describes the root's disk keeps the root away: say so while the
	# machine is up.
	bouncectl --initramfs check >/dev/null || exit 1
	# While the bounce disk exists, the device below can be neither checked nor mounted.
	# dracut waits for the device of root= before the hook makes the bounce disk.
	grep -Eqs '(^|[[:space:]])root=(UUID=|LABEL=|/dev/disk/by-(uuid|label)/)' /proc/cmdline ||
		dwarn "bounce: the kernel's command line has neither root=UUID= nor root=LABEL=:" \
			'the device below is busy and cannot be mounted'
	inst "$(command -v bouncectl)" /usr/sbin/bouncectl
	inst_multiple modprobe mount /etc/bounce.d/*.conf
	# The root by UUID is the bounce disk, and not the device below, by these rules.
	for rules in /usr/lib/udev/rules.d/61-bounce_blk.rules \
		/usr/local/lib/udev/rules.d/61-bounce_blk.rules; do
		[ ! -e "$rules" ] || inst_simple "$rules" /usr/lib/udev/rules.d/61-bounce_blk.rules
	done
	# Before the root is checked, which keeps the device below busy.
	inst_hook pre-mount 00 "$moddir/bounce.sh"
}
