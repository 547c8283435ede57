# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For tests of what a build does with the files, and not of what the files say.

# hollow_sources: empties each source file of a module here, but for what each module must
# have. The files, and what kbuild makes of them, stay the same, in a quarter of the time.
hollow_sources()
{
	find . -name Kbuild -exec dirname {} + | while read -r dir; do
		for file in "$dir"/*.c; do
			[ -e "$file" ] || continue
			if grep -q '^MODULE_LICENSE' "$file"; then
				printf '#include <linux/module.h>\n%s\n%s\n' \
					'MODULE_DESCRIPTION("hollow");' 'MODULE_LICENSE("GPL");'
			fi >"$file.hollow"
			mv "$file.hollow" "$file"
		done
	done
}
