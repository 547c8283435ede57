#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loads the module that tests pgmap_bio.h, in the lab, and prints its results as KTAP.

if ! modprobe pgmap_bio_test; then
	printf 'KTAP version 1\n1..1\nnot ok 1 pgmap_bio_test loads\n'
	exit 1
fi
results=$(cat /sys/module/pgmap_bio_test/parameters/results)
echo "$results"
modprobe -r pgmap_bio_test || exit 1
! echo "$results" | grep -q '^not ok'
