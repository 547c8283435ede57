# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # lab, top and tmp are set by run
#
# The structure of drivers/ and tools/: in each directory the files include and
# call each other in one direction only. In the whole repository no file and no function is
# long.

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

# call_edges DIR: prints "FROM TO" for each file of DIR that calls a function of another. Fails
# if cscope does, or finds no function in the C files of DIR.
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
		/^\t\$/ { name = substr($0, 3); owner[name] = file; here[file, name] = 1; functions++ }
		/^\t`/ { from[++n] = file; callee[n] = substr($0, 3) }
		END {
			for (i = 1; i <= n; i++) {
				to = owner[callee[i]]
				if (to && !((from[i], callee[i]) in here))
					print from[i], to
			}
			exit !functions
		}' "$tmp/cscope.out" >"$tmp/all_edges" || return 1
	sort -u "$tmp/all_edges"
}

check_call_circles()
{
	command -v cscope >/dev/null || { echo "cscope is missing"; return 1; }
	source_dirs | while read -r dir; do
		if call_edges "$dir" >"$tmp/edges"; then
			circles calls <"$tmp/edges"
		else
			echo "$dir: cscope fails, or finds no function"
		fi
	done | nothing
}

plant_call_circles()
{
	printf 'void planted(void)\n{\n\tvtl0_zap(0, 0);\n}\n' >drivers/vtl0/planted.c
	printf 'void zap_again(void)\n{\n\tplanted();\n}\n' >>drivers/vtl0/mapping.c
}

# For the check, which runs in the same shell, this is cscope.
plant_call_circles__2()
{
	# shellcheck disable=SC2329 # called by call_edges
	cscope()
	{
		echo planted >&2
		return 1
	}
}

plant_call_circles__3()
{
	mkdir drivers/planted
	echo 'int planted;' >drivers/planted/planted.c
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

# long_texts: text files as long as they need to be, each with its reason
long_texts()
{
	cat <<-EOF
	./Documentation/man/vtl0ctl.8   a reader searches one page for an option or an error
	EOF
}

# Fixtures are left out: they are as long as the code that they stand for.
own_files()
{
	all_files | grep -vE '^\./(\.git|tests/pgcheck/(good|bad))/'
}

check_file_length()
{
	long_texts | cut -d ' ' -f 1 >"$tmp/long_texts"
	own_files | grep -vxF -f "$tmp/long_texts" | xargs grep -lI '' | xargs wc -l |
		awk -v max=$MAX_FILE '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }' | nothing
}

plant_file_length()
{
	awk 'BEGIN { for (i = 0; i <= 450; i++) print "/* " i " */" }' >drivers/vtl0/planted.c
}

plant_file_length__2()
{
	seq 451 >Documentation/man/planted.8
}

plant_file_length__3()
{
	{ echo '#!/bin/sh'; seq 450; } >tools/planted
}

long_functions()
{
	python3 "$top/tests/repo/long_functions.py" $MAX_FUNCTION
}

check_function_length()
{
	own_files | long_functions
}

# function_of LINES NAME LANGUAGE: prints one
function_of()
{
	case $3 in
	c) head="void $2(void)\n{\n" line='\tplanted();' last='}' ;;
	sh) head="$2()\n{\n" line='\techo planted' last='}' ;;
	py) head="def $2():\n" line='    planted()' last='    return' ;;
	esac
	# shellcheck disable=SC2059 # formats
	{
		printf "$head"
		yes "$(printf "$line")" | head -n $(($1 - $(printf "$head" | wc -l) - 1))
		echo "$last"
	}
}

plant_function_length()
{
	function_of 61 planted c >tools/vtl0ctl/planted.c
}

plant_function_length__2()
{
	function_of 61 planted sh >tools/lab/planted.sh
}

plant_function_length__3()
{
	{ echo '#!/bin/sh'; function_of 61 planted sh; } >tools/planted
}

plant_function_length__4()
{
	function_of 61 planted py >tools/pgcheck/pgchecklib/planted.py
}

# A } in a here-document ends no function. Of the two < the quotes keep away that the check
# takes this line for the beginning of one.
plant_function_length__5()
{
	function_of 59 planted sh | sed '3s/.*/\tcat <''<-EOF\n}\nEOF/' >tools/lab/planted.sh
}

# A function inside of another one, and one whose name stands with its brace.
plant_function_length__6()
{
	{
		echo 'outer() {'
		printf '\tplanted() {\n'
		yes '		:' | head -n 59
		printf '\t}\n}\n'
	} >tools/lab/planted.sh
}

# In each language 60 lines are not too many.
check_function_of_60_lines()
{
	for language in c sh py; do
		function_of 60 fits $language >"$tmp/fits.$language"
		echo "$tmp/fits.$language"
	done | long_functions
}

# An empty list of files is no success.
check_no_function_found()
{
	! long_functions </dev/null
}
