// SPDX-License-Identifier: GPL-2.0
/// The result of adding to a bio is ignored, only asserted, or a refused add
/// ends the I/O although a new bio would take the rest.
///
/// A bio refuses a page that may not share it with what it holds (a P2PDMA
/// page after host pages, a page of another provider), also when it has room.
// Confidence: High
// URL: Documentation/checks/PG03.rst
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
from pgchecklib.smpl import adds as pg03

@initialize:python depends on report@
@@
pg03.report.print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg03.report.print = coccilib.org.print_safe_todo

@pg03_any@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_hw_folio,
		 bio_add_zone_append_page, pgmap_bio_add_page, bio_add_vmalloc_chunk};
expression bio, page;
position p;
@@
fn@p(bio, page, ...)

// A call as a statement; the casts of its result to void are among these, and the
// "!" with which they get past __must_check.
@pg03_ignored@
identifier pg03_any.fn;
position pg03_any.p, q;
@@
(
 fn@p@q(...);
|
 (void)fn@p@q(...);
|
 (void)(!fn@p@q(...));
)

@script:python@
q << pg03_ignored.q;
fn << pg03_any.fn;
@@
pg03.lost(q[0], fn, "ignored")

@pg03_asserted@
identifier pg03_any.fn;
identifier check : script:python() { pg03.asserts(check) };
position pg03_any.p, q;
@@
check(..., <+... fn@p@q(...) ...+>, ...);

@script:python@
q << pg03_asserted.q;
fn << pg03_any.fn;
@@
pg03.lost(q[0], fn, "only asserted")

@pg03_asserted_later exists@
identifier pg03_any.fn, x;
identifier check : script:python() { pg03.asserts(check) };
type T;
position pg03_any.p, q;
@@
(
x = <+... fn@p@q(...) ...+>;
|
T x = <+... fn@p@q(...) ...+>;
)
... when != x
check(..., <+... x ...+>, ...);

// If the result is read again after the assertion, it is handled there.
@pg03_handled_later exists@
identifier pg03_any.fn, pg03_asserted_later.x, pg03_asserted_later.check;
position pg03_asserted_later.q;
expression e;
statement S1, S2;
type T;
@@
(
x = <+... fn@q(...) ...+>;
|
T x = <+... fn@q(...) ...+>;
)
... when any
check(..., <+... x ...+>, ...);
... when != x = e
(
if (<+... x ...+>) S1 else S2
|
return <+... x ...+>;
)

@script:python depends on !pg03_handled_later@
q << pg03_asserted_later.q;
fn << pg03_any.fn;
@@
pg03.lost(q[0], fn, "only asserted")

// The variable that gets the result is never read. A cast to void is not reading.
@pg03_assigned@
identifier pg03_any.fn;
local idexpression x;
position pg03_any.p, q;
@@
x = fn@p@q(...);

@pg03_unread disable drop_cast@
local idexpression pg03_assigned.x;
expression e;
position v;
@@
(
 (void)x@v
|
 x@v = e
)

@pg03_read exists@
identifier pg03_any.fn;
local idexpression pg03_assigned.x;
position pg03_assigned.q, r != pg03_unread.v;
expression e;
@@
x = fn@q(...);
... when != x = e
x@r

@script:python depends on !pg03_read@
q << pg03_assigned.q;
fn << pg03_any.fn;
@@
pg03.lost(q[0], fn, "never read")

// The same from the declaration on.
@pg03_declared@
identifier pg03_any.fn, x;
type T;
position pg03_any.p, q;
@@
T x = fn@p@q(...);

@pg03_declared_unread disable drop_cast@
identifier pg03_declared.x;
expression e;
position v;
@@
(
 (void)x@v
|
 x@v = e
)

@pg03_declared_read exists@
identifier pg03_any.fn, pg03_declared.x;
position pg03_declared.q, r != pg03_declared_unread.v;
expression e;
type T;
@@
T x = fn@q(...);
... when != x = e
x@r

@script:python depends on !pg03_declared_read@
q << pg03_declared.q;
fn << pg03_any.fn;
@@
pg03.lost(q[0], fn, "never read")

// Only written to the log, or BUG() in a branch of its own.
@pg03_logged@
identifier pg03_any.fn;
identifier log : script:python() { pg03.log(log) };
position pg03_any.p, q;
@@
if (<+... fn@p@q(...) ...+>) { log(...); }

@script:python@
q << pg03_logged.q;
fn << pg03_any.fn;
@@
pg03.lost(q[0], fn, "only logged")

// A refused add ends a loop of adds with an error, and no new bio was taken.
@pg03_assign depends on pg03_any@
identifier v;
expression e;
position p;
@@
v@p = e

