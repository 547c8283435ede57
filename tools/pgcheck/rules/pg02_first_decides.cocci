// SPDX-License-Identifier: GPL-2.0
/// The provider of one page decides for a whole bio, request, scatterlist or
/// array of pages.
// Confidence: Moderate
// URL: Documentation/checks/PG02.rst
// Options: --no-includes
// Severity: warning
// Files: is_pci_p2pdma_page page_pgmap is_zone_device_page folio_is_pci_p2pdma folio_is_zone_device

virtual context
virtual org
virtual report

@initialize:python@
@@
import re

# An expression may come with the comment before it.
PG02_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

PG02_FIRST = re.compile(
    r"\b(bio_first_page_all|bio_first_folio_all|bio_first_bvec_all|bio_page|bio_iovec|req_bvec|"
    r"virt_to_sg|mp_bvec_iter_page) \(|"
    r"\bbi_io_vec (-> bv_page|\[ ?0 ?\])|"
    r"(->|\.) (bvecs?|bip_vec) -> bv_page|"
    r"^\* ?(pages|folios)$|"
    r"\bsg_page \( ?\S*( -> | \. )?(\w* -> |\w* \. )*(sg|sgl|sg_list|sglist|\w+_sg|\w+_sgl|\w+_sglist)( \[ ?0 ?\])? ?\)|"
    r"\b(sgl|bvecs?|bv|bvec_array|vecs?|pages|folios|page_array|page_list)( ?\[ ?0 ?\])")
PG02_ONE = re.compile(
    r"\b(bi_vcnt|nents|orig_nents|sg_cnt|nr_pages|npages|nr_vecs|nr_segs|nr_bvec|nr_segments|"
    r"nr_phys_segments|nr_integrity_segments|blk_rq_nr_phys_segments \(.*\)|"
    r"blk_rq_nr_integrity_segments \(.*\)) (==|<=|>|!=) 1\b|"
    r"^iov_iter_extract_bvecs \(")     # stops where the provider changes
PG02_STEP = re.compile(r"^(\w+ (\+\+|\+= .*)|\+\+ ?\w+)$")
pg02_assigned = {}
pg02_calls = {}


def pg02_norm(text):
    return re.sub(r"\s+", " ", PG02_COMMENT.sub(" ", text)).strip()


def pg02_first(text, where):
    """Is this the first element, or a variable that only ever holds the first one?"""
    text = pg02_norm(text)
    values = pg02_assigned.get((where.file, where.current_element), {})
    name = re.match(r"^(?:sg_page \( ?(\w+) ?\)|(\w+) (?:\.|->) bv_page|\* ?(\w+)|(\w+))$", text)
    var = name and next(filter(None, name.groups()))
    if var in values:
        return all(PG02_FIRST.search(value) or re.search(r"(->|\.) ?(sgl|sg|sg_list)$", value)
                   for value in values[var])
    return bool(PG02_FIRST.search(text))


pg02_print = None      # set by the mode
pg02_found = set()


def pg02_say(where, text):
    """Notes a finding for the modes that change lines, and prints it in the others."""
    pg02_found.add((where.file, where.line, where.column))
    if pg02_print:
        pg02_print(where, text)


def pg02_is_found(where):
    return (where.file, where.line, where.column) in pg02_found

@initialize:python depends on report@
@@
pg02_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg02_print = coccilib.org.print_safe_todo

@pg02_any@
identifier fn = {is_pci_p2pdma_page, page_pgmap, is_zone_device_page, folio_is_pci_p2pdma,
		 folio_is_zone_device};
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
pg02_assigned.setdefault((p[0].file, p[0].current_element), {}).setdefault(v, set()).add(pg02_norm(e))

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
pg02_assigned.setdefault((p[0].file, p[0].current_element), {}).setdefault(v, set()).add(pg02_norm(e))

// A pointer that walks.
@pg02_step depends on pg02_any@
expression S : script:python() { PG02_STEP.match(pg02_norm(S)) is not None };
position p;
@@
S@p

@script:python@
s << pg02_step.S;
p << pg02_step.p;
@@
pg02_assigned.setdefault((p[0].file, p[0].current_element), {}).setdefault(
    re.search(r"\w+", pg02_norm(s)).group(0), set()).add("step")

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
pg02_assigned.setdefault((p[0].file, p[0].current_element), {}).setdefault(v, set()).add("iterator")

@pg02_test@
position pg02_any.p, t;
identifier pg02_any.fn;
expression E : script:python(p) { pg02_first(E, p[0]) };
@@
fn@p@t(E)

// The question in the same condition.
@pg02_same@
position pg02_test.t, s;
identifier fn;
expression GD : script:python() { PG02_ONE.search(pg02_norm(GD)) is not None };
@@
(
GD && <+... fn@t@s(...) ...+>
|
GD || <+... fn@t@s(...) ...+>
)

// Reached without having asked whether there is only one.
@pg02_open exists@
position pg02_test.t, q != pg02_same.s;
identifier f, fn;
expression GD : script:python() { PG02_ONE.search(pg02_norm(GD)) is not None };
@@
f(...) {
... when != GD
fn@t@q(...)
... when any
}

// A static function may leave the question to its callers, if all of them ask.
@pg02_called@
identifier pg02_open.f;
position c;
@@
f@c(...)

@script:python@
f << pg02_open.f;
c << pg02_called.c;
@@
pg02_calls.setdefault((c[0].file, f), [0, 0])[0] += 1

@pg02_caller exists@
identifier pg02_open.f, outer;
position pg02_called.c, d;
expression GD : script:python() { PG02_ONE.search(pg02_norm(GD)) is not None };
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
pg02_calls.setdefault((d[0].file, f), [0, 0])[1] += 1

@script:python@
q << pg02_open.q;
f << pg02_open.f;
fn << pg02_open.fn;
@@
calls, unasked = pg02_calls.get((q[0].file, f), (0, 0))
if unasked or not calls:
  pg02_say(q[0], "warning: %s() of the first element decides for all of them [PG02]" % fn)


@pg02_context depends on context@
identifier fn;
position p : script:python() { pg02_is_found(p[0]) };
@@
* fn@p(...)
