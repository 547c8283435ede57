#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loads the module that tests pgmap_bio.h, in the lab, and prints its results as KTAP.

. "$(dirname "$0")/../lib/tap.sh"
modprobe pgmap_bio_test || only_result 1 'pgmap_bio_test loads'
results=$(cat /sys/module/pgmap_bio_test/parameters/results)
plan $(($(echo "$results" | wc -l) + 1))
while read -r verdict name; do
	case $verdict in
	passed) result 0 "$name" ;;
	skipped) result 4 "$name" 'this kernel has no P2PDMA' ;;
	*) result 1 "$name" ;;
	esac
done <<END
$results
END
modprobe -r pgmap_bio_test
result $? 'pgmap_bio_test is removed'
tap_end
