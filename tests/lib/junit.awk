# SPDX-License-Identifier: GPL-2.0
#
# Turns the records of ktap.awk, one FILE.results per group, into JUnit XML.
#
# awk -f junit.awk DIR/*.results

function xml(s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	gsub(/"/, "\\&quot;", s)
	gsub(/[\001-\010\013-\037]/, "?", s)
	return s
}

function end_case()
{
	if (result == "fail")
		body = body "<failure>" xml(notes) "</failure>"
	if (result != "")
		body = body "</testcase>\n"
	result = notes = ""
}

function end_suite()
{
	end_case()
	if (group != "")
		printf "<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n%s</testsuite>\n",
			xml(group), n, n_fail, n_skip, body
	body = ""
	n = n_fail = n_skip = 0
}

BEGIN {
	print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	print "<testsuites>"
}

FNR == 1 {
	end_suite()
	group = FILENAME
	sub(/.*\//, "", group)
	sub(/\.results$/, "", group)
}

/^\t/ {
	notes = notes substr($0, 2) "\n"
	next
}

{
	end_case()
	split($0, field, "\t")
	result = field[1]
	n++
	body = body "<testcase classname=\"" xml(group) "\" name=\"" xml(field[2]) "\">"
	if (result == "skip") {
		n_skip++
		body = body "<skipped/>"
	} else if (result == "fail") {
		n_fail++
	}
}

END {
	end_suite()
	print "</testsuites>"
}
