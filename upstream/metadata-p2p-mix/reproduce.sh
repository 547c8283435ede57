#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Metadata in a page of the host and one of a controller's memory, which the disk must
# not reach: is that found out whichever comes first?
#
#	lab run --kernel 7.3 --smp 1 --nvme pi --nvme cmb -- upstream/metadata-p2p-mix/reproduce.sh

# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

for disk in /sys/block/nvme*n1; do
	[ "$(cat "$disk/metadata_bytes")" = 0 ] || exec reproduce-metadata-p2p-mix "/dev/${disk##*/}"
done
cannot "no disk has metadata"
