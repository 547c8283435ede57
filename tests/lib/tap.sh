# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Prints results as KTAP, from sh and bash: "plan", "result" or "subtest" for each
# test, then "tap_end".

tap_nr=0
tap_failed=0

# plan [COUNT]: without the number, "plan_end" has to come behind the last result
plan()
{
	echo 'KTAP version 1'
	[ $# = 0 ] || echo "1..$1"
}

# A script that ends early does not come here; without a plan its output counts as cut off.
plan_end()
{
	echo "1..$tap_nr"
}

# note TEXT...: a diagnostic
note()
{
	echo "# $*"
}

# notes: standard input as diagnostics
notes()
{
	sed 's/^/# /'
}

# result STATUS NAME [REASON]: prints the result of a test; status 0 means that it passed,
# 4 that it was skipped, as in the kernel's selftests
result()
{
	tap_nr=$((tap_nr + 1))
	case $1 in
	0) echo "ok $tap_nr $2" ;;
	4) echo "ok $tap_nr $2 # SKIP${3:+ $3}" ;;
	*)
		echo "not ok $tap_nr $2"
		tap_failed=1
		;;
	esac
}

# only_result STATUS NAME [REASON]: prints a plan and this one result, and exits; for a
# script that can test nothing else
only_result()
{
	plan 1
	result "$@"
	exit $tap_failed
}

# indented COMMAND...: runs it and indents its output, as KTAP wants nested tests. Not by
# sed, which would hold lines back. Descriptor 3 takes the command's status past the pipe,
# 4 the lines past the command substitution.
indented()
{
	{
		tap_status=$({ {
			"$@" 2>&1 3>&- 4>&-
			echo $? >&3
		} | while IFS= read -r tap_line; do
			printf '    %s\n' "$tap_line"
		done >&4; } 3>&1)
	} 4>&1
	return "$tap_status"
}

# subtest NAME COMMAND...: runs a command that prints KTAP. The result is the command's
# status, so that one that crashes after good results has failed.
subtest()
{
	tap_name=$1
	shift
	echo "    # Subtest: $tap_name"
	indented "$@"
	tap_status=$?
	case $tap_status in
	0 | 4) result 0 "$tap_name" ;;
	124) note "$tap_name took too long"; result 1 "$tap_name" ;;
	*) note "$tap_name ended with status $tap_status"; result 1 "$tap_name" ;;
	esac
}

# tap_end: the last command of a script, for its exit status
tap_end()
{
	return $tap_failed
}
