# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # lab, top and tmp are set by run
#
# The structure of drivers/ and tools/: in each directory the files include and
# call each other in one direction only; no file and no function is long.

MAX_FILE=450
MAX_FUNCTION=60

# Directories with C or Python files that call each other.
source_dirs()
{
	find drivers tools -name '*.[ch]' -printf '%h\n' -o -name '*.py' -printf '%h\n' | sort -u
}

# circles WHAT: reads lines "FROM TO" and prints the members of each circle
circles()
{
	# tsort names the members of a loop, one a line, and fails.
	LC_ALL=C tsort 2>"$tmp/loops" >"$tmp/order" && return
	sed -e 's/^tsort: -: input contains a loop:$/a circle of '"$1"':/' \
		-e 's/^tsort: /  /' "$tmp/loops"
}

# include_edges DIR: prints "FROM TO" for each file of DIR that includes another
include_edges()
{
	for f in "$1"/*.[ch]; do
		[ -f "$f" ] || continue
		sed -n 's/^#[[:space:]]*include[[:space:]]*"\([^"/]*\)".*/\1/p' "$f" |
			while read -r name; do
				[ ! -f "$1/$name" ] || echo "$f $1/$name"
			done
	done
}

check_include_circles()
{
	source_dirs | while read -r dir; do
		include_edges "$dir" | circles includes
	done | nothing
}

plant_include_circles()
{
	printf '#include "plan.h"\n' >drivers/vtl0/planted.h
	printf '#include "planted.h"\n' >>drivers/vtl0/plan.h
}

# call_edges DIR: prints "FROM TO" for each file of DIR that calls a function of another
#
# From the lines of cscope's cross reference (-c: as text): <TAB>@FILE begins a
# file, <TAB>$NAME a function's definition, <TAB>`NAME is a call. A call means the
# function of that name in the same file if there is one. Headers are left out:
# cscope takes a prototype with an attribute for a definition.
call_edges()
{
	find "$1" -maxdepth 1 -name '*.c' >"$tmp/cscope.files"
	[ -s "$tmp/cscope.files" ] || return 0
	rm -f "$tmp/cscope.out"
	cscope -b -c -k -i "$tmp/cscope.files" -f "$tmp/cscope.out" || return 1
	awk '
		/^\t@/ { file = substr($0, 3) }
		/^\t\$/ { name = substr($0, 3); owner[name] = file; here[file, name] = 1 }
		/^\t`/ { from[++n] = file; callee[n] = substr($0, 3) }
		END {
			for (i = 1; i <= n; i++) {
				to = owner[callee[i]]
				if (to && !((from[i], callee[i]) in here))
					print from[i], to
			}
		}' "$tmp/cscope.out" | sort -u
}

check_call_circles()
{
	command -v cscope >/dev/null || { echo "cscope is missing"; return 1; }
	source_dirs | while read -r dir; do
		call_edges "$dir" | circles calls
	done | nothing
}

plant_call_circles()
{
	printf 'void planted(void)\n{\n\tvtl0_zap(0, 0);\n}\n' >drivers/vtl0/planted.c
	printf 'void zap_again(void)\n{\n\tplanted();\n}\n' >>drivers/vtl0/mapping.c
}

# import_edges DIR: prints "FROM TO" for each Python module of DIR that imports another
import_edges()
{
	for f in "$1"/*.py; do
		[ -f "$f" ] || continue
		sed -n -e 's/^from \.\([a-z_][a-z_]*\) import .*/\1/p' -e 's/^from \. import //p' "$f" |
			sed 's/ as [a-z_]*//g' | tr -d ' ' | tr ',' '\n' | while read -r name; do
			[ ! -f "$1/$name.py" ] || echo "$f $1/$name.py"
		done
	done
}

check_import_circles()
{
	source_dirs | while read -r dir; do
		import_edges "$dir" | circles imports
	done | nothing
}

plant_import_circles()
{
	echo 'from . import planted' >>tools/pgcheck/pgchecklib/source.py
	echo 'from . import source' >tools/pgcheck/pgchecklib/planted.py
}

# Fixtures are left out: they are as long as the code that they stand for.
check_file_length()
{
	find . -name '*.[chS]' -o -name '*.sh' -o -name '*.py' -o -name '*.cocci' -o -name '*.awk' |
		grep -vE '/(good|bad|fixtures)/' | xargs wc -l |
		awk -v max=$MAX_FILE '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }' | nothing
}

plant_file_length()
{
	awk 'BEGIN { for (i = 0; i < 500; i++) print "/* " i " */" }' >drivers/vtl0/planted.c
}

# A function begins with a { and ends with a } in the first column.
check_function_length()
{
	find drivers include tools tests -name '*.[ch]' | grep -vE '/(good|bad|fixtures)/' |
		xargs awk -v max=$MAX_FUNCTION '
			FNR == 1 { start = 0 }
			/^{/ { start = FNR }
			/^}/ {
				if (start && FNR - start - 1 > max)
					print FILENAME ":" start ": " FNR - start - 1 " lines"
				start = 0
			}' | nothing
}

plant_function_length()
{
	{
		printf 'void planted(void)\n{\n'
		awk 'BEGIN { for (i = 0; i < 61; i++) print "\tplanted();" }'
		echo '}'
	} >tools/vtl0ctl/planted.c
}
