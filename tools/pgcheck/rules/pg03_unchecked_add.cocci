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

# An expression may come with the comment before it.
PG03_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

PG03_CALL = re.compile(r"\bbio_(add_page|add_folio|add_vmalloc|integrity_add_page|add_pc_page|"
                       r"add_hw_page|add_zone_append_page) ?\(")
# A new bio, or the old one goes its way; what only writes to the log. (The regular
# expressions of SmPL itself are not the same in all builds of spatch.)
PG03_NEW = re.compile(r"alloc|bio_init|bio_reset|submit|chain|next_bio|new_bio|get_bio|grab.*_bio|"
                      r"append_bio")
PG03_LOG = re.compile(r"^(pr_|printk|dev_|WARN|BUG|DMERR|DMWARN|.*_(err|warn|error)$)")
pg03_values = {}


def pg03_new(name):
    return bool(PG03_NEW.search(name))


def pg03_log(name):
    return bool(PG03_LOG.match(name))


def pg03_norm(text):
    return re.sub(r"\s+", " ", PG03_COMMENT.sub(" ", text)).strip()


def pg03_note(where, name, value):
    key = (where.file, where.current_element)
    pg03_values.setdefault(key, {}).setdefault(name, []).append(pg03_norm(value))


def pg03_call(text):
    """What stands before and after the call, or None."""
    text = pg03_norm(text)
    found = PG03_CALL.search(text)
    if not found:
        return None
    depth, end = 1, found.end()
    while depth and end < len(text):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[:found.start()], text[end:]


def pg03_only_call(text):
    parts = pg03_call(text)
    return bool(parts) and not parts[0].strip("( ") and not parts[1].strip(") ")


def pg03_compared(before, after):
    """Is a condition with the result between these two true or false if it was refused?"""
    if re.search(r"![( ]*(\w+ = ?)?$", before):
        return "true"
    right = re.match(r"[ )]*([!=<>]=?)=? ?(\S*)", after) if re.match(r"[ )]*[!=<>]", after) else None
    if right:
        zero = re.match(r"^\(?(0|false|NULL)\b", right.group(2))
        how = after.strip(" )")[:2].strip()
        if how in ("!=", "=="):
            return "true" if (how == "==") == bool(zero) else "false"
        return "true" if how[0] == "<" else "false"
    left = re.search(r"(\S+) ([!=<>]=?) ?\(*$", before)
    if left:
        zero, how = left.group(1) in ("0", "false"), left.group(2)
        if how in ("!=", "=="):
            return "true" if (how == "==") == zero else "false"
        return "true" if how[0] == ">" else "false"
    return "false"


def pg03_refused(text, where, way):
    """A condition on the result of an add, or on a variable that holds it, of which
    this way is taken if it was refused."""
    parts = pg03_call(text)
    values = pg03_values.get((where.file, where.current_element), {})
    for name, value in values.items():
        found = not parts and any(map(PG03_CALL.match, value)) and \
            re.match(r"^(.*?)(?<![\w.>])%s\b(.*)$" % re.escape(name), pg03_norm(text))
        parts = found.groups() if found else parts
    return bool(parts) and pg03_compared(*parts) == way


def pg03_cannot(page, where):
    """Pages of the function's own in a table that it has sized are not refused; what
    has to be one bio cannot be continued in another."""
    values = pg03_values.get((where.file, where.current_element), {})
    mine = values.get(pg03_norm(page), [])
    own = any(re.search(r"alloc\w* ?\(", value) for value in mine)
    return own or any("REQ_OP_ZONE_APPEND" in value for some in values.values() for value in some)


def pg03_status(text):
    """An error code that is no errno."""
    return bool(re.match(r"^(NVME_SC|BLK_STS|TCM)_(?!SUCCESS|OK)", pg03_norm(text)))


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
    return re.match(r"([1-9]\w*|[A-Z]\w*)$", pg03_norm(text)) is not None

@initialize:python depends on report@
@@
pg03_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg03_print = coccilib.org.print_safe_todo

