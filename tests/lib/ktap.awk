# SPDX-License-Identifier: GPL-2.0
#
# Reads the KTAP or TAP output of one group: one stream or several one after the
# other, nested to any depth, with anything else in between. Writes one line per
# leaf test, "pass|fail|skip <tab> name", and behind that of a test that failed its
# diagnostics, indented with a tab. A fault of the output itself (no plan, tests
# missing, nothing run) is written as one more test that failed; several.sh names its
# commands, and then each of them has to run a test.
#
# awk -v status=EXIT_STATUS -f ktap.awk LOG

# A frame is one level of nesting: frames 1..top, each with its indentation, its
# plan (-1: none yet), the results seen, the failures below it and its name.
function open_frame(indent)
{
	top++
	at[top] = indent
	plan[top] = -1
	seen[top] = 0
	failed[top] = 0
	name[top] = ""
}

function report(result, test)
{
	print result "\t" path(top) test
	count[result]++
	if (result == "fail") {
		for (i = 1; i <= top; i++)
			failed[i]++
		printf "%s", notes
	}
	notes = ""
}

function path(level,    i, p)
{
	for (i = 1; i <= level; i++)
		if (name[i] != "")
			p = p name[i] "/"
	return p
}

function close_frame()
{
	if (plan[top] < 0)
		report("fail", "(no plan: the output was cut off)")
	else if (plan[top] != seen[top])
		report("fail", "(planned " plan[top] " tests, saw " seen[top] ")")
	closed_failed = failed[top]
	top--
}

# Ends the tests nested deeper than indent; returns 1 if there were any.
function close_deeper(indent,    any)
{
	while (top && at[top] > indent) {
		close_frame()
		any = 1
	}
	return any
}

function test_line(indent, line,    ok, test, directive, nested)
{
	nested = close_deeper(indent)
	if (!top || at[top] < indent)
		open_frame(indent)
	ok = line !~ /^not /
	sub(/^(not )?ok */, "", line)
	sub(/^[0-9]+ */, "", line)
	sub(/^- /, "", line)
	if (ok && match(line, /# *(SKIP|skip|XFAIL|TODO)/)) {
		directive = 1
		line = substr(line, 1, RSTART - 1)
	}
	sub(/ *$/, "", line)
	seen[top]++
	if (!nested)
		report(directive ? "skip" : ok ? "pass" : "fail", line)
	else if (!ok && !closed_failed)
		report("fail", line " (as a whole)")
	name_next = ""
}

function plan_line(indent, line)
{
	close_deeper(indent)
	if (!top || at[top] < indent)
		open_frame(indent)
	else if (plan[top] >= 0) {
		# A second plan: the next stream, without a version line.
		close_frame()
		open_frame(indent)
	}
	if (name_next != "" && name[top] == "")
		name[top] = name_next
	name_next = ""
	sub(/^1\.\./, "", line)
	plan[top] = line + 0
	if (plan[top] == 0)
		report("skip", "all" (match(line, /#.*/) ? " " substr(line, RSTART) : ""))
}

# Ends the output of a command of several.sh, or of the group.
function close_command(    any, what)
{
	while (top)
		close_frame()
	any = count["pass"] + count["fail"]
	what = count["skip"] > skip_before ? "all tests were skipped" : "no test ran"
	if (any == any_before)
		report("fail", "(" what (command == "" ? "" : ": " command) ")")
	any_before = count["pass"] + count["fail"]
	skip_before = count["skip"]
}

{
	sub(/\r$/, "")
	sub(/^\[ *[0-9]+\.[0-9]+\] /, "")	# the kernel log's time stamp
	line = $0
	sub(/^ */, "", line)
	indent = length($0) - length(line)
}

line ~ /^# several: / && !indent {
	if (command != "")
		close_command()
	command = substr(line, 12)
	notes = ""
	next
}

line ~ /^K?TAP version [0-9]+$/ {
	close_deeper(indent)
	if (top && at[top] == indent)
		close_frame()
	open_frame(indent)
	name[top] = name_next
	name_next = ""
	notes = ""
	next
}

line ~ /^1\.\.[0-9]+/ {
	plan_line(indent, line)
	next
}

line ~ /^(not )?ok( |$)/ {
	test_line(indent, line)
	next
}

line ~ /^# Subtest: / {
	name_next = substr(line, 12)
	# KUnit writes it behind the version line, TAP 14 before it.
	if (top && at[top] == indent && plan[top] < 0 && !seen[top]) {
		name[top] = name_next
		name_next = ""
	}
	next
}

line ~ /^Bail out!/ {
	report("fail", "(" line ")")
	next
}

line ~ /^#/ && length(notes) < 4000 {
	notes = notes "\t" line "\n"
}

END {
	close_command()
	if (status && !count["fail"])
		report("fail", "(exit status " status " although no test failed)")
}
