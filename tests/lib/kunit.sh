#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kunit.sh MODULE...: loads modules with KUnit suites, in a guest whose kernel has
# KUnit, and prints the results of the suites, which are KTAP.

set -u
. "$(dirname "$0")/tap.sh"
debugfs=/sys/kernel/debug/kunit

for module; do
	modprobe "$module" || only_result 1 "$module loads"
done
nr=0
for results in "$debugfs"/*/results; do
	cat "$results" && nr=$((nr + 1))
done
[ $nr -ge $# ] || only_result 1 "$* have suites"
for module; do
	modprobe -r "$module" || only_result 1 "$module unloads"
done
