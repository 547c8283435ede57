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

@initialize:python@
@@
import re

pg03_print = None      # set by the mode
pg03_found = set()


def pg03_say(where, text):
    """Notes a finding for the modes that change lines, and prints it in the others."""
    pg03_found.add((where.file, where.line, where.column))
    if pg03_print:
        pg03_print(where, text)


def pg03_is_found(where):
    return (where.file, where.line, where.column) in pg03_found


def pg03_some(text):
    """A number or the name of one, which is not zero."""
    return re.match(r"([1-9]\w*|[A-Z]\w*)$", text.strip()) is not None

@initialize:python depends on report@
@@
pg03_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg03_print = coccilib.org.print_safe_todo

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

@script:python@
p << pg03_ignored.p;
fn << pg03_ignored.fn;
@@
pg03_say(p[0], "error: the result of %s() is ignored [PG03]" % fn)

@pg03_asserted@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier assert = {BUG_ON, WARN_ON, WARN_ON_ONCE, ASSERT, VM_BUG_ON, VM_WARN_ON,
		     VM_WARN_ON_ONCE, BUG_ON_ONCE, KUNIT_ASSERT_EQ, assert, WARN, WARN_ONCE};
position p;
@@
assert(<+... fn@p(...) ...+>, ...);

@script:python@
p << pg03_asserted.p;
fn << pg03_asserted.fn;
@@
pg03_say(p[0], "error: the result of %s() is only asserted [PG03]" % fn)

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

@script:python depends on !pg03_handled_later@
p << pg03_asserted_later.p;
fn << pg03_asserted_later.fn;
@@
pg03_say(p[0], "error: the result of %s() is only asserted [PG03]" % fn)

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

@script:python@
p << pg03_dropped.p;
fn << pg03_dropped.fn;
@@
pg03_say(p[0], "error: the result of %s() is never read [PG03]" % fn)

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

@script:python@
p << pg03_loop.q;
fn << pg03_final.fn;
@@
pg03_say(p[0], "warning: %s() may refuse, which ends the I/O here although a new bio would do [PG03]" % fn)

@pg03_context depends on context@
identifier fn;
position p : script:python() { pg03_is_found(p[0]) };
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
expression n : script:python() { pg03_some(n) };
identifier make = {bio_alloc, bio_alloc_bioset};
position r : script:python() { pg03_is_found(r[0]) };
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
expression n : script:python() { pg03_some(n) };
identifier make = {bio_alloc, bio_alloc_bioset};
position r : script:python() { pg03_is_found(r[0]) };
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