// A call as a statement; the casts of its result to void are among these, and the
// "!" with which they get past __must_check.
@pg03_ignored@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
position p;
@@
(
 fn@p(...);
|
 (void)fn@p(...);
|
 (void)(!fn@p(...));
)

@script:python@
p << pg03_ignored.p;
fn << pg03_ignored.fn;
@@
pg03_say(p[0], "error: the result of %s() is ignored [PG03]" % fn)

// The same by a macro that is nothing but the call.
@pg03_macro@
identifier m;
expression e : script:python() { pg03_only_call(e) };
@@
#define m(...) e

@pg03_macro_ignored@
identifier pg03_macro.m;
position p;
@@
(
 m@p(...);
|
 (void)m@p(...);
)

@script:python@
p << pg03_macro_ignored.p;
m << pg03_macro.m;
@@
pg03_say(p[0], "error: the result of %s() is ignored [PG03]" % m)

@pg03_asserted@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier assert = {BUG_ON, WARN_ON, WARN_ON_ONCE, ASSERT, VM_BUG_ON, VM_WARN_ON,
		     VM_WARN_ON_ONCE, BUG_ON_ONCE, KUNIT_ASSERT_EQ, KUNIT_ASSERT_TRUE, assert,
		     WARN, WARN_ONCE};
position p;
@@
assert(..., <+... fn@p(...) ...+>, ...);

@script:python@
p << pg03_asserted.p;
fn << pg03_asserted.fn;
@@
pg03_say(p[0], "error: the result of %s() is only asserted [PG03]" % fn)

@pg03_asserted_later exists@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier assert = {BUG_ON, WARN_ON, WARN_ON_ONCE, ASSERT, VM_BUG_ON, VM_WARN_ON,
		     VM_WARN_ON_ONCE, BUG_ON_ONCE, KUNIT_ASSERT_EQ, KUNIT_ASSERT_TRUE, assert,
		     WARN, WARN_ONCE};
identifier x;
type T;
position p;
@@
(
x = <+... fn@p(...) ...+>;
|
T x = <+... fn@p(...) ...+>;
)
... when != x
assert(..., <+... x ...+>, ...);

// Read again after the assertion: then that is where it is handled.
@pg03_handled_later exists@
identifier pg03_asserted_later.x;
identifier pg03_asserted_later.fn;
identifier pg03_asserted_later.assert;
position pg03_asserted_later.p;
expression e;
statement S1, S2;
type T;
@@
(
x = <+... fn@p(...) ...+>;
|
T x = <+... fn@p(...) ...+>;
)
... when any
assert(..., <+... x ...+>, ...);
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

// Nothing reads the variable that the result went to. A cast to void reads nothing.
@pg03_assigned@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
local idexpression x;
position p;
@@
x = fn@p(...);

@pg03_unread disable drop_cast@
local idexpression pg03_assigned.x;
expression e;
position v;
@@
(
 (void)x@v
|
 x@v = e
)

@pg03_read exists@
identifier pg03_assigned.fn;
local idexpression pg03_assigned.x;
position pg03_assigned.p, r != pg03_unread.v;
expression e;
@@
x = fn@p(...);
... when != x = e
x@r

@script:python depends on !pg03_read@
p << pg03_assigned.p;
fn << pg03_assigned.fn;
@@
pg03_say(p[0], "error: the result of %s() is never read [PG03]" % fn)

// The same from the declaration on.
@pg03_declared@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier x;
type T;
position p;
@@
T x = fn@p(...);

@pg03_declared_unread disable drop_cast@
identifier pg03_declared.x;
expression e;
position v;
@@
(
 (void)x@v
|
 x@v = e
)

@pg03_declared_read exists@
identifier pg03_declared.fn, pg03_declared.x;
position pg03_declared.p, r != pg03_declared_unread.v;
expression e;
type T;
@@
T x = fn@p(...);
... when != x = e
x@r

@script:python depends on !pg03_declared_read@
p << pg03_declared.p;
fn << pg03_declared.fn;
@@
pg03_say(p[0], "error: the result of %s() is never read [PG03]" % fn)

