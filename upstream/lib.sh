# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Functions for the reproducers, which run in the guest.

# cannot TEXT...: ends a reproducer that cannot look for its fault, without an answer, which
# upstream/run counts as a failure
cannot()
{
	echo "# $*"
	exit 1
}

# dax_device SIZE: makes /dev/dax0.0 of the guest's soft reserved memory, with pages of SIZE
# bytes. The drivers are modules or built in. kmem, which would make System RAM of it, may
# have bound it, so bind it to device_dax.
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

# answer COMMAND...: prints "reproduced" if the command succeeds, else "not reproduced"
answer()
{
	if "$@"; then
		echo reproduced
	else
		echo "not reproduced"
	fi
}

# logged PATTERN: prints how many lines of the kernel's log match
logged()
{
	dmesg | grep -c -e "$1"
}
