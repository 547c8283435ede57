// SPDX-License-Identifier: GPL-2.0
/// A bio_vec is built by hand outside the block layer's core, or an ITER_BVEC
/// out of several pages that the function did not allocate.
// Confidence: Low
// URL: Documentation/checks/PG05.rst
// Options: --no-includes
// Severity: note
// Files: bv_page bv_len bv_offset bi_vcnt bi_io_vec iov_iter_bvec

virtual patch
virtual context
virtual org
virtual report

@initialize:python@
@@
import re

# An expression may come with the comment before it.
PG05_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

PG05_OWN = re.compile(r"\b(alloc_page|alloc_pages|alloc_pages_node|mempool_alloc|folio_alloc|NULL|"
                      r"ZERO_PAGE|virt_to_page|vmalloc_to_page|__page_cache_alloc|"
                      r"dev_alloc_page|alloc_pages_bulk)\b")
# Whoever compares pgmaps before a change of a length leaves them apart; PG01 sees to that.
PG05_COMPARED = re.compile(r"\b(zone_device_pages_have_same_pgmap|pages_are_mergeable|"
                           r"biovec_phys_mergeable|pgmap_pages_mergeable)\b|"
                           r"\b(page|folio)_pgmap\b.*[=!]=")
pg05_seen = set()
pg05_owners, pg05_iters = set(), set()
pg05_values, pg05_fields = {}, {}


def pg05_core(name):
    """block/* and the headers with what it offers; not drivers/block or drivers/*/block."""
    parts = name.split("/")
    if parts[-3:] in (["include", "linux", "bvec.h"], ["include", "linux", "bio.h"]):
        return True
    return parts[-2:-1] == ["block"] and "drivers" not in parts[-4:-2]


def pg05_norm(text):
    return re.sub(r"\s+", " ", PG05_COMMENT.sub(" ", text)).strip()


def pg05_note(where, left, right):
    key = (where.file, where.current_element)
    left, right = pg05_norm(left), pg05_norm(right)
    pg05_values.setdefault(key, {}).setdefault(re.sub(r" \[.*", "", left), []).append(right)
    field = re.match(r"^.*(?:->|\.) (\w+)$", left)
    if field:
        pg05_fields.setdefault((where.file, field.group(1)), []).append(right)


def pg05_own(text, where):
    """A page that comes from an allocation of this function, or a field that only
    gets such pages in this file."""
    text = pg05_norm(text)
    if PG05_OWN.search(text):
        return True
    values = pg05_values.get((where.file, where.current_element), {}).get(re.sub(r" \[.*", "", text))
    field = re.match(r"^.*(?:->|\.) (\w+)$", text)
    if not values and field:
        values = pg05_fields.get((where.file, field.group(1)))
    return bool(values) and any("alloc" in value for value in values) and \
        all(PG05_OWN.search(value) or value == "filled" or value.startswith("(") for value in values)


def pg05_compared(text):
    return bool(PG05_COMPARED.search(text))


def pg05_walks(text, vec, where):
    """A pointer that began at the start of this array."""
    name = re.match(r"^(\w+)( \+\+)?$", pg05_norm(text))
    values = pg05_values.get((where.file, where.current_element), {})
    return bool(name) and pg05_norm(vec) in values.get(name.group(1), [])


def pg05_once(where):
    """One report for the lines that fill the same element, and for one function."""
    key = (where.file, where.current_element)
    first = key not in pg05_seen and key not in pg05_owners
    pg05_seen.add(key)
    return first


pg05_print = None      # set by the mode
pg05_found = set()
pg05_affected = set()


def pg05_say(where, text):
    """Notes a finding for the modes that change lines, and prints it in the others."""
    pg05_found.add((where.file, where.line, where.column))
    pg05_affected.add((where.file, where.current_element))
    if pg05_print:
        pg05_print(where, text)


def pg05_is_affected(where):
    return (where.file, where.current_element) in pg05_affected


def pg05_is_found(where):
    return (where.file, where.line, where.column) in pg05_found

@initialize:python depends on report@
@@
pg05_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg05_print = coccilib.org.print_safe_todo

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
pg05_note(p[0], a, e)

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
pg05_note(p[0], v, e)

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
pg05_values.setdefault((p[0].file, p[0].current_element), {})[pg05_norm(array)] = ["alloc_pages_bulk"]

// The page. One's own allocation cannot be of a provider.
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
if pg05_own(e, p[0]):
    pg05_owners.add((p[0].file, p[0].current_element))

@script:python@
p << pg05_page.p;
e << pg05_page.e;
@@
if not pg05_core(p[0].file) and not pg05_own(e, p[0]):
    pg05_owners.discard((p[0].file, p[0].current_element))
    if pg05_once(p[0]):
        pg05_say(p[0], "note: bv_page is set by hand; use bvec_set_page() or bio_add_page() [PG05]")

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
expression GD : script:python() { pg05_compared(GD) };
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
if not pg05_core(p[0].file) and pg05_once(p[0]):
    pg05_say(p[0], "note: %s is set by hand; use bvec_set_page() or bio_add_page() [PG05]" % f)

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
if not pg05_core(p[0].file) and pg05_once(p[0]):
    pg05_say(p[0], "note: %s is set by hand; use bvec_set_page() or bio_add_page() [PG05]" % f)

@pg05_count@
expression x;
expression e : script:python() { pg05_norm(e) != "0" };
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
if not pg05_core(p[0].file) and pg05_once(p[0]):
    pg05_say(p[0], "note: %s is set by hand; use bio_init() or bio_add_page() [PG05]" % f)

// Several pages, put into the array in this function.
@pg05_iter@
expression it, dir, vec, n, len;
position p;
@@
iov_iter_bvec@p(it, dir, vec, n, len)

@pg05_filled exists@
expression pg05_iter.vec, it, i, a, b, c;
position pg05_iter.p, q;
expression w : script:python(vec, p) { pg05_walks(w, vec, p[0]) };
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
if not pg05_core(q[0].file) and pg05_norm(n) != "1" and not pg05_own(e, q[0]) and \
   (q[0].file, q[0].current_element) not in pg05_iters:
    pg05_iters.add((q[0].file, q[0].current_element))
    pg05_say(q[0], "note: an ITER_BVEC of pages from elsewhere; nothing has compared their pgmaps [PG05]")

@pg05_context depends on context@
expression x;
identifier f;
position p : script:python() { pg05_is_found(p[0]) };
@@
(
* x->f@p
|
* x.f@p
)

@pg05_context_iter depends on context@
position p : script:python() { pg05_is_found(p[0]) };
@@
* iov_iter_bvec@p(...)

// bvec_set_page() does the same as three assignments. An element of an array is
// not to be taken for its first one.
@pg05_patch depends on patch disable ptr_to_array@
expression x, page, len, off;
position p : script:python() { pg05_is_affected(p[0]) };
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