// Only written to the log, or BUG() in a branch of its own.
@pg03_logged@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
identifier log : script:python() { pg03_log(log) };
position p;
@@
if (<+... fn@p(...) ...+>) { log(...); }

@script:python@
p << pg03_logged.p;
fn << pg03_logged.fn;
@@
pg03_say(p[0], "error: the result of %s() is only logged [PG03]" % fn)

// Refused is final: an error out of a loop that adds, with no new bio on the way.
@pg03_any@
identifier fn = {bio_add_page, bio_add_folio, bio_add_vmalloc, bio_integrity_add_page,
		 bio_add_pc_page, bio_add_hw_page, bio_add_zone_append_page};
expression bio, page;
position p;
@@
fn@p(bio, page, ...)

@pg03_assign depends on pg03_any@
identifier v;
expression e;
position p;
@@
v@p = e

@script:python@
v << pg03_assign.v;
e << pg03_assign.e;
p << pg03_assign.p;
@@
pg03_note(p[0], v, e)

@pg03_decl depends on pg03_any@
type T;
identifier v;
expression e;
position p;
@@
T v@p = e;

@script:python@
v << pg03_decl.v;
e << pg03_decl.e;
p << pg03_decl.p;
@@
pg03_note(p[0], v, "declared " + e)

// Round to the same call, with the same bio, after an add that was not refused.
@pg03_loop exists@
identifier pg03_any.fn;
expression pg03_any.bio;
position pg03_any.p, q;
expression e;
identifier new : script:python() { pg03_new(new) };
@@
fn@p@q(bio, ...)
... when != new(...)
    when != bio = e
fn@p(bio, ...)

@pg03_tested exists@
identifier pg03_any.fn;
local idexpression x;
expression e;
position pg03_loop.q, t;
statement S1, S2;
@@
(
if (<+... fn@q@t(...) ...+>) S1 else S2
|
while (<+... fn@q@t(...) ...+>) S1
|
x = fn@q@t(...)
... when != x = e
if (<+... x ...+>) S1 else S2
)

@pg03_final exists@
identifier pg03_any.fn;
identifier new : script:python() { pg03_new(new) };
position pg03_tested.t;
expression TC : script:python(t) { pg03_refused(TC, t[0], "true") };
expression FC : script:python(t) { pg03_refused(FC, t[0], "false") };
expression err;
constant K;
expression S : script:python() { pg03_status(S) };
position q, o;
@@
fn@t@q(...)
... when != false TC
    when != true FC
    when != new(...)
    when != fn(...)
(
return@o -K;
|
return@o ERR_PTR(-K);
|
return@o S;
|
err@o = -K
|
err@o = S
)

// The error was there from the declaration on.
@pg03_preset depends on pg03_any@
type T;
identifier r;
constant K;
@@
T r = -K;

@pg03_final_preset exists@
identifier pg03_any.fn;
identifier pg03_preset.r;
identifier new : script:python() { pg03_new(new) };
position pg03_tested.t;
expression TC : script:python(t) { pg03_refused(TC, t[0], "true") };
expression FC : script:python(t) { pg03_refused(FC, t[0], "false") };
expression e;
position q, o;
@@
fn@t@q(...)
... when != false TC
    when != true FC
    when != new(...)
    when != fn(...)
    when != r = e
return@o r;

@script:python@
q << pg03_final.q;
o << pg03_final.o;
fn << pg03_any.fn;
page << pg03_any.page;
@@
# An error that stands before the call belongs to the next try.
if int(o[0].line) >= int(q[0].line) and not pg03_cannot(page, q[0]):
    pg03_say(q[0], "warning: %s() may refuse, which ends the I/O here although a new bio would do [PG03]" % fn)

@script:python@
q << pg03_final_preset.q;
o << pg03_final_preset.o;
fn << pg03_any.fn;
page << pg03_any.page;
@@
# An error that stands before the call belongs to the next try.
if int(o[0].line) >= int(q[0].line) and not pg03_cannot(page, q[0]):
    pg03_say(q[0], "warning: %s() may refuse, which ends the I/O here although a new bio would do [PG03]" % fn)

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
