#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Which lines of drivers/vtl0 do its tests run?
#
# coverage.sh DIR [COMMAND]...
#
# Runs the commands one after the other in a guest with the lab's kernel "debug", whose module
# counts for gcov, and prints how many lines of each file ran. DIR/log is what the commands
# printed, DIR/gcov.log has the headers of the kernel, too. Without a command it is all tests
# of vtl0, which takes an hour.
#
# Exit status: 0, 1 something failed, 2 usage.

set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
lab=$here/../../tools/lab/lab
counts=/sys/kernel/debug/gcov

# in_guest DIR COMMAND...
in_guest() {
	dir=$1
	status=0
	shift
	for command; do
		echo "# coverage: $command"
		sh -c "$command" || status=1
	done
	# it keeps the counts of a module that was unloaded
	find "$counts" -path '*/drivers/vtl0/*.gcda' -exec cp {} "$dir/" \;
	# where the module was built, outside of the guest
	find "$counts" -path '*/drivers/vtl0/add.gcda' | sed "s|^$counts||; s|/add.gcda||" >"$dir/built"
	exit $status
}

# The options of the groups called vtl0.
machine() {
	sed -n 's/^machine memory = //p' "$here/../groups"
}

# count_lines: reads what gcov says of each source file
count_lines() {
	awk -F "'" '
	/^File/ { ours = $2 ~ /\/drivers\/vtl0\//; file = $2; sub(/.*\//, "", file) }
	/^Lines executed:/ && ours {
		split($0, part, /[:%]| of /)
		lines = $0
		sub(/.* of /, "", lines)
		run = int(part[2] * lines / 100 + 0.5)
		printf "%-12s %5d of %5d lines  %5.1f %%\n", file, run, lines, part[2] | "sort"
		all += lines
		all_run += run
		ours = 0
	}
	END {
		close("sort")
		printf "%-12s %5d of %5d lines  %5.1f %%\n", "all", all_run, all, 100 * all_run / all
	}'
}

if [ "${1-}" = --in-guest ]; then
	shift
	in_guest "$@"
fi
[ $# -ge 1 ] || { sed -n '6,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
dir=$(CDPATH='' cd -- "$1" && pwd -P)
shift
[ $# -gt 0 ] || set -- tests/vtl0/run.sh 'tests/lib/kunit.sh vtl0_kunit' vtl0_failnth \
	'vtl0_fuzz -t 300' 'EVERY_ALLOCATION=1 tests/vtl0/run.sh module'
status=0
rm -f "$dir"/*.gc* "$dir/built"
# shellcheck disable=SC2046 # several words
"$lab" run --kernel debug --make GCOV_PROFILE=y --timeout 7200 --share "$dir" $(machine) -- \
	tests/vtl0/coverage.sh --in-guest "$dir" "$@" >"$dir/log" || status=1
[ -s "$dir/built" ] || { echo "the guest has left no counts, see $dir/log" >&2; exit 1; }
cp "$(cat "$dir/built")"/*.gcno "$dir/"
# the lab shows its root the directory that it is called in
cd "$dir"
"$lab" enter -- sh -c 'gcov -n ./*.gcda' >gcov.log 2>&1
count_lines <gcov.log
exit $status
