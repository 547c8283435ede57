#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Direct writes to a disk with protection information, from a buffer that changes: are they
# refused for checksums that do not match?
#
#	lab run --kernel 7.3 --nvme pi -- upstream/stable-raw-writes/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

[ "$(cat /sys/block/nvme0n1/integrity/write_generate)" = 1 ] || cannot "the disk has no checksums"
status=0
reproduce-stable-raw-writes /dev/nvme0n1 || status=$?
[ $status -le 1 ] || cannot "ended with status $status"
answer [ $status = 0 ]
