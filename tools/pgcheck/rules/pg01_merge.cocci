// SPDX-License-Identifier: GPL-2.0
/// A segment grows because two pages are physically adjacent, and nothing has
/// compared their pgmaps.
///
/// Physical adjacency does not say that two ZONE_DEVICE pages have the same
/// provider: the merged segment would be mapped as if all of it were the first's.
// Confidence: High
// URL: Documentation/checks/PG01.rst
// Options: --no-includes
// Severity: error
// Files: page_to_phys page_to_pfn bvec_phys sg_phys folio_pfn nth_page page_to_dma pfn paddr bvec_try_merge page\x20+\x20 page\x20-\x20
// Match: (->|\.)\s*(bv_len|length|dma_length|dma_len|len|size|nbytes|bytes|nr_bytes|nr_pages|npages|num_pages|nr|blen|seg_len|ds_len|count|n_pages)\b\s*(\+=|\+\+|=(?!=)[^;=]*\+)|\+\+\s*[^;,(){}=]*(->|\.)\s*(bv_len|length|dma_length|dma_len|len|size|nbytes|bytes|nr_bytes|nr_pages|npages|num_pages|nr|blen|seg_len|ds_len|count|n_pages)\b|\bsg_dma_len\s*\([^;=]*\)\s*(\+=|=(?!=)[^;=]*\+)|bvec_try_merge|\(([^(){};]*,\s*)?(const )?struct (bio_vec|scatterlist|page) \*[^(){};]*, *(const )?struct (bio_vec|scatterlist|page) \*[^(){};]*\)\s*\{
// Function: (->|\.)\s*(bv_len|length|dma_length|dma_len|len|size|nbytes|bytes|nr_bytes|nr_pages|npages|num_pages|nr|blen|seg_len|ds_len|count|n_pages)\b\s*(\+=|\+\+|=(?!=)[^;=]*\+)|\+\+\s*[^;,(){}=]*(->|\.)\s*(bv_len|length|dma_length|dma_len|len|size|nbytes|bytes|nr_bytes|nr_pages|npages|num_pages|nr|blen|seg_len|ds_len|count|n_pages)\b|\bsg_dma_len\s*\([^;=]*\)\s*(\+=|=(?!=)[^;=]*\+)
// Second: (?s)\A(?=.*([=!]=\s*(?!NULL\b|-?\d|~?[A-Z_][A-Z0-9_]*\b(?!\s*\())|pages?\b[^;={}]* - [^;={}]*[=!]=\s*1\b))(?=.*(pages?\b[^;={}]* - [^;={}]*[=!]=\s*1\b|\b(page_to_phys|page_to_pfn|bvec_phys|sg_phys|folio_pfn|page_to_dma|folio_page_pfn|bio_vec_phys|nth_page)\s*\(|\b\w*(pfn|paddr|(?<!nr_)phys)(?!_seg|_sector|_block|ical|_mergeable)\w*\b|pages?\b(\s*\[[^\]]*\])?\s*\)?\s*\+(?![+=])|(sg_page\s*\([^)]*\)|bv_page)\s*\+(?![+=])|\+\s*(\w+\s*(->|\.)\s*)*\w*pages?\b))
// Alone: bvec_try_merge|\(([^(){};]*,\s*)?(const )?struct (bio_vec|scatterlist|page) \*[^(){};]*, *(const )?struct (bio_vec|scatterlist|page) \*[^(){};]*\)\s*\{

virtual patch
virtual context
virtual org
virtual report

// SmPL finds growth, tests and the ways between them; whether an expression is
// one of these is decided from its text and from the facts of its file.
@initialize:python@
@@
import re

# An expression may come with the comment before it.
PG01_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

PG01_PHYS = re.compile(r"\b(page_to_phys|page_to_pfn|bvec_phys|sg_phys|folio_pfn|page_to_dma|"
                       r"folio_page_pfn|bio_vec_phys)\s*\(|"
                       r"\b\w*(pfn|paddr|(?<!nr_)phys)(?!_seg|_sector|_block|ical|_mergeable)\w*\b")
PG01_COUNT = r"(?!(?:\w*_)?(?:nr|num|n|max|cnt)_?r?pages\b)"
PG01_PAGE = re.compile(r"(\bnth_page\s*\(|\b%s\w*pages?\b(\s*\[[^\]]*\])?( \)|) \+|"
                       r"\bsg_page\s*\([^)]*\) \+|bv_page \+|"
                       r"\+ (\w+ (->|\.) )*\b%s\w*pages?\b)" % (PG01_COUNT, PG01_COUNT))
