// SPDX-License-Identifier: GPL-2.0
/// The kind of the first page decides for a whole bio, request, scatterlist or
/// array of pages.
// Confidence: Moderate
// URL: Documentation/checks/PG02.rst
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
from pgchecklib.smpl import first as pg02

@initialize:python depends on report@
@@
pg02.report.print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg02.report.print = coccilib.org.print_safe_todo

@pg02_any@
identifier fn = {is_pci_p2pdma_page, page_pgmap, is_zone_device_page,
		 folio_is_pci_p2pdma, folio_is_zone_device, pgmap_is_device,
		 pgmap_is_p2pdma, folio_pgmap, is_device_private_page,
		 is_device_coherent_page, is_device_coherent_folio,
		 folio_is_device_private, folio_is_device_coherent, is_fsdax_page,
		 folio_is_fsdax, get_dev_pagemap};
expression e;
position p;
@@
fn@p(e)

@pg02_assign depends on pg02_any@
identifier v;
expression e;
position p;
@@
v@p = e

@script:python@
v << pg02_assign.v;
e << pg02_assign.e;
p << pg02_assign.p;
@@
pg02.values.note(p[0], v, e)

@pg02_decl depends on pg02_any@
type T;
identifier v;
expression e;
position p;
@@
T v@p = e;

@script:python@
v << pg02_decl.v;
e << pg02_decl.e;
p << pg02_decl.p;
@@
pg02.values.note(p[0], v, e)

// A pointer that moves from element to element.
@pg02_step depends on pg02_any@
expression S : script:python() { pg02.step(S) is not None };
position p;
@@
S@p

@script:python@
s << pg02_step.S;
p << pg02_step.p;
@@
pg02.values.note(p[0], pg02.step(s), "step")

@pg02_iterated depends on pg02_any@
iterator I = {for_each_sg, for_each_sgtable_sg, for_each_sgtable_dma_sg, bio_for_each_bvec,
	      bio_for_each_segment, bio_for_each_segment_all, bio_for_each_bvec_all,
	      rq_for_each_bvec, rq_for_each_segment, bip_for_each_vec, for_each_bvec,
	      __bio_for_each_segment, for_each_sg_page, for_each_sgtable_page};
identifier v;
position p;
@@
I(...,v@p,...) { ... when any
}

@script:python@
v << pg02_iterated.v;
p << pg02_iterated.p;
@@
pg02.values.note(p[0], v, "iterator")

@pg02_test@
position pg02_any.p, t;
identifier pg02_any.fn;
expression E : script:python(p) { pg02.first(E, p[0]) };
@@
fn@p@t(E)

// The test for a single element is in the same condition.
@pg02_same@
position pg02_test.t, s;
identifier fn;
expression GD : script:python() { pg02.one(GD) };
@@
(
GD && <+... fn@t@s(...) ...+>
|
GD || <+... fn@t@s(...) ...+>
)

// Reached without a test that there is only one element.
@pg02_open exists@
position pg02_test.t, q != pg02_same.s;
identifier f, fn;
expression GD : script:python() { pg02.one(GD) };
@@
f(...) {
... when != GD
fn@t@q(...)
... when any
}

// A static function may leave that test to its callers, if all of them make it.
@pg02_called@
identifier pg02_open.f;
position c;
@@
f@c(...)

@script:python@
f << pg02_open.f;
c << pg02_called.c;
@@
pg02.calls.add((c[0].file, f))

@pg02_caller exists@
identifier pg02_open.f, outer;
position pg02_called.c, d;
expression GD : script:python() { pg02.one(GD) };
@@
outer(...) {
... when != GD
f@c@d(...)
... when any
}

@script:python@
f << pg02_open.f;
d << pg02_caller.d;
@@
pg02.unasked.add((d[0].file, f))

@script:python@
q << pg02_open.q;
f << pg02_open.f;
fn << pg02_open.fn;
@@
pg02.found(q[0], f, fn)

@pg02_context depends on context@
identifier fn;
position p : script:python() { pg02.report.has(p[0]) };
@@
* fn@p(...)
