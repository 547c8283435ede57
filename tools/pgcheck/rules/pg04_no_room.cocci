// SPDX-License-Identifier: GPL-2.0
/// A bio is filled in a loop by a function that does not check for room, and
/// the bound of the loop is not the size of the bio's table.
// Confidence: Moderate
// URL: Documentation/checks/PG04.rst
// Options: --no-includes
// Severity: warning

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
from pgchecklib.smpl import room as pg04
from pgchecklib.smpl.text import listed

@initialize:python depends on report@
@@
pg04.report.print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg04.report.print = coccilib.org.print_safe_todo

@pg04_add@
identifier fn = {__bio_add_page, bio_add_folio_nofail, bio_add_virt_nofail};
expression bio;
position p;
@@
fn@p(bio, ...)

@pg04_value depends on pg04_add@
identifier v;
expression e;
position p;
@@
v@p = e

@script:python@
v << pg04_value.v;
e << pg04_value.e;
p << pg04_value.p;
@@
pg04.values.note(p[0], v, e)

@pg04_decl depends on pg04_add@
type T;
identifier v;
expression e;
position p;
@@
T v@p = e;

@script:python@
v << pg04_decl.v;
e << pg04_decl.e;
p << pg04_decl.p;
@@
pg04.values.note(p[0], v, e)

@pg04_bound depends on pg04_add@
expression e, e1, e2;
statement S;
type ty;
identifier i;
position p;
@@
(
for (...; e@p; ...) S
|
for (ty i = e1; e@p; e2) S
|
while (e@p) S
)

@script:python@
e << pg04_bound.e;
p << pg04_bound.p;
@@
pg04.bounds.note(p[0], e)

// A condition that ends a loop in its middle.
@pg04_end depends on pg04_add@
expression e;
statement S1, S2;
position p;
@@
if (e@p) S1 else S2

@script:python@
e << pg04_end.e;
p << pg04_end.p;
@@
pg04.note_end(p[0], e)

@pg04_iterator depends on pg04_add@
iterator I;
expression list es;
statement S;
position p;
@@
I@p(es) S

@script:python@
es << pg04_iterator.es;
p << pg04_iterator.p;
@@
pg04.bounds.note(p[0], listed(es))

// A list is as long as the count that was passed to the call that filled it.
@pg04_filled depends on pg04_add@
identifier head, fill;
expression list before, after;
position p;
@@
fill@p(before, &head, after)

@script:python@
head << pg04_filled.head;
before << pg04_filled.before;
after << pg04_filled.after;
p << pg04_filled.p;
@@
for some in (before, after):
    pg04.lists.note(p[0], head, listed(some))

@pg04_table depends on pg04_add@
identifier make : script:python() { pg04.maker(make) };
expression list es;
position p;
@@
make@p(es)

@script:python@
make << pg04_table.make;
es << pg04_table.es;
p << pg04_table.p;
@@
pg04.note_table(p[0], make, listed(es))

// A path from the call back to itself without a test for room and without a new
// bio. This finds loops of every kind, also with goto.
@pg04_loop exists@
identifier pg04_add.fn;
expression pg04_add.bio;
expression F : script:python() { pg04.fresh(F) };
position pg04_add.p, q;
@@
fn@p@q(bio, ...)
... when != bio = F
    when != bio_init(...)
    when != bio_reset(...)
    when != bio_full(...)
    when != bio->bi_vcnt
    when != bio->bi_max_vecs
fn@p(bio, ...)

@script:python@
p << pg04_loop.q;
fn << pg04_add.fn;
@@
pg04.found(p[0], fn)

// A static function that adds to a bio of its caller, which calls it in a loop.
@pg04_part exists@
identifier pg04_add.fn, part;
expression pg04_add.bio;
expression F : script:python() { pg04.fresh(F) };
position pg04_add.p, q;
@@
static part(...) {
... when != bio = F
    when != bio_init(...)
    when != bio_reset(...)
    when != bio_full(...)
    when != bio->bi_vcnt
    when != bio->bi_max_vecs
fn@p@q(bio, ...)
... when any
}

@pg04_call depends on pg04_part@
identifier pg04_part.part;
position c;
@@
part@c(...)

@pg04_caller exists@
identifier pg04_part.part;
position pg04_call.c;
expression x;
identifier make : script:python() { pg04.maker(make) };
@@
part@c(...)
... when != make(...)
    when != bio_full(...)
    when != x->bi_vcnt
part@c(...)

@script:python depends on pg04_caller@
p << pg04_part.q;
fn << pg04_add.fn;
@@
pg04.found(p[0], fn)

@pg04_context depends on context@
identifier fn;
position p : script:python() { pg04.report.has(p[0]) };
@@
* fn@p(...)