# The one directly behind the other, as a difference.
PG01_NEXT = re.compile(r"^\(? ?(?:\w+ (?:->|\.) )*\b%s\w*pages?\b(?: \[[^\]]*\])? - "
                       r"(?:\w+ (?:->|\.) )*\w+(?: \[[^\]]*\])?\)? [=!]= 1$" % PG01_COUNT)
PG01_GUARD = re.compile(r"\b(zone_device_pages_have_same_pgmap|"
                        r"pages_are_mergeable|biovec_phys_mergeable|page_pgmap|folio_pgmap|"
                        r"pgmap_pages_mergeable|pgmap_bvec_try_extend|pgmap_sg_extend)\b|"
                        r"\bpgmap\s*[=!]=|[=!]=\s*\S*pgmap\b|"
                        r"\w*(folio|page_folio \([^)]*\)) [=!]= \S*(folio|page_folio)|"
                        r"(bv_page|sg_page \([^)]*\)) [=!]= ([\w>.-]| -> )*(page|bv_page|sg_page)\b(?! \+)")
PG01_FIELD = (r"(?:->|\.)\s*(?:bv_len|length|dma_length|dma_len|len|size|nbytes|bytes|nr_bytes|"
              r"nr_pages|npages|num_pages|nr|blen|seg_len|ds_len|count|n_pages)")
PG01_LVALUE = re.compile(r"(?:.*%s|sg_dma_len \(.*\))$" % PG01_FIELD)
PG01_KNOWN = ("bvec_try_merge_page", "bvec_try_merge_hw_page")
PG01_HELPER = re.compile(r"^(%s) \(" % "|".join(PG01_KNOWN))
# Compares Xen's machine frames; its callers have compared the pgmaps.
PG01_EXEMPT = ("xen_biovec_phys_mergeable",)
# What only allocations of the function's own return: no page of a provider.
PG01_OWN = re.compile(r"^(alloc_pages?\w*|folio_alloc\w*|shmem_read_\w+|dev_alloc_pages?|"
                      r"vmalloc_to_page) ?\(")
# Without one of these in a function its addresses and pages are numbers of something else.
PG01_PAGES = re.compile(r"struct (page|folio|bio_vec|scatterlist|sg_table|bio|request)\b|"
                        r"page_to_|pfn_to_page|\bfolio_|\b(for_each_)?sg_|\bbv_|\bbvec_|rq_for_each")
# Some pages further, other than whether both ends are on the same side of a boundary.
PG01_PAGES_ON = re.compile(r"^(?!.* - 1 \)).*(\bnth_page \(| \+ )")
pg01_facts = {}
pg01_indexed = set()
pg01_current = [None]
pg01_answers = {}
pg01_together = set()


def pg01_is_together(where):
    return (where.file, where.line, where.column) in pg01_together


def pg01_norm(text):
    return re.sub(r"\s+", " ", PG01_COMMENT.sub(" ", text)).strip()


def pg01_file(name):
    return pg01_facts.setdefault(name, {"assign": {}, "cond": {}, "return": {}, "grow": {},
                                        "compare": {}, "open": set(), "called": set(),
                                        "size": 0})


def pg01_note(kind, where, text):
    pg01_current[0] = where.file
    facts = pg01_file(where.file)
    facts[kind].setdefault(where.current_element, set()).add(pg01_norm(text))
    facts["size"] += 1


def pg01_unwrapped(text):
    """The text without the parentheses that are around all of it."""
    text = pg01_norm(text)
    inner = pg01_negated("!" + text)
    return pg01_unwrapped(inner) if inner else text


def pg01_note_macro(kind, where, name, text):
    """A macro is like a function that makes something grow, or returns an expression."""
    at = type("At", (), {"file": where.file, "current_element": name})
    pg01_note(kind, at, pg01_unwrapped(text))


def pg01_length(text):
    """A field of a segment, and not one of what counts events."""
    return bool(PG01_LVALUE.match(text)) and not re.search(r"\b\w*stats?\b", text)


