#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Both parts of "make demo" as a test, so that what the README begins with works.

echo 'KTAP version 1'
echo 1..2
for part in guest bounce; do
	if out=$(tests/demo/$part.sh 2>&1); then
		verdict=ok
	else
		verdict='not ok'
	fi
	echo "$out" | sed 's/^/# /'
	echo "$verdict $part"
done
