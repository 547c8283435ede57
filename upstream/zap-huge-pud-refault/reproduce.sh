#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Is a 1G entry that a page fault puts back while madvise() drops it taken for a bad one?
#
#	lab run --kernel 7.3 --mem 4G --append 'memmap=1G%0x100000000-1+0xefffffff' -- upstream/zap-huge-pud-refault/reproduce.sh
set -eu
# shellcheck source=upstream/lib.sh
. "$(dirname "$0")/../lib.sh"

dax_device 1073741824
# One report is enough. After it nothing may fault any more: the TLB still has the
# translation of the entry that the kernel cleared.
for run in $(seq 30); do
	reproduce-zap-huge-pud-refault /dev/dax0.0 3
	[ "$(logged 'bad pud')" = 0 ] || break
done
echo "# bad pud: $(logged 'bad pud') times, in run $run"
dmesg | grep 'Bad rss-counter' | sed 's/^/# /' || :
answer [ "$(logged 'bad pud')" != 0 ]
