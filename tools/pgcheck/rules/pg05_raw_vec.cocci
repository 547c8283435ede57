// SPDX-License-Identifier: GPL-2.0
/// A bio_vec is built by hand outside the block layer's core, or an ITER_BVEC
/// out of several pages that the function did not allocate.
// Confidence: Low
// URL: Documentation/checks/PG05.rst
// Options: --no-includes
// Severity: note

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
from pgchecklib.smpl import vecs as pg05

@initialize:python depends on report@
@@
pg05.report.print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg05.report.print = coccilib.org.print_safe_todo

@pg05_value@
expression a, e;
position p;
@@
a@p = e

@script:python@
a << pg05_value.a;
e << pg05_value.e;
p << pg05_value.p;
@@
pg05.note(p[0], a, e)

@pg05_decl@
type T;
identifier v;
expression e;
position p;
@@
T v@p = e;

@script:python@
v << pg05_decl.v;
e << pg05_decl.e;
p << pg05_decl.p;
@@
pg05.note(p[0], v, e)

@pg05_bulk@
identifier bulk = {alloc_pages_bulk, alloc_pages_bulk_node, alloc_pages_bulk_mempolicy};
expression array;
position p;
@@
bulk@p(..., array)

@script:python@
array << pg05_bulk.array;
p << pg05_bulk.p;
@@
pg05.note(p[0], array, "alloc_pages_bulk")

// Assignments to bv_page. A page that the function has allocated is of no pgmap.
@pg05_page@
expression x, e;
position p;
@@
(
 x.bv_page@p = e
|
 x->bv_page@p = e
)

@script:python@
p << pg05_page.p;
e << pg05_page.e;
@@
pg05.page(p[0], e)

@pg05_size@
expression x, e;
identifier f = {bv_len, bv_offset};
assignment operator op;
position p;
@@
 x->f@p op e

@pg05_size_open exists@
identifier fn;
position pg05_size.p, q;
expression x;
identifier f;
expression GD : script:python() { pg05.compared(GD) };
@@
fn(...) {
... when != GD
x->f@p@q
... when any
}

@script:python@
p << pg05_size_open.q;
f << pg05_size.f;
@@
pg05.by_hand(p[0], f, "bvec_set_page")

@pg05_element@
expression x, e, i;
identifier f = {bv_len, bv_offset};
assignment operator op;
position p;
@@
 x[i].f@p op e

@script:python@
p << pg05_element.p;
f << pg05_element.f;
@@
pg05.by_hand(p[0], f, "bvec_set_page")

@pg05_count@
expression x;
expression e : script:python() { e != "0" };
identifier f = {bi_vcnt, bi_io_vec};
assignment operator op;
position p;
@@
(
 x->f@p op e
|
 x.f@p op e
|
 x->f@p++
|
 x.f@p++
|
 ++x->f@p
)

@script:python@
p << pg05_count.p;
f << pg05_count.f;
@@
pg05.by_hand(p[0], f, "bio_init")

// Several pages, put into the array in this function.
@pg05_iter@
expression it, dir, vec, n, len;
position p;
@@
iov_iter_bvec@p(it, dir, vec, n, len)

@pg05_filled exists@
expression pg05_iter.vec, it, i, a, b, c;
position pg05_iter.p, q;
expression w : script:python(vec, p) { pg05.walks(w, vec, p[0]) };
expression e;
identifier set = {bvec_set_page, bvec_set_folio};
@@
(
 set(&vec[i], e, ...)
|
 set(vec + i, e, ...)
|
 set(w, e, ...)
|
 vec[i] = e
)
... when any
iov_iter_bvec@p@q(it, a, vec, b, c)

@script:python@
q << pg05_filled.q;
e << pg05_filled.e;
n << pg05_iter.n;
@@
pg05.iterator(q[0], e, n)

@pg05_context depends on context@
expression x;
identifier f;
position p : script:python() { pg05.report.has(p[0]) };
@@
(
* x->f@p
|
* x.f@p
)

@pg05_context_iter depends on context@
position p : script:python() { pg05.report.has(p[0]) };
@@
* iov_iter_bvec@p(...)

// bvec_set_page() does the same as three assignments. An element of an array is
// not to be taken for its first one.
@pg05_patch depends on patch disable ptr_to_array@
expression x, page, len, off;
position p : script:python() { pg05.report.affects(p[0]) };
@@
(
- x->bv_page@p = page;
- x->bv_len = len;
- x->bv_offset = off;
+ bvec_set_page(x, page, len, off);
|
- x->bv_page@p = page;
- x->bv_offset = off;
- x->bv_len = len;
+ bvec_set_page(x, page, len, off);
|
- x->bv_len = len;
- x->bv_page@p = page;
- x->bv_offset = off;
+ bvec_set_page(x, page, len, off);
|
- x->bv_len = len;
- x->bv_offset = off;
- x->bv_page@p = page;
+ bvec_set_page(x, page, len, off);
|
- x->bv_offset = off;
- x->bv_page@p = page;
- x->bv_len = len;
+ bvec_set_page(x, page, len, off);
|
- x->bv_offset = off;
- x->bv_len = len;
- x->bv_page@p = page;
+ bvec_set_page(x, page, len, off);
|
- x.bv_page@p = page;
- x.bv_len = len;
- x.bv_offset = off;
+ bvec_set_page(&x, page, len, off);
|
- x.bv_page@p = page;
- x.bv_offset = off;
- x.bv_len = len;
+ bvec_set_page(&x, page, len, off);
|
- x.bv_len = len;
- x.bv_page@p = page;
- x.bv_offset = off;
+ bvec_set_page(&x, page, len, off);
|
- x.bv_len = len;
- x.bv_offset = off;
- x.bv_page@p = page;
+ bvec_set_page(&x, page, len, off);
|
- x.bv_offset = off;
- x.bv_page@p = page;
- x.bv_len = len;
+ bvec_set_page(&x, page, len, off);
|
- x.bv_offset = off;
- x.bv_len = len;
- x.bv_page@p = page;
+ bvec_set_page(&x, page, len, off);
)
