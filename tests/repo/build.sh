# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # lab and tmp are set by run
#
# The modules build without a warning, and sparse has really looked at them.

# build KERNEL ARG...: everything, outside the tree; the output is in $tmp/make
build()
{
	kdir=$("$lab" path kernel "$1") && [ -d "$kdir" ] || return 1
	shift
	rm -rf "$tmp/out.ko"
	make KDIR="$kdir" MO="$tmp/out.ko" VTL0_TESTS=1 "$@" >"$tmp/make" 2>&1
	status=$?
	# The lab's tools need not be those that built the distribution's kernel.
	if grep -vE 'the compiler differs from|(pahole|compiler) version differs' "$tmp/make" |
	   grep -E -A 3 'warning:|WARNING:|error:|ERROR:' | awk '!seen[$0]++' | grep .; then
		return 1
	fi
	[ $status = 0 ] || { tail -n 20 "$tmp/make"; return 1; }
}

# Warning-free, and there is a module.
modules()
{
	build "$1" W=1e || return 1
	ls -l "$tmp/out.ko/drivers/vtl0/vtl0.ko"
}

# Sparse that cannot read the kernel's headers ends with success as well: every
# file of the drivers must have been checked (can_fail_sparse_7_2 proves that
# checking finds something).
sparse()
{
	build "$1" C=2 || return 1
	checked=$(grep -c '^ *CHECK ' "$tmp/make")
	files=$(find drivers -name '*.c' | wc -l)
	echo "$checked checked, $files files"
	[ "$checked" -ge "$files" ]
}

check_modules_7_2()
{
	modules 7.2
}

plant_modules_7_2()
{
	echo 'int planted(void) { int unused; return 0; }' >>drivers/vtl0/plan.c
}

check_modules_7_3()
{
	modules 7.3
}

check_sparse_7_2()
{
	sparse 7.2
}

# "Should it be static?" is a question that only sparse asks.
plant_sparse_7_2()
{
	echo 'int planted;' >>drivers/vtl0/plan.c
}

check_sparse_7_3()
{
	sparse 7.3
}
