#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Does mremap() move a 1G entry of device DAX, and does munmap() of a part leave the memory
# below a special 1G entry alone?
#
#	lab run --kernel 7.3 --smp 1 --mem 5G --append 'memmap=1G%0x100000000-1+0xefffffff' --reserve 1G@0x140000000 -- upstream/split-huge-pud/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

found=''
dax_device 1073741824
status=0
reproduce-split-huge-pud move /dev/dax0.0 || status=$?
[ $status = 1 ] || cannot "move ended with status $status"
echo "# mremap(): bad pud $(logged 'bad pud') times"
[ "$(logged 'bad pud')" = 0 ] || found=yes

modprobe huge_entries start=0x140000000 length=0x40000000
status=0
reproduce-split-huge-pud split /dev/huge_entries || status=$?
[ $status -le 1 ] || cannot "split ended with status $status"
[ $status != 0 ] || found=yes
answer [ -n "$found" ]
