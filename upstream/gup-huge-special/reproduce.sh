#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Does get_user_pages() take pages from special entries if they are huge?
#
#	lab run --kernel 7.3 --smp 1 --mem 5G --reserve 1G@0x140000000 -- upstream/gup-huge-special/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

modprobe huge_entries start=0x140000000 length=0x40000000
status=0
reproduce-gup-huge-special /dev/huge_entries || status=$?
[ $status -le 1 ] || cannot "ended with status $status"
answer [ $status = 0 ]
