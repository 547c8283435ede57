// SPDX-License-Identifier: GPL-2.0
/// A bio is filled in a loop by a function that does not check for room, and
/// the bound of the loop is not the size of the bio's table.
// Confidence: Moderate
// URL: Documentation/checks/PG04.rst
// Options: --no-includes
// Severity: warning
// Files: __bio_add_page bio_add_folio_nofail bio_add_virt_nofail

virtual patch
virtual context
virtual org
virtual report

@pg04_add@
identifier fn = {__bio_add_page, bio_add_folio_nofail, bio_add_virt_nofail};
expression bio;
position p;
@@
fn@p(bio, ...)

// A way from the call back to itself that neither asks for room nor makes
// another bio. This sees loops of every kind, goto included.
@pg04_loop exists@
identifier pg04_add.fn;
expression pg04_add.bio, e;
position pg04_add.p, q;
@@
fn@p@q(bio, ...)
... when != bio = e
    when != bio_init(...)
    when != bio_reset(...)
    when != bio_full(...)
    when != bio->bi_vcnt
    when != bio->bi_max_vecs
fn@p(bio, ...)

@script:python depends on report@
p << pg04_loop.q;
fn << pg04_add.fn;
@@
coccilib.report.print_report(p[0], "warning: %s() in a loop that is not bounded by the bio's table [PG04]" % fn)