@script:python@
v << pg03_assign.v;
e << pg03_assign.e;
p << pg03_assign.p;
@@
pg03.values.note(p[0], v, e)

@pg03_decl depends on pg03_any@
type T;
identifier v;
expression e;
position p;
@@
T v@p = e;

@script:python@
v << pg03_decl.v;
e << pg03_decl.e;
p << pg03_decl.p;
@@
pg03.values.note(p[0], v, "declared " + e)

// Back to the same call, with the same bio, after an add that was accepted.
@pg03_loop exists@
identifier pg03_any.fn;
expression pg03_any.bio;
position pg03_any.p, q;
expression e;
identifier new : script:python() { pg03.new(new) };
@@
fn@p@q(bio, ...)
... when != new(...)
    when != bio = e
fn@p(bio, ...)

@pg03_tested exists@
identifier pg03_any.fn;
local idexpression x;
expression e;
position pg03_loop.q, t;
statement S1, S2;
@@
(
if (<+... fn@q@t(...) ...+>) S1 else S2
|
while (<+... fn@q@t(...) ...+>) S1
|
x = fn@q@t(...)
... when != x = e
if (<+... x ...+>) S1 else S2
)

@pg03_final exists@
identifier pg03_any.fn;
identifier new : script:python() { pg03.new(new) };
position pg03_tested.t;
expression TC : script:python(t) { pg03.refused(TC, t[0], "true") };
expression FC : script:python(t) { pg03.refused(FC, t[0], "false") };
expression err;
constant K;
expression S : script:python() { pg03.status(S) };
position q, o;
@@
fn@t@q(...)
... when != false TC
    when != true FC
    when != new(...)
    when != fn(...)
(
return@o -K;
|
return@o ERR_PTR(-K);
|
return@o S;
|
err@o = -K
|
err@o = S
)

// The error was there from the declaration on.
@pg03_preset depends on pg03_any@
type T;
identifier r;
constant K;
@@
T r = -K;

@pg03_final_preset exists@
identifier pg03_any.fn;
identifier pg03_preset.r;
identifier new : script:python() { pg03.new(new) };
position pg03_tested.t;
expression TC : script:python(t) { pg03.refused(TC, t[0], "true") };
expression FC : script:python(t) { pg03.refused(FC, t[0], "false") };
expression e;
position q, o;
@@
fn@t@q(...)
... when != false TC
    when != true FC
    when != new(...)
    when != fn(...)
    when != r = e
return@o r;

@script:python@
q << pg03_final.q;
o << pg03_final.o;
fn << pg03_any.fn;
page << pg03_any.page;
@@
pg03.final(q[0], o[0], page, fn)

@script:python@
q << pg03_final_preset.q;
o << pg03_final_preset.o;
fn << pg03_any.fn;
page << pg03_any.page;
@@
pg03.final(q[0], o[0], page, fn)

@pg03_context depends on context@
identifier fn;
position p : script:python() { pg03.report.has(p[0]) };
@@
* fn@p(...)

// The first add to a bio with a table of its own is never refused. A table of
// no entries is for a bio without data.
@pg03_again depends on patch exists@
expression bio;
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc};
position p;
@@
fn@p(bio, ...)
... when any
fn@p(bio, ...)

@pg03_patch depends on patch@
expression bio, a, vec, op;
expression list es;
expression n : script:python() { pg03.some(n) };
identifier make = {bio_alloc, bio_alloc_bioset};
position r : script:python() { pg03.report.has(r[0]) };
position q != pg03_again.p;
@@
(
  bio = make(a, n, ...);
|
  bio_init(bio, a, vec, n, op);
)
  ... when != bio_add_page(bio, ...)
      when != bio_add_folio(bio, ...)
      when != __bio_add_page(bio, ...)
(
- bio_add_page@r@q(bio, es);
+ __bio_add_page(bio, es);
|
- (void)bio_add_page@r@q(bio, es);
+ __bio_add_page(bio, es);
)

@pg03_patch_declared depends on patch@
expression a;
identifier bio;
expression list es;
expression n : script:python() { pg03.some(n) };
identifier make = {bio_alloc, bio_alloc_bioset};
position r : script:python() { pg03.report.has(r[0]) };
position q != pg03_again.p;
@@
  struct bio *bio = make(a, n, ...);
  ... when != bio_add_page(bio, ...)
      when != bio_add_folio(bio, ...)
      when != __bio_add_page(bio, ...)
(
- bio_add_page@r@q(bio, es);
+ __bio_add_page(bio, es);
|
- (void)bio_add_page@r@q(bio, es);
+ __bio_add_page(bio, es);
)
