# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # lab and tmp are set by run
#
# clang compiles the drivers without a warning. With CONTEXT_ANALYSIS := y in a
# driver's Kbuild it follows the locks through each function that is annotated.

check_context_analysis()
{
	kdir=$("$lab" path kernel clang) || return 1
	grep -qx CONFIG_WARN_CONTEXT_ANALYSIS=y "$kdir/.config" || return 1
	# There is no vmlinux, so modpost must not fail on symbols that it does not find.
	make KDIR="$kdir" MO="$tmp/out.clang" CC="ccache clang-23" HOSTCC=gcc KBUILD_MODPOST_WARN=1 \
		>"$tmp/make" 2>&1
	status=$?
	if grep -A 3 -E 'warning:|error:' "$tmp/make"; then
		return 1
	fi
	[ $status = 0 ] || { tail -n 20 "$tmp/make"; return 1; }
	compiled=$(grep -c '^ *CC \[M\] .*drivers/.*\.o$' "$tmp/make")
	files=$(find drivers -name '*.c' | wc -l)
	echo "$compiled compiled, $files files"
	[ "$compiled" -ge "$files" ]
}

# A function that needs a lock, called without it. Of the drivers only its file is left, as all
# take long.
plant_context_analysis()
{
	rm -r drivers/bounce_* drivers/dm_bounce
	printf 'obj-m += owner.o\nCONTEXT_ANALYSIS := y\n' >drivers/vtl0/Kbuild
	printf 'int planted(void)\n{\n\treturn vtl0_remove(0, 0, NULL);\n}\n' >>drivers/vtl0/owner.c
}
