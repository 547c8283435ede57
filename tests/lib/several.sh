#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# several.sh [-n ROUNDS] COMMAND [+ COMMAND]...: runs one command after the other, all of them
# ROUNDS times, where they are: in one machine, for tests that need no fresh one. Their outputs
# follow each other, which ktap.awk reads, behind a line for each that names the command: each
# has to run a test. In all but the last round ROUNDS_LEFT is set.
#
# Exit status: 0 if each command's was 0, or 1.

set -uf
rounds=1
if [ "${1-}" = -n ]; then
	rounds=$2
	shift 2
fi
failed=0
round=1
while [ "$round" -le "$rounds" ]; do
	[ "$rounds" = 1 ] || echo "# round $round of $rounds"
	export ROUNDS_LEFT=$((rounds - round))
	[ "$ROUNDS_LEFT" != 0 ] || unset ROUNDS_LEFT
	command=
	for word in "$@" +; do
		if [ "$word" != + ]; then
			command="$command $word"
			continue
		fi
		echo "# several:$command"
		# shellcheck disable=SC2086 # words, as in the table of the groups
		$command || failed=1
		command=
	done
	round=$((round + 1))
done
exit $failed