def pg01_grows(text):
    text = pg01_norm(text)
    if PG01_HELPER.match(text):
        return True
    if "=" not in text and "++" not in text or pg01_negated("!" + text):
        return False        # without its parentheses it comes as well
    found = re.match(r"^(.*?) (\+=|=) (.*)$", text)
    if found:
        left, how, right = found.groups()
        if not pg01_length(left):
            return False
        return how == "+=" or bool(re.search(r"(^|[( ])%s \+|\+ \(?%s\b" % ((re.escape(left),) * 2),
                                             right))
    found = re.match(r"^(?:\+\+ ?)?(.*?)(?: ?\+\+)?$", text)
    return found.group(1) != text and pg01_length(found.group(1))


def pg01_grower(text):
    """A call of a function that makes something grow, and compares no pgmaps itself."""
    called = re.match(r"^(\w+) \(", pg01_norm(text))
    facts = pg01_file(pg01_current[0])
    return bool(called) and called.group(1) not in PG01_KNOWN and \
        called.group(1) in facts["grow"] and not pg01_guarded(facts, called.group(1))


def pg01_cached(function, for_file=False):
    """Answers stay the same as long as the facts of the file do."""
    def wrapped(where):
        key = (function, where.file, not for_file and where.current_element,
               pg01_file(where.file)["size"])
        if key not in pg01_answers:
            pg01_answers[key] = function(where)
        return pg01_answers[key]
    return wrapped


def pg01_words(where):
    """Variables of the function that hold a physical address, or the result of a test."""
    facts = pg01_file(where.file)
    mine = [text.split(" = ", 1) for text in facts["assign"].get(where.current_element, ())]
    phys, tests = set(), {}
    for _ in range(4):
        for name, value in mine:
            way = pg01_way(value, phys, tests, {})
            if way:
                tests[name] = way
            elif re.match(r"^(\w+ (->|\.) )*\b%s\w*pages?\b( \[.*?\])? \+ " % PG01_COUNT, value):
                phys.add(name)
            elif (PG01_PHYS.search(value) and not re.search(r"[=!]=|&&|->\w*\(|\bvirt", value)
                  or any(re.search(r"\b%s\b" % v, value) for v in phys)) and "(" != value[0]:
                phys.add(name)
    return phys, tests


pg01_words = pg01_cached(pg01_words)


def pg01_atoms(text):
    depth, start = 0, 0
    text = re.sub(r"\b(likely|unlikely) \((.*)\)$", r"\2", text)
    out = []
    for m in re.finditer(r"&&|\|\|", text):
        out.append(text[start:m.start()])
        start = m.end()
    out.append(text[start:])
    return [atom.strip() for atom in out]


def pg01_negated(text):
    """What is between "! (" and the parenthesis that ends the text, or None."""
    text = re.sub(r"^(likely|unlikely) \((.*)\)$", r"\2", text.strip()).strip()
    if not re.match(r"! ?\(", text) or not text.endswith(")"):
        return None
    depth, start = 0, text.index("(")
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start + 1:-1].strip() if at == len(text) - 1 else None
    return None


def pg01_way(text, phys, tests, helpers):
    """"==" if the test is true for adjacent pages, "!=" if it is false, else None."""
    inner = pg01_negated(text)
    if inner:
        return {"==": "!=", "!=": "==", None: None}[pg01_way(inner, phys, tests, helpers)]
    for atom in pg01_atoms(text):
        flip = atom.lstrip("( ").startswith("!") and not atom.lstrip("( ").startswith("!=")
        for name, way in list(tests.items()) + list(helpers.items()):
            call = r" \(" if name in helpers else r"\b(?! \()"
            if re.search(r"(?<![>.\w] )\b%s%s" % (re.escape(name), call), atom):
                if re.search(r"[=!]= ", atom):
                    continue
                return {"==": "!=", "!=": "=="}[way] if flip else way
        found = re.match(r"^(.*) ([=!]=) (.*)$", atom)
        if not found or re.search(r"[\w)\]] [|&^] |%| NULL\b|\bbfn", atom) or \
           (">>" in atom and not PG01_PAGES_ON.search(atom)):
            continue
        left, way, right = found.groups()
        if PG01_NEXT.match(atom.strip()):
            return way
        right = right.strip("() ")
        if re.match(r"^-? ?(\d\w*|[A-Z_][A-Z0-9_]*|~.*)$", right) or \
           re.match(r"^-? ?(\d\w*|[A-Z_][A-Z0-9_]*)$", left.strip("() ")):
            continue
        if PG01_PHYS.search(atom) or PG01_PAGE.search(atom) or \
           any(re.search(r"(?<![>.] )\b%s\b" % v, atom) for v in phys):
            return way
    return None


