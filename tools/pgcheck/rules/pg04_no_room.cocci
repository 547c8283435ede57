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

pg04_values, pg04_bounds, pg04_sizes = {}, {}, {}


def pg04_note(table, where, text):
    table.setdefault((where.file, where.current_element), set()).add(re.sub(r"\s+", " ", text))


def pg04_words(texts, where):
    """The variables in the texts, and those that their values were made of."""
    words = set()
    values = pg04_values.get((where.file, where.current_element), ())
    for _ in range(3):
        for text in texts:
            words |= set(re.findall(r"\b[a-z]\w*\b(?! ?\()", text))
        texts = [v.split(" = ", 1)[1] for v in values if v.split(" = ", 1)[0] in words]
    return words - {"i", "bio", "sizeof", "int", "unsigned", "u32", "size_t"}


def pg04_sized(where):
    """Was the table made as large as the loop is long?"""
    key = (where.file, where.current_element)
    sizes, bounds = pg04_sizes.get(key, set()), pg04_bounds.get(key, set())
    return bool(pg04_words(sizes, where) & pg04_words(bounds, where))


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

@pg04_table depends on pg04_add@
expression a, n;
identifier make = {bio_alloc, bio_alloc_bioset};
position p;
@@
make@p(a, n, ...)

@script:python@
n << pg04_table.n;
p << pg04_table.p;
@@
pg04_note(pg04_sizes, p[0], n)

@pg04_init depends on pg04_add@
expression a, b, c, n;
position p;
@@
bio_init@p(a, b, c, n, ...)

@script:python@
n << pg04_init.n;
p << pg04_init.p;
@@
pg04_note(pg04_sizes, p[0], n)

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

@script:python@
p << pg04_loop.q;
fn << pg04_add.fn;
@@
if not pg04_sized(p[0]):
    pg04_say(p[0], "warning: %s() in a loop that is not bounded by the bio's table [PG04]" % fn)

@pg04_context depends on context@
identifier fn;
position p : script:python() { pg04_is_found(p[0]) };
@@
* fn@p(...)
