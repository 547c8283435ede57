#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Does reading the memory of a process end where a 1G entry is PROT_NONE?
#
#	lab run --kernel 7.3 --mem 4G --append 'memmap=1G%0x100000000-1+0xefffffff' -- upstream/pud-present-prot-none/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

dax_device 1073741824
status=0
reproduce-pud-present-prot-none /dev/dax0.0 || status=$?
[ $status -le 1 ] || cannot "ended with status $status"
answer [ $status = 0 ]
