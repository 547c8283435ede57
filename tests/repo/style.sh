# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # lab is set by run
#
# The kernel's own style checkers, from the lab's kernel source.

c_files()
{
	find "$@" -name '*.[ch]' | sort
}

# checkpatch OPTION...: checks the files that standard input names
checkpatch()
{
	ksrc=$("$lab" path source) || return 1
	xargs "$ksrc/scripts/checkpatch.pl" --root="$ksrc" --quiet --terse "$@" -f
}

# Exceptions stand in .checkpatch.conf and tools/.checkpatch.conf, each with its
# reason. The macros of trace events are laid out as in the kernel, which
# checkpatch does not know.
check_checkpatch()
{
	# The fixtures of the checks are wrong on purpose.
	c_files drivers include tests tools | grep -vE '^tests/pgcheck/(bad|good|patch|sparse)/' >"$tmp/all"
	[ -s "$tmp/all" ] || return 1
	grep -E '^(drivers|include|tests/[a-z0-9]+/(kunit|modules))/' "$tmp/all" >"$tmp/kernel"
	bad=0
	# checkpatch takes an address space that it does not know for an operand, and
	# objects to macro arguments that iterators need to use twice.
	xargs grep -l '__pgmap \*' <"$tmp/kernel" >"$tmp/pgmap"
	grep '/pgmap_bio\.h$' "$tmp/pgmap" | checkpatch --ignore SPACING,MACRO_ARG_REUSE || bad=1
	grep -v '/pgmap_bio\.h$' "$tmp/pgmap" | checkpatch --ignore SPACING || bad=1
	grep -v -e '/trace\.h$' -e '/compat\.h$' -e '/mshv_abi\.h$' -e '/context\.h$' \
		-e '/bounce_core/engine\.h$' -e '/bounce_core/pool\.h$' "$tmp/kernel" | grep -vxF -f "$tmp/pgmap" |
		checkpatch || bad=1
	# Argument lists as macros, arguments that an older function lacks.
	grep '/compat\.h$' "$tmp/kernel" |
		checkpatch --ignore SPACING,MACRO_ARG_REUSE,MACRO_ARG_UNUSED || bad=1
	# __has_include(<...>), which checkpatch takes for a comparison.
	grep '/mshv_abi\.h$' "$tmp/kernel" | checkpatch --ignore SPACING || bad=1
	# It defines context_unsafe(), for each use of which checkpatch wants a comment.
	grep '/context\.h$' "$tmp/kernel" | checkpatch --ignore CONTEXT_UNSAFE || bad=1
	# Macros with the name of a member as an argument, which cannot be in parentheses.
	grep -e '/bounce_core/engine\.h$' -e '/bounce_core/pool\.h$' "$tmp/kernel" | checkpatch --ignore MACRO_ARG_PRECEDENCE || bad=1
	# Event macros are no functions, and their flag tables are lists.
	grep '/trace\.h$' "$tmp/kernel" |
		checkpatch --ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT,COMPLEX_MACRO || bad=1
	grep -vxF -f "$tmp/kernel" "$tmp/all" | CHECKPATCH_CONFIG_DIR=tools checkpatch || bad=1
	return $bad
}

# Removes all other files, as checkpatch is slow.
only_planted()
{
	find drivers include tests tools -name '*.[ch]' -delete
}

plant_checkpatch()
{
	only_planted
	printf '/* SPDX-License-Identifier: GPL-2.0 */\nstatic int planted(int x) {\n\treturn x;\n}\n' \
		>include/planted.h
}

# Each exception has its reason in the comment before it.
check_checkpatch_conf()
{
	awk '/^#/ { reason = 1; next }
	     /^--ignore/ && !reason { print FILENAME ": no comment before " $0; bad = 1 }
	     { reason = 0 }
	     END { exit bad }' .checkpatch.conf tools/.checkpatch.conf
}

plant_checkpatch__2()
{
	only_planted
	printf '/* SPDX-License-Identifier: GPL-2.0 */\nstatic int planted(int x) {\n\treturn x;\n}\n' \
		>tools/planted.h
}

plant_checkpatch_conf()
{
	printf '\n--ignore PLANTED\n--ignore planted\n' >>.checkpatch.conf
}

# kernel-doc ends with success when it has not read anything: the number of
# descriptions it made must be that of the comments.
check_kernel_doc()
{
	ksrc=$("$lab" path source) || return 1
	# shellcheck disable=SC2046
	set -- $(c_files drivers include)
	"$ksrc/scripts/kernel-doc" -Wall -Werror -rst "$@" >"$tmp/rst" || return 1
	made=$(grep -c -e '^\.\. c:' -e '^\*\*.*\*\*$' "$tmp/rst")
	comments=$(cat "$@" | grep -c '^/\*\*$')
	echo "$comments kernel-doc comments, $made described"
	[ "$made" -ge "$comments" ] && [ "$comments" -gt 0 ]
}

plant_kernel_doc()
{
	cat >include/planted.h <<-EOF
	/**
	 * struct planted - without its member
	 */
	struct planted {
		int member;
	};
	EOF
}

# Sphinx reads every document and the kernel-doc in the headers; a warning fails it.
check_htmldocs()
{
	ksrc=$("$lab" path source) || return 1
	make -s htmldocs KSRC="$ksrc" HTMLDIR="$tmp/html" || return 1
	[ -s "$tmp/html/userspace-api/vtl0.html" ] && grep -q 'struct vtl0_add' "$tmp/html/userspace-api/vtl0.html"
}

plant_htmldocs()
{
	# shellcheck disable=SC2016 # not to be expanded here
	printf '\nSee :doc:`planted`.\n' >>Documentation/lab.rst
}

# udevadm reports unknown keys of a rule, and faults of its layout.
check_udev_rules()
{
	udevadm verify tools/udev/*.rules
}

plant_udev_rules()
{
	echo 'KERNEL="planted", SYMLINK+="planted"' >tools/udev/62-planted.rules
}
