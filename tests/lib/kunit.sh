#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the KUnit suites in a guest whose kernel has KUnit, by loading
# their module, and prints what they report as KTAP.

set -u
suites='vtl0_plan vtl0_range bounce_core'
debugfs=/sys/kernel/debug/kunit

fail()
{
	echo 'KTAP version 1'
	echo '1..1'
	echo "not ok 1 $*"
	exit 1
}

modprobe vtl0 || fail vtl0 does not load
modprobe vtl0_kunit || fail vtl0_kunit does not load
modprobe bounce_kunit || fail bounce_kunit does not load
status=0
for suite in $suites; do
	[ -r "$debugfs/$suite/results" ] || fail "$suite did not run"
	cat "$debugfs/$suite/results"
	grep -q "^ok .*$suite" "$debugfs/$suite/results" || status=1
done
modprobe -r bounce_kunit || fail bounce_kunit does not unload
modprobe -r vtl0_kunit || fail vtl0_kunit does not unload
modprobe -r vtl0 || fail vtl0 does not unload
exit $status
