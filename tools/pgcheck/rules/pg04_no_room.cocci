// SPDX-License-Identifier: GPL-2.0
/// A bio is filled in a loop by a function that does not check for room, and
/// the bound of the loop is not the size of the bio's table.
// Confidence: Moderate
// URL: Documentation/checks/PG04.rst
// Options: --no-includes
// Severity: warning
// Files: __bio_add_page bio_add_folio_nofail bio_add_virt_nofail

virtual context
virtual org
virtual report

@initialize:python@
@@
import re

# An expression may come with the comment before it.
PG04_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

PG04_TABLE = re.compile(r"^\w*(bio\w*alloc|alloc\w*bio|bio_init)\w*$")
PG04_CLAMP = re.compile(r"^\(*(?!max|max_t|round_up|roundup|bio_segments|bio_add_max_vecs)"
                        r"[a-z_]\w* ?\(")
# What is no more than each of its arguments: a loop bounded by it ends in time.
PG04_LEAST = re.compile(r"^\(*(min|min_t|min3|umin|bio_max_segs) ?\(")
PG04_END = re.compile(r"(==|>=) [a-z]")
PG04_PLACE = {"bio_alloc": 1, "bio_alloc_bioset": 1, "bio_kmalloc": 0, "bio_init": 3,
              "bio_init_inline": 2}
PG04_COUNT = re.compile(r"(\b|_)(n|nr|num|cnt|count|n?vecs|pages|n?segs|segments|steps)(_|\b)|"
                        r"_(VECS|PAGES|SEGS)\b")
pg04_values, pg04_bounds, pg04_sizes, pg04_lists = {}, {}, {}, {}
pg04_reported = set()


def pg04_norm(text):
    return re.sub(r"\s+", " ", PG04_COMMENT.sub(" ", text)).strip()


def pg04_note(table, where, text):
    table.setdefault((where.file, where.current_element), set()).add(pg04_norm(text))


def pg04_words(text):
    """The variables, fields and constants that a text is made of, without those that
    say nothing of a count."""
    names = re.findall(r"(?<![\w>.] )\b[A-Za-z_]\w*(?: ?(?:->|\.) ?\w+)*\b(?! ?\()", text)
    names = {re.split(r" ?(?:->|\.) ?", name)[-1] for name in names}
    return names - {"i", "bio", "sizeof", "int", "unsigned", "u32", "u64", "size_t", "long",
                    "PAGE_SIZE", "PAGE_SHIFT", "SECTOR_SHIFT", "NULL", "GFP_KERNEL", "GFP_NOIO",
                    "GFP_NOFS", "struct", "page", "folio", "bdev", "opf", "req"}


def pg04_made_of(texts, values, cut):
    """The words in the texts, and in what was assigned to these. A table that was cut
    down to a limit, by a function that may do that too, is no longer as large as what
    it was made of; a loop that was is no longer than that."""
    words = set()
    for _ in range(4):
        for text in texts:
            words |= pg04_words(text)
        texts = [v.split(" = ", 1)[1] for v in values if v.split(" = ", 1)[0] in words and
                 (not PG04_CLAMP.match(v.split(" = ", 1)[1]) or
                  cut and PG04_LEAST.match(v.split(" = ", 1)[1]))]
    return words


def pg04_sized(where):
    """Was the table made as large as the loop is long?"""
    key = (where.file, where.current_element)
    values = pg04_values.get(key, ())
    sizes = [size for size in pg04_sizes.get(key, ()) if not PG04_CLAMP.match(size)]
    table = pg04_made_of(sizes, values, False) | {"bi_max_vecs"}
    values = set(values) | pg04_lists.get(key, set())
    return bool(table & pg04_made_of(pg04_bounds.get(key, ()), values, True))


def pg04_maker(name):
    return bool(PG04_TABLE.match(name))


def pg04_fresh(text):
    """Another bio, and not one that was filled before and kept in some structure."""
    return not re.match(r"^&?\w+( ?(->|\.) ?\w+)+$", pg04_norm(text))


def pg04_counts(make, arguments):
    """The argument that is the size of the table."""
    parts, depth = [""], 0
    for char in arguments:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    if make in PG04_PLACE:
        return parts[PG04_PLACE[make]:][:1]
    return [part for part in parts if PG04_COUNT.search(part)]


def pg04_report(where, fn):
    key = (where.file, where.line, where.column)
    if not pg04_sized(where) and key not in pg04_reported:
        pg04_reported.add(key)
        pg04_say(where, "warning: %s() in a loop that is not bounded by the bio's table [PG04]" % fn)


pg04_print = None      # set by the mode
pg04_found = set()


def pg04_say(where, text):
    """Notes a finding for the modes that change lines, and prints it in the others."""
    pg04_found.add((where.file, where.line, where.column))
    if pg04_print:
        pg04_print(where, text)


def pg04_is_found(where):
    return (where.file, where.line, where.column) in pg04_found

@initialize:python depends on report@
@@
pg04_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg04_print = coccilib.org.print_safe_todo

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
pg04_note(pg04_values, p[0], v + " = " + e)

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
pg04_note(pg04_values, p[0], v + " = " + e)

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
pg04_note(pg04_bounds, p[0], e)

// Where a loop ends in its middle.
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
if PG04_END.search(pg04_norm(e)):
    pg04_note(pg04_bounds, p[0], e)

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
pg04_note(pg04_bounds, p[0], getattr(es, "expr", es))

// A list is as long as the count that was given to what has filled it.
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
    pg04_note(pg04_lists, p[0], head + " = " + getattr(some, "expr", some))

@pg04_table depends on pg04_add@
identifier make : script:python() { pg04_maker(make) };
expression list es;
position p;
@@
make@p(es)

@script:python@
make << pg04_table.make;
es << pg04_table.es;
p << pg04_table.p;
@@
for part in pg04_counts(make, getattr(es, "expr", es)):
    pg04_note(pg04_sizes, p[0], part)

// A way from the call back to itself that neither asks for room nor makes
// another bio. This sees loops of every kind, goto included.
@pg04_loop exists@
identifier pg04_add.fn;
expression pg04_add.bio;
expression F : script:python() { pg04_fresh(F) };
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
pg04_report(p[0], fn)

// A static function that adds to a bio of its caller, which calls it in a loop.
@pg04_part exists@
identifier pg04_add.fn, part;
expression pg04_add.bio;
expression F : script:python() { pg04_fresh(F) };
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
identifier make : script:python() { pg04_maker(make) };
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
pg04_report(p[0], fn)

@pg04_context depends on context@
identifier fn;
position p : script:python() { pg04_is_found(p[0]) };
@@
* fn@p(...)
