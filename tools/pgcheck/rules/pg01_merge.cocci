// SPDX-License-Identifier: GPL-2.0
/// A segment grows because two pages are physically adjacent, and nothing has
/// compared their pgmaps.
///
/// Two ZONE_DEVICE pages that are neighbours may belong to different pgmaps; the
/// merged segment would be mapped as if all of it belonged to the first one's.
// Confidence: High
// URL: Documentation/checks/PG01.rst
// Options: --no-includes
// Severity: error

virtual patch
virtual context
virtual org
virtual report

// SmPL finds assignments, conditions and the paths between them. Python decides
// from the text, and from the facts of the file, which are growth and tests.
@initialize:python@
@@
import os, sys
try:
    import pgchecklib
except ImportError:     # not started by pgcheck: it is beside the directory of this file
    sys.path += [os.path.join(os.path.dirname(word), up) for up in ("..", "../..")
                 for word in open("/proc/self/cmdline").read().split("\0") if word.endswith(".cocci")]
from pgchecklib.flow import facts
from pgchecklib.smpl import merge as pg01
from pgchecklib.smpl.report import place

@initialize:python depends on report@
@@
pg01.report.print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg01.report.print = coccilib.org.print_safe_todo

@pg01_assign@
identifier w;
expression e;
position p;
@@
w = e@p

@script:python@
w << pg01_assign.w;
e << pg01_assign.e;
p << pg01_assign.p;
@@
pg01.note("assign", p[0], w + " = " + e)

@pg01_decl@
type T;
identifier w;
expression e;
position p;
@@
T w = e@p;

@script:python@
w << pg01_decl.w;
e << pg01_decl.e;
p << pg01_decl.p;
@@
pg01.note("assign", p[0], w + " = " + e)

@pg01_cond@
expression e;
position p;
statement S1, S2;
@@
if (e@p) S1 else S2

@script:python@
e << pg01_cond.e;
p << pg01_cond.p;
@@
pg01.note("cond", p[0], e)

@pg01_loop@
expression e, e1, e2;
position p;
statement S;
type ty;
identifier i;
@@
(
while (e@p) S
|
for (...; e@p; ...) S
|
for (ty i = e1; e@p; e2) S
)

@script:python@
e << pg01_loop.e;
p << pg01_loop.p;
@@
pg01.note("cond", p[0], e)

@pg01_return@
expression e;
position p;
@@
return e@p;

@script:python@
e << pg01_return.e;
p << pg01_return.p;
@@
pg01.note("return", p[0], e)

@pg01_grow@
expression g : script:python() { pg01.grows(g) };
position p;
@@
g@p

// An index that a loop increments is not a length.
@pg01_index depends on pg01_grow@
expression a, g;
position pg01_grow.p, t;
@@
a[<+... g@p@t ...+>]

@script:python@
p << pg01_index.t;
@@
pg01.indexed.add(place(p[0]))

@script:python@
g << pg01_grow.g;
p << pg01_grow.p;
@@
if place(p[0]) not in pg01.indexed:
    pg01.note("grow", p[0], g)

// A segment grows by such a statement, or by a call of a function of this file
// that has one.
@pg01_site depends on pg01_grow@
expression g : script:python() { pg01.grows(g) or pg01.grower(g) };
position p;
@@
g@p

// Without a test in the function, no paths have to be searched.
@script:python@
p << pg01_site.p;
g << pg01_site.g;
@@
if not pg01.wanted(p[0], g):
    cocci.include_match(False)

// From a test to the growth, along the branch for adjacent pages.
@pg01_true exists@
position pg01_site.p;
position q;
expression g;
expression T : script:python(p) { pg01.test(T, p[0], "==") };
expression e1, e2;
statement S;
type ty;
identifier i;
@@
(
if (T) {
  ... when any
  g@p@q
  ... when any
} else S
|
while (T) {
  ... when any
  g@p@q
  ... when any
}
|
for (...; T; ...) {
  ... when any
  g@p@q
  ... when any
}
|
for (ty i = e1; T; e2) {
  ... when any
  g@p@q
  ... when any
}
)

@pg01_false exists@
position pg01_site.p;
position q;
expression g;
expression T : script:python(p) { pg01.test(T, p[0], "!=") };
statement S;
identifier l;
@@
(
if (T) S else {
  ... when any
  g@p@q
  ... when any
}
|
if (T) {
  ... when any
(
  return ...;
|
  continue;
|
  break;
|
  goto l;
)
}
... when any
g@p@q
)

// The test and the growth in one expression.
@pg01_within@
position pg01_site.p, q;
expression g, e;
expression T : script:python(p) { pg01.test(T, p[0], "==") };
expression F : script:python(p) { pg01.test(F, p[0], "!=") };
@@
(
T && <+... g@p@q ...+>
|
F || <+... g@p@q ...+>
|
T ? <+... g@p@q ...+> : e
|
F ? e : <+... g@p@q ...+>
)

// The comparison and the growth in one condition.
@pg01_same@
position pg01_site.p, t;
expression g, e;
expression GD : script:python(p) { pg01.guard(GD, p[0]) };
@@
(
GD && <+... g@p@t ...+>
|
GD || <+... g@p@t ...+>
|
GD ? <+... g@p@t ...+> : e
|
GD ? e : <+... g@p@t ...+>
)

@script:python@
t << pg01_same.t;
@@
pg01.together.add(place(t[0]))

