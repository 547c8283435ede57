// SPDX-License-Identifier: GPL-2.0
// Prints each function that spatch could parse and walk through. The runner
// appends this to the rules and compares with its own list of functions.

@pgcheck_coverage@
identifier fn;
position p;
@@
fn@p(...) { ... when any
}

@script:python@
fn << pgcheck_coverage.fn;
p << pgcheck_coverage.p;
@@
print("pgcheck-function\t%s\t%s\t%s" % (p[0].file, p[0].line, fn))