def pg01_testers(where):
    """Functions of the file that answer whether pages are adjacent, without a pgmap."""
    facts = pg01_file(where.file)
    found = {}
    for fn in set(facts["return"]) - set(facts["grow"]):
        if pg01_guarded(facts, fn):
            continue
        at = type("At", (), {"file": where.file, "current_element": fn})
        phys, tests = pg01_words(at)
        returns = facts["return"][fn]
        direct = [pg01_way(text, phys, tests, {}) for text in returns]
        simple = any(re.match(r"^(true|1)$", text) for text in returns) and \
            any(re.match(r"^(false|0)$", text) for text in returns)
        conds = [pg01_way(text, phys, tests, {}) for text in facts["cond"].get(fn, ())]
        mixed = any(re.match(r"^(false|0)$", text) for text in returns)
        if any(direct):
            found[fn] = [way for way in direct if way][0]
        elif any(conds) and (simple or mixed):
            found[fn] = "=="
    return found


pg01_testers = pg01_cached(pg01_testers, for_file=True)


def pg01_guarded(facts, fn):
    return any(PG01_GUARD.search(text) for kind in ("return", "cond", "assign")
               for text in facts[kind].get(fn, ()))


def pg01_own(text, where):
    """Is one of the pages that the test compares always fresh from an allocator?"""
    values = {}
    for word, value in (fact.split(" = ", 1) for fact in
                        pg01_file(where.file)["assign"].get(where.current_element, ())):
        values.setdefault(word, []).append(value)
    return any(word in values and all(PG01_OWN.match(value) for value in values[word])
               for word in re.findall(r"\w+", text))


def pg01_test(text, where, way):
    text = pg01_norm(text)
    if pg01_own(text, where):
        return False
    phys, tests = pg01_words(where)
    if pg01_guard(text, where):
        return False
    return pg01_way(text, phys, tests, pg01_testers(where)) == way


def pg01_tests(where):
    """Does the function test adjacency at all, or call a function that does?"""
    facts = pg01_file(where.file)
    phys, tests = pg01_words(where)
    testers = pg01_testers(where)
    for kind in ("compare", "cond", "return", "assign"):
        for text in facts[kind].get(where.current_element, ()):
            if pg01_way(text, phys, tests, testers):
                return True
    return False


pg01_tests = pg01_cached(pg01_tests)


def pg01_do_test(text, where):
    facts, plain = pg01_file(where.file), pg01_norm(text)
    part = any(plain in other for kind in ("cond", "assign", "return")
               for other in facts[kind].get(where.current_element, ()))
    return not part and pg01_test(text, where, "==")


def pg01_guard(text, where):
    """A comparison of pgmaps, folios or pages, or a function of the file that makes one."""
    text = pg01_norm(text)
    facts = pg01_file(where.file)
    found = PG01_GUARD.search(text)
    if found:
        # A function of that name in this file has to keep what the name promises.
        return found.group(1) not in facts["return"] or pg01_guarded(facts, found.group(1))
    called = re.match(r"^(\w+) \(", text)
    if not called or called.group(1) == where.current_element:
        return False
    name = called.group(1)
    return name in facts["return"] and pg01_guarded(facts, name)


def pg01_static(where, name):
    with open(where.file, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines):
        if re.search(r"\b%s\s*\(" % name, line) and not line[:1].isspace() and \
           not line.rstrip().endswith(";"):
            head = line.split(name)[0]
            before = lines[number - 1] if number and not head.strip() else ""
            return "static" in head + before
    return False


