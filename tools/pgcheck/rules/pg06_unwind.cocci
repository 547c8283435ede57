// SPDX-License-Identifier: GPL-2.0
/// Pages were pinned, or taken from an iov_iter, and the function can return an
/// error without releasing them or reverting the iterator.
// Confidence: Moderate
// URL: Documentation/checks/PG06.rst
// Options: --no-includes
// Severity: error

virtual patch
virtual context
virtual org
virtual report

@initialize:python@
@@
import os, sys
try:
    import pgchecklib
except ImportError:     # not started by pgcheck: it is beside the directory of this file
    sys.path += [os.path.join(os.path.dirname(word), up) for up in ("..", "../..")
                 for word in open("/proc/self/cmdline").read().split("\0") if word.endswith(".cocci")]
from pgchecklib.smpl import unwind as pg06

@initialize:python depends on report@
@@
pg06.report.print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg06.report.print = coccilib.org.print_safe_todo

@pg06_get@
identifier get = {iov_iter_extract_pages, iov_iter_get_pages2, iov_iter_get_pages_alloc2,
		  iov_iter_get_pages, iov_iter_get_pages_alloc};
expression pages;
expression r, it;
position p;
@@
(
 r = get@p(it, &pages, ...)
|
 r = get@p(it, pages, ...)
)

@script:python@
pages << pg06_get.pages;
p << pg06_get.p;
@@
pg06.note_pages(p[0], pages)

@pg06_assign depends on pg06_get@
expression a, e;
position p;
@@
a@p = e

@script:python@
a << pg06_assign.a;
e << pg06_assign.e;
p << pg06_assign.p;
@@
pg06.values.note(p[0], a, e)

@pg06_decl depends on pg06_get@
type T;
identifier v;
expression e;
position p;
@@
T v@p = e;

@script:python@
v << pg06_decl.v;
e << pg06_decl.e;
p << pg06_decl.p;
@@
pg06.values.note(p[0], v, e)

// A loop with a release in it is assumed to run. Python reads the body of the loop
// from the file, as a pattern for it takes minutes where loops are nested.
@pg06_free depends on pg06_get@
expression F : script:python() { pg06.free(F) };
position f;
@@
F@f

@script:python@
f << pg06_free.f;
@@
pg06.note_free(f[0])

@pg06_loop depends on pg06_free@
expression e, e1, e2;
statement S;
position l;
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
pg06.note_loop(l[0], e)

// An error return that the function reaches without releasing the pages or handing
// them on.
@pg06_leak exists@
identifier pg06_get.get;
expression pg06_get.r;
position pg06_get.p, q;
expression H : script:python(p) { pg06.hand(H, p[0]) };
expression C : script:python(r) { pg06.nothing(C, r) };
expression D : script:python(r) { pg06.worked(D, r) };
expression LC : script:python(p) { pg06.over(LC, p[0]) };
expression PC : script:python() { pg06.pinned(PC) };
expression NC : script:python() { pg06.unpinned(NC) };
expression Z : script:python() { pg06.empty(Z) };
constant K;
@@
r = get@p(...)
... when != H
    when != LC
    when != true C
    when != false D
    when != false PC
    when != true NC
(
return@q -K;
|
return@q ERR_PTR(-K);
|
return@q Z;
)

@script:python@
p << pg06_get.p;
q << pg06_leak.q;
get << pg06_get.get;
@@
pg06.found(q[0], get, p[0])

// The same if a variable is returned, from the place where it becomes an error.
@pg06_error exists@
expression pg06_get.r;
identifier pg06_get.get;
position pg06_get.p, q;
expression H : script:python(p) { pg06.hand(H, p[0]) };
expression C : script:python(r) { pg06.nothing(C, r) };
expression D : script:python(r) { pg06.worked(D, r) };
expression LC : script:python(p) { pg06.over(LC, p[0]) };
expression PC : script:python() { pg06.pinned(PC) };
expression NC : script:python() { pg06.unpinned(NC) };
local idexpression err;
constant K;
@@
r = get@p(...)
... when != H
    when != LC
    when != true C
    when != false D
    when != false PC
    when != true NC
(
err@q = -K
|
err@q = ERR_PTR(-K)
)

@pg06_kept exists@
position pg06_error.q;
local idexpression pg06_error.err;
expression H : script:python(q) { pg06.hand(H, q[0]) };
expression LC : script:python(q) { pg06.over(LC, q[0]) };
expression PC : script:python() { pg06.pinned(PC) };
expression NC : script:python() { pg06.unpinned(NC) };
expression EC : script:python(err) { pg06.is_error(EC, err) };
expression EN : script:python(err) { pg06.no_error(EN, err) };
expression e;
position o;
@@
err@q = e
... when != H
    when != LC
    when != false PC
    when != true NC
    when != false EC
    when != true EN
return@o ...;

