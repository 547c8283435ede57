#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Both parts of "make demo" as a test, so that the README's first commands work.

. tests/lib/tap.sh

# Each line of the first part's table has both ways.
checked() {
	[ "$1" != guest ] ||
		[ "$(echo "$out" | grep -cE '^[0-9]+ [KM]iB +ok +ok +EEXIST +EEXIST *$')" -eq 5 ]
}

plan 2
for part in guest bounce; do
	out=$(tests/demo/$part.sh 2>&1) && checked $part
	status=$?
	echo "$out" | notes
	result $status $part
done
tap_end