// Of these, the growth that can be reached without a comparison of pgmaps.
@pg01_open exists@
position t = {pg01_true.q, pg01_false.q, pg01_within.q};
position pg01_site.p, r;
expression g;
expression GD : script:python(p) { pg01.guard(GD, p[0]) };
identifier fn;
@@
fn(...) {
... when != GD
g@p@t@r
... when any
}

// A static function may leave the comparison to its callers, if all of them do it.
@pg01_called@
identifier pg01_open.fn;
position c;
@@
fn@c(...)

@script:python@
fn << pg01_open.fn;
c << pg01_called.c;
@@
pg01.calls.add((c[0].file, fn))

@pg01_same_call@
identifier pg01_open.fn;
position pg01_called.c, t;
expression GD : script:python(c) { pg01.guard(GD, c[0]) };
@@
(
GD && <+... fn@c@t(...) ...+>
|
GD || <+... fn@c@t(...) ...+>
)

@script:python@
t << pg01_same_call.t;
@@
pg01.together.add(place(t[0]))

@pg01_caller exists@
identifier pg01_open.fn, outer;
position pg01_called.c, d;
expression GD : script:python(c) { pg01.guard(GD, c[0]) };
@@
outer(...) {
... when != GD
fn@c@d(...)
... when any
}

@script:python@
fn << pg01_open.fn;
outer << pg01_caller.outer;
c << pg01_caller.d;
@@
if outer not in facts.MERGES and place(c[0]) not in pg01.together:
    pg01.unasked.add((c[0].file, fn))

@script:python@
p << pg01_open.r;
fn << pg01_open.fn;
@@
pg01.found(p[0], fn)

// The block layer's own merge helpers leave the comparison to their callers.
@pg01_helper exists@
expression g : script:python() { pg01.merges(g) };
position pg01_site.p, q;
identifier fn;
expression GD : script:python(p) { pg01.guard(GD, p[0]) };
@@
fn(...) {
... when != GD
g@p@q
... when any
}

@script:python@
q << pg01_helper.q;
g << pg01_helper.g;
fn << pg01_helper.fn;
@@
if fn not in facts.MERGES and place(q[0]) not in pg01.together:
    pg01.report.say(q[0], "error: %s() without a comparison of pgmaps before it [PG01]" % g.split("(")[0].strip())

// A test that functions of other files can call.
@pg01_function@
identifier fn;
parameter list ps;
position p;
@@
fn@p(ps) { ... when any
}

@script:python@
fn << pg01_function.fn;
ps << pg01_function.ps;
p << pg01_function.p;
@@
pg01.for_others(p[0], fn, ps)

@pg01_context depends on context@
expression g;
position p : script:python() { pg01.report.has(p[0]) };
@@
* g@p

@pg01_context_function depends on context@
identifier fn;
parameter list ps;
position p : script:python() { pg01.report.has(p[0]) };
@@
* fn@p(ps)
  { ... when any
  }

// If both pages are in the test, the comparison can be added there. The patch
// negates the whole condition, so that the code around it does not matter.
@pg01_patch depends on patch@
expression bv, page, len, off, a, b;
identifier phys = {page_to_phys, page_to_pfn, bvec_try_merge_page, bvec_try_merge_hw_page};
position p : script:python() { pg01.report.affects(p[0]) };
@@
(
- bvec_phys(bv) + len == phys@p(page)
+ zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+ bvec_phys(bv) + len == page_to_phys(page)
|
- bvec_phys(bv) + len != phys@p(page)
+ !(zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+   bvec_phys(bv) + len == page_to_phys(page))
|
- bvec_phys(bv) + len == phys@p(page) + off
+ zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+ bvec_phys(bv) + len == page_to_phys(page) + off
|
- bvec_phys(bv) + len != phys@p(page) + off
+ !(zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+   bvec_phys(bv) + len == page_to_phys(page) + off)
|
- phys@p(page) == bvec_phys(bv) + len
+ zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+ page_to_phys(page) == bvec_phys(bv) + len
|
- phys@p(page) != bvec_phys(bv) + len
+ !(zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+   page_to_phys(page) == bvec_phys(bv) + len)
|
- phys@p(page) + off == bvec_phys(bv) + len
+ zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+ page_to_phys(page) + off == bvec_phys(bv) + len
|
- phys@p(page) + off != bvec_phys(bv) + len
+ !(zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+   page_to_phys(page) + off == bvec_phys(bv) + len)
|
- phys@p(a) + 1 == page_to_pfn(b)
+ zone_device_pages_have_same_pgmap(a, b) &&
+ page_to_pfn(a) + 1 == page_to_pfn(b)
|
- phys@p(a) + 1 != page_to_pfn(b)
+ !(zone_device_pages_have_same_pgmap(a, b) &&
+   page_to_pfn(a) + 1 == page_to_pfn(b))
|
- page_to_pfn(b) == phys@p(a) + 1
+ zone_device_pages_have_same_pgmap(a, b) &&
+ page_to_pfn(b) == page_to_pfn(a) + 1
|
- page_to_pfn(b) != phys@p(a) + 1
+ !(zone_device_pages_have_same_pgmap(a, b) &&
+   page_to_pfn(b) == page_to_pfn(a) + 1)
|
- phys@p(bv, page, len, off)
+ (zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+  bvec_try_merge_page(bv, page, len, off))
|
- phys@p(a, bv, page, len, off)
+ (zone_device_pages_have_same_pgmap(bv->bv_page, page) &&
+  bvec_try_merge_hw_page(a, bv, page, len, off))
)
