# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For the reproducers: what several of them set up in the guest.

# cannot TEXT...: the fault cannot be looked for; no answer is one that fails
cannot()
{
	echo "# $*"
	exit 1
}

# dax_device SIZE: /dev/dax0.0, of the guest's soft reserved memory, in pages of SIZE bytes.
# The drivers are modules or built in; the one that would make it System RAM must not have it.
dax_device()
{
	modprobe -q dax_hmem || :
	modprobe -q device_dax || :
	dax=/sys/bus/dax/devices/dax0.0
	driver=/sys/bus/dax/drivers/device_dax
	for try in $(seq 100); do
		[ ! -e $dax ] || break
		sleep 0.1
	done
	[ -e $dax ] || cannot "no dax0.0 after $try tries"
	[ ! -e $dax/driver ] || echo dax0.0 >$dax/driver/unbind
	echo "$1" >$dax/align
	echo dax0.0 >$driver/new_id
	[ -e $dax/driver ] || echo dax0.0 >$driver/bind
	[ $dax/driver -ef $driver ] || cannot "dax0.0 is not bound to device_dax"
}

# answer COMMAND...: success of the command means that the fault was found
answer()
{
	if "$@"; then
		echo reproduced
	else
		echo "not reproduced"
	fi
}

# logged PATTERN: how often the kernel's log has it
logged()
{
	dmesg | grep -c -e "$1"
}