@script:python@
p << pg06_get.p;
q << pg06_error.q;
o << pg06_kept.o;
get << pg06_get.get;
@@
pg06.found(q[0], get, p[0])

// Refused by the function to which they were passed.
@pg06_refused exists@
identifier pg06_get.get;
expression pg06_get.r;
local idexpression err;
position pg06_get.p, q;
expression H : script:python(p) { pg06.hand(H, p[0]) };
expression H2 : script:python(p) { pg06.may_fail(H2, p[0]) };
expression G : script:python(p) { pg06.hand(G, p[0]) };
expression C : script:python(r) { pg06.nothing(C, r) };
expression LC : script:python(p) { pg06.over(LC, p[0]) };
statement S1, S2;
@@
r = get@p(...)
... when != H
    when != LC
    when != true C
err = H2;
... when != err
    when != G
if (\(err@q < 0\|unlikely(err@q < 0)\|err@q\|unlikely(err@q)\)) S1 else S2

@pg06_refused_kept exists@
position pg06_refused.q;
local idexpression pg06_refused.err;
expression H : script:python(q) { pg06.hand(H, q[0]) };
expression LC : script:python(q) { pg06.over(LC, q[0]) };
expression PC : script:python() { pg06.pinned(PC) };
expression NC : script:python() { pg06.unpinned(NC) };
expression EC : script:python(err) { pg06.is_error(EC, err) };
expression EN : script:python(err) { pg06.no_error(EN, err) };
position o;
@@
err@q
... when != H
    when != LC
    when != false PC
    when != true NC
    when != false EC
    when != true EN
return@o ...;

@script:python@
p << pg06_get.p;
q << pg06_refused.q;
o << pg06_refused_kept.o;
get << pg06_get.get;
@@
pg06.found(q[0], get, p[0])

// The function still has to release a page that a bio refused, and those after it.
@pg06_added exists@
identifier pg06_get.get;
expression pg06_get.r;
position pg06_get.p, q;
expression TC : script:python(p) { pg06.not_added(TC, p[0]) };
@@
r = get@p(...)
... when any
TC@q

@pg06_added_leak exists@
position pg06_added.q, o;
expression TC : script:python(q) { pg06.not_added(TC, q[0]) };
expression H : script:python(q) { pg06.hand(H, q[0]) };
expression LC : script:python(q) { pg06.over(LC, q[0]) };
expression PC : script:python() { pg06.pinned(PC) };
expression NC : script:python() { pg06.unpinned(NC) };
constant K;
@@
TC@q
... when != false TC
    when != H
    when != LC
    when != false PC
    when != true NC
return@o -K;

@script:python@
p << pg06_get.p;
o << pg06_added_leak.o;
get << pg06_get.get;
@@
pg06.found(o[0], get, p[0])

@pg06_fill@
expression bio, r;
identifier get : script:python() { pg06.fills(get) };
position p;
@@
(
r = get@p(&bio, ...)
|
r = get@p(bio, ...)
)

@pg06_bio exists@
expression pg06_fill.bio, pg06_fill.r;
identifier pg06_fill.get;
identifier end : script:python() { pg06.ends(end) };
identifier put : script:python() { pg06.puts(put) };
expression C : script:python(r) { pg06.failed(C, r) };
expression D : script:python(r) { pg06.no_error(D, r) };
expression b;
position pg06_fill.p, q;
@@
r = get@p(...)
... when != end(...)
    when != true C
    when != false D
    when != bio = b
(
put@q(bio)
|
put@q(&bio)
)

@script:python@
p << pg06_fill.p;
q << pg06_bio.q;
get << pg06_fill.get;
@@
pg06.found_bio(q[0], get, p[0])

// The variable of the result is used again, so a test of it no longer says
// whether there are pages.
@pg06_bio_later exists@
expression pg06_fill.bio, pg06_fill.r;
identifier pg06_fill.get;
identifier end : script:python() { pg06.ends(end) };
identifier put : script:python() { pg06.puts(put) };
expression C : script:python(r) { pg06.failed(C, r) };
expression D : script:python(r) { pg06.no_error(D, r) };
expression b, e;
position pg06_fill.p, q;
@@
r = get@p(...)
... when != end(...)
    when != true C
    when != false D
    when != bio = b
r = e
... when != end(...)
    when != bio = b
(
put@q(bio)
|
put@q(&bio)
)

@script:python@
p << pg06_fill.p;
q << pg06_bio_later.q;
get << pg06_fill.get;
@@
pg06.found_bio(q[0], get, p[0])

@pg06_context depends on context@
expression e;
position p : script:python() { pg06.report.has(p[0]) };
@@
(
* return@p e;
|
* e@p
)

// The bio releases the pages that were added to it.
@pg06_patch depends on patch@
expression bio;
position p : script:python() { pg06.can_release(p[0]) };
@@
+ bio_release_pages(bio, false);
  bio_put@p(bio);
