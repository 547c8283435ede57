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
// Files: bio_add_page bio_add_folio bio_add_vmalloc bio_integrity_add_page bio_add_pc_page bio_add_hw_page bio_add_zone_append_page

virtual patch
virtual context
virtual org
virtual report

// A call as a statement; the casts of its result to void are among these.
@pg03_ignored@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
position p;
@@
(
 fn@p(...);
|
 (void)fn@p(...);
)

@script:python depends on report@
p << pg03_ignored.p;
fn << pg03_ignored.fn;
@@
coccilib.report.print_report(p[0], "error: the result of %s() is ignored [PG03]" % fn)

@script:python depends on org@
p << pg03_ignored.p;
@@
coccilib.org.print_todo(p[0], "PG03: result ignored")

@pg03_asserted@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier assert = {BUG_ON, WARN_ON, WARN_ON_ONCE, ASSERT, VM_BUG_ON, VM_WARN_ON,
		     VM_WARN_ON_ONCE, BUG_ON_ONCE, KUNIT_ASSERT_EQ, assert, WARN, WARN_ONCE};
position p;
@@
assert(<+... fn@p(...) ...+>, ...);

@script:python depends on report@
p << pg03_asserted.p;
fn << pg03_asserted.fn;
@@
coccilib.report.print_report(p[0], "error: the result of %s() is only asserted [PG03]" % fn)

@script:python depends on org@
p << pg03_asserted.p;
@@
coccilib.org.print_todo(p[0], "PG03: result only asserted")

@pg03_asserted_later exists@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier assert = {BUG_ON, WARN_ON, WARN_ON_ONCE, ASSERT, VM_BUG_ON, VM_WARN_ON,
		     VM_WARN_ON_ONCE, BUG_ON_ONCE, assert, WARN, WARN_ONCE};
local idexpression x;
position p;
@@
x = <+... fn@p(...) ...+>;
... when != x
assert(<+... x ...+>, ...);

// Read again after the assertion: then that is where it is handled.
@pg03_handled_later exists@
local idexpression pg03_asserted_later.x;
identifier pg03_asserted_later.fn;
identifier pg03_asserted_later.assert;
position pg03_asserted_later.p;
expression e;
statement S1, S2;
@@
x = <+... fn@p(...) ...+>;
... when any
assert(<+... x ...+>, ...);
... when != x = e
(
if (<+... x ...+>) S1 else S2
|
return <+... x ...+>;
)

@script:python depends on report && !pg03_handled_later@
p << pg03_asserted_later.p;
fn << pg03_asserted_later.fn;
@@
coccilib.report.print_report(p[0], "error: the result of %s() is only asserted [PG03]" % fn)

// Nothing reads the variable that the result went to.
@pg03_dropped@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
local idexpression x;
position p;
identifier f;
@@
f(...) {
<+...
x = fn@p(...);
... when != x
    when strict
?return ...;
...+>
}

@script:python depends on report@
p << pg03_dropped.p;
fn << pg03_dropped.fn;
@@
coccilib.report.print_report(p[0], "error: the result of %s() is never read [PG03]" % fn)

// Refused is final: an error out of a loop that adds, with no new bio on the way.
@pg03_final exists@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier new = {bio_alloc, bio_alloc_bioset, bio_init, bio_reset, bio_chain, submit_bio,
		  submit_bio_noacct, submit_bio_wait, blk_next_bio, bio_kmalloc,
		  bio_chain_and_submit};
constant C;
identifier label;
position p;
@@
if (<+... fn@p(...) ...+>) {
  ... when != new(...)
(
  return -C;
|
  return ERR_PTR(-C);
|
  goto label;
)
}

@pg03_loop exists@
position pg03_final.p, q;
identifier pg03_final.fn;
@@
fn@p@q(...)
... when any
fn@p(...)

// context and org mark the same places.

@script:python depends on report@
p << pg03_loop.q;
fn << pg03_final.fn;
@@
coccilib.report.print_report(p[0], "warning: %s() may refuse, which ends the I/O here although a new bio would do [PG03]" % fn)

@depends on context@
position p = {pg03_ignored.p, pg03_asserted.p};
identifier fn;
@@
* fn@p(...)