def pg01_about_pages(where):
    """Does the function have to do with pages at all?"""
    with open(where.file, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    at = int(where.line) - 1
    start, end = at, at
    while start and not lines[start].startswith("{"):
        start -= 1
    while start and lines[start - 1].strip() and not lines[start - 1].startswith(("}", "#")):
        start -= 1
    while end < len(lines) - 1 and not lines[end].startswith("}"):
        end += 1
    return bool(PG01_PAGES.search("\n".join(lines[start:end])))


def pg01_macro(where):
    """The definition of the macro around a place."""
    with open(where.file, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    start = end = int(where.line) - 1
    while start and re.search(r"\\ *$", lines[start - 1]):
        start -= 1
    while end < len(lines) - 1 and re.search(r"\\ *$", lines[end]):
        end += 1
    return "\n".join(lines[start:end + 1])


def pg01_header(name):
    return name.endswith(".h")


def pg01_params(terms):
    text = pg01_norm(getattr(terms, "expr", terms))
    return bool(re.search(r"struct (bio_vec|scatterlist)\b", text)) or \
        len(re.findall(r"struct page \*", text)) > 1


pg01_print = None      # set by the mode
pg01_found = set()
pg01_affected = set()


def pg01_say(where, text, can_be_mended=True):
    """Notes a finding for the modes that change lines, and prints it in the others."""
    pg01_found.add((where.file, where.line, where.column))
    if can_be_mended:
        pg01_affected.add((where.file, where.current_element))
    if pg01_print:
        pg01_print(where, text)


def pg01_is_found(where):
    return (where.file, where.line, where.column) in pg01_found


def pg01_is_affected(where):
    return (where.file, where.current_element) in pg01_affected

@initialize:python depends on report@
@@
pg01_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg01_print = coccilib.org.print_safe_todo

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
pg01_note("assign", p[0], w + " = " + e)

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
pg01_note("assign", p[0], w + " = " + e)

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
pg01_note("cond", p[0], e)

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
pg01_note("cond", p[0], e)

@pg01_return@
expression e;
position p;
@@
return e@p;

@script:python@
e << pg01_return.e;
p << pg01_return.p;
@@
pg01_note("return", p[0], e)

@pg01_grow@
expression g : script:python() { pg01_grows(g) };
position p;
@@
g@p

// An index that is counted up is no length.
@pg01_index depends on pg01_grow@
expression a, g;
position pg01_grow.p, t;
@@
a[<+... g@p@t ...+>]

@script:python@
p << pg01_index.t;
@@
pg01_indexed.add((p[0].file, p[0].line, p[0].column))

@script:python@
g << pg01_grow.g;
p << pg01_grow.p;
@@
if (p[0].file, p[0].line, p[0].column) not in pg01_indexed:
    pg01_note("grow", p[0], g)

@pg01_macro@
identifier m;
expression e;
position p;
@@
#define m(...) e@p

@script:python@
m << pg01_macro.m;
e << pg01_macro.e;
p << pg01_macro.p;
@@
pg01_note_macro("return", p[0], m, e)

@pg01_grow_macro@
position pg01_grow.p;
expression g;
identifier m;
@@
#define m(...) <+... g@p ...+>

@script:python@
m << pg01_grow_macro.m;
g << pg01_grow_macro.g;
p << pg01_grow.p;
@@
if not PG01_GUARD.search(pg01_macro(p[0])):
    pg01_note_macro("grow", p[0], m, g)

// What makes a segment grow: that, or a call of a function of this file that does.
@pg01_site depends on pg01_grow@
expression g : script:python() { pg01_grows(g) or pg01_grower(g) };
position p;
@@
g@p

// Any comparison, for those that stand in no condition above.
@pg01_compare depends on pg01_grow@
expression a, b;
position p;
@@
(
a@p == b
|
a@p != b
)

@script:python@
a << pg01_compare.a;
b << pg01_compare.b;
p << pg01_compare.p;
@@
pg01_note("compare", p[0], a + " == " + b)

// Where nothing is tested, the ways need not be searched.
@script:python@
p << pg01_site.p;
g << pg01_site.g;
@@
if (not pg01_tests(p[0]) and not PG01_HELPER.match(pg01_norm(g))) or \
   (p[0].file, p[0].line, p[0].column) in pg01_indexed:
    cocci.include_match(False)

// From a test to the growth, by the way that adjacent pages take.
@pg01_true exists@
position pg01_site.p;
position q;
expression g;
expression T : script:python(p) { pg01_test(T, p[0], "==") };
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

// SmPL has no pattern for do-while: from a test that is no other condition, on
// its true side, round to the growth.
@pg01_do exists@
position pg01_site.p, q;
expression g;
expression T : script:python(p) { pg01_do_test(T, p[0]) };
@@
T
... when != false T
g@p@q

@pg01_false exists@
position pg01_site.p;
position q;
expression g;
expression T : script:python(p) { pg01_test(T, p[0], "!=") };
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

@pg01_jump exists@
position pg01_site.p;
position q;
expression g;
expression T : script:python(p) { pg01_test(T, p[0], "==") };
identifier l;
@@
T
... when != false T
goto l;
... when any
g@p@q

// The test and the growth in one expression.
@pg01_within@
position pg01_site.p, q;
expression g, e;
expression T : script:python(p) { pg01_test(T, p[0], "==") };
expression F : script:python(p) { pg01_test(F, p[0], "!=") };
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
expression GD : script:python(p) { pg01_guard(GD, p[0]) };
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
pg01_together.add((t[0].file, t[0].line, t[0].column))

// Of these, what can be reached without a comparison of pgmaps.
@pg01_open exists@
position t = {pg01_true.q, pg01_do.q, pg01_false.q, pg01_jump.q, pg01_within.q};
position pg01_site.p, r;
expression g;
expression GD : script:python(p) { pg01_guard(GD, p[0]) };
identifier fn;
@@
fn(...) {
... when != GD
g@p@t@r
... when any
}

// A macro that is several statements, with both in it.
@pg01_open_macro@
position t = {pg01_true.q, pg01_do.q, pg01_false.q, pg01_jump.q, pg01_within.q};
position pg01_site.p, r;
expression g;
identifier m;
@@
#define m(...) <+... g@p@t@r ...+>

@script:python@
r << pg01_open_macro.r;
@@
text = pg01_macro(r[0])
if PG01_PAGES.search(text) and not PG01_GUARD.search(text):
    pg01_say(r[0], "error: segment grows on physical adjacency without a comparison of pgmaps [PG01]", False)

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
pg01_file(c[0].file)["called"].add(fn)

@pg01_same_call@
identifier pg01_open.fn;
position pg01_called.c, t;
expression GD : script:python(c) { pg01_guard(GD, c[0]) };
@@
(
GD && <+... fn@c@t(...) ...+>
|
GD || <+... fn@c@t(...) ...+>
)

@script:python@
t << pg01_same_call.t;
@@
pg01_together.add((t[0].file, t[0].line, t[0].column))

@pg01_caller exists@
identifier pg01_open.fn, outer;
position pg01_called.c, d;
expression GD : script:python(c) { pg01_guard(GD, c[0]) };
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
if outer not in PG01_KNOWN and not pg01_is_together(c[0]):
    pg01_file(c[0].file)["open"].add(fn)

@script:python@
p << pg01_open.r;
fn << pg01_open.fn;
@@
facts = pg01_file(p[0].file)
deferred = pg01_static(p[0], fn) and fn in facts["called"] and fn not in facts["open"]
if not deferred and fn not in PG01_KNOWN and not pg01_is_together(p[0]) and \
   pg01_about_pages(p[0]):
    pg01_say(p[0], "error: segment grows on physical adjacency without a comparison of pgmaps [PG01]")

// The block layer's own merge helpers leave the comparison to their callers.
@pg01_helper exists@
expression g : script:python() { PG01_HELPER.match(pg01_norm(g)) is not None };
position pg01_site.p, q;
identifier fn;
expression GD : script:python(p) { pg01_guard(GD, p[0]) };
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
if fn not in PG01_KNOWN and not pg01_is_together(q[0]):
    pg01_say(q[0], "error: %s() without a comparison of pgmaps before it [PG01]" % g.split("(")[0].strip())

// A test for other files to use.
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
if fn in pg01_testers(p[0]) and fn not in PG01_EXEMPT and pg01_params(ps) and \
   (pg01_header(p[0].file) or not pg01_static(p[0], fn)):
    pg01_say(p[0], "error: %s() calls pages mergeable without a comparison of pgmaps [PG01]" % fn)

@pg01_context depends on context@
expression g;
position p : script:python() { pg01_is_found(p[0]) };
@@
* g@p

@pg01_context_function depends on context@
identifier fn;
parameter list ps;
position p : script:python() { pg01_is_found(p[0]) };
@@
* fn@p(ps)
  { ... when any
  }

// Where the two pages stand in the test, both can be compared there. Negated as
// a whole, so that it does not matter what is around it.
@pg01_patch depends on patch@
expression bv, page, len, off, a, b;
identifier phys = {page_to_phys, page_to_pfn, bvec_try_merge_page, bvec_try_merge_hw_page};
position p : script:python() { pg01_is_affected(p[0]) };
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
