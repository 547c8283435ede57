// SPDX-License-Identifier: GPL-2.0
/// Pages were taken out of an iov_iter, and a way out of the function neither
/// gives them back nor reverts the iterator.
// Confidence: Moderate
// URL: Documentation/checks/PG06.rst
// Options: --no-includes
// Severity: error
// Files: iov_iter_extract_pages iov_iter_get_pages bio_iov_iter_get_pages

virtual patch
virtual context
virtual org
virtual report

@initialize:python@
@@
import re

pg06_loops = set()


def pg06_over(text, where):
    return (where.file, where.current_element, re.sub(r"\s+", " ", text).strip()) in pg06_loops


def pg06_worked(text, result):
    """A condition that is true if the call got something."""
    name = re.escape(re.sub(r"\s+", " ", result).strip())
    return bool(re.match(r"^%s (> 0|>= 1)$" % name, re.sub(r"\s+", " ", text).strip()))


def pg06_failed(text, result):
    """A condition that is true if the call got nothing at all."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\b(likely|unlikely|WARN_ON|WARN_ON_ONCE|IS_ERR_VALUE) \((.*)\)$", r"\2", text).strip()
    name = re.escape(re.sub(r"\s+", " ", result).strip())
    return bool(re.match(r"^(%s (<|<=|==) 0\b|! ?\(?%s\b|%s$)|.*\|\| %s (<|<=) 0" % ((name,) * 4),
                         text))


pg06_print = None      # set by the mode
pg06_found = set()


def pg06_say(where, text):
    """Notes a finding for the modes that change lines, and prints it in the others."""
    pg06_found.add((where.file, where.line, where.column))
    if pg06_print:
        pg06_print(where, text)


def pg06_is_found(where):
    return (where.file, where.line, where.column) in pg06_found

@initialize:python depends on report@
@@
pg06_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg06_print = coccilib.org.print_safe_todo

@pg06_get@
identifier get = {iov_iter_extract_pages, iov_iter_get_pages2, iov_iter_get_pages_alloc2,
		  iov_iter_get_pages, iov_iter_get_pages_alloc};
local idexpression pages, r;
expression it;
position p;
@@
(
 r = get@p(it, pages, ...)
|
 r = get@p(it, &pages, ...)
)

// A loop after the call is taken to be one over the pages that does something
// with them, not to be passed by.
@pg06_loop depends on pg06_get@
expression e, e1, e2;
position l;
statement S;
type ty;
identifier i;
@@
(
for (...; e@l; ...) S
|
for (ty i = e1; e@l; e2) S
|
while (e@l) S
)

@script:python@
e << pg06_loop.e;
l << pg06_loop.l;
@@
pg06_loops.add((l[0].file, l[0].current_element, re.sub(r"\s+", " ", e).strip()))

// Out with an error, past everything that gives the pages back or hands them on.
@pg06_leak exists@
identifier pg06_get.get;
identifier release = {iov_iter_revert, unpin_user_pages, unpin_user_page, put_page,
		      release_pages, iov_iter_restore};
identifier use != {kfree, kvfree, vfree, iov_iter_count, ARRAY_SIZE, WARN_ON, WARN_ON_ONCE,
		   unlikely, likely};
local idexpression pg06_get.pages, pg06_get.r;
expression e, a, err;
position pg06_get.p, q;
expression C : script:python(r) { pg06_failed(C, r) };
expression D : script:python(r) { pg06_worked(D, r) };
expression LC : script:python(p) { pg06_over(LC, p[0]) };
constant K;
@@
r = get@p(...)
... when != release(...)
    when != use(..., pages, ...)
    when != use(..., &pages, ...)
    when != pages[e]
    when != *pages
    when != a = pages
    when != LC
    when != true C
    when != false D
(
return@q -K;
|
return@q ERR_PTR(-K);
|
err@q = -K
)

@script:python@
p << pg06_get.p;
q << pg06_leak.q;
get << pg06_get.get;
@@
pg06_say(q[0], "error: pages of %s() on line %s are neither released nor reverted on this way out [PG06]" % (get, p[0].line))

@pg06_fill@
expression bio, it, r;
identifier get = {bio_iov_iter_get_pages, bio_iov_iter_bounce};
position p;
@@
r = get@p(bio, it, ...)

@pg06_bio exists@
expression pg06_fill.bio, pg06_fill.r;
identifier pg06_fill.get;
identifier use != {bio_put, bio_set_flag, bio_clear_flag, likely, unlikely};
expression C : script:python(r) { pg06_failed(C, r) };
position pg06_fill.p, q;
@@
r = get@p(bio, ...)
... when != use(..., bio, ...)
    when != true C
bio_put@q(bio)

@script:python@
p << pg06_fill.p;
q << pg06_bio.q;
get << pg06_fill.get;
@@
pg06_say(q[0], "error: the bio goes with the pages of %s() on line %s in it [PG06]" % (get, p[0].line))

@pg06_context depends on context@
expression e, err;
identifier fn;
position p : script:python() { pg06_is_found(p[0]) };
@@
(
* return@p e;
|
* err@p = e
|
* fn@p(...)
)

// Pages that went into a bio are known to it.
@pg06_patch depends on patch@
expression bio;
position p : script:python() { pg06_is_found(p[0]) };
@@
+ bio_release_pages(bio, false);
  bio_put@p(bio);
