// SPDX-License-Identifier: GPL-2.0
/// Pages were taken out of an iov_iter, and a way out of the function neither
/// gives them back nor reverts the iterator.
// Confidence: Moderate
// URL: Documentation/checks/PG06.rst
// Options: --no-includes
// Severity: error
// Files: iov_iter_extract_pages iov_iter_get_pages bio_iov_iter_bounce

virtual patch
virtual context
virtual org
virtual report

@initialize:python@
@@
import re

# An expression may come with the comment before it.
PG06_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

PG06_GET = re.compile(r"^iov_iter_(extract_pages|get_pages2?|get_pages_alloc2?)$")
PG06_RELEASE = re.compile(r"^(iov_iter_(revert|restore)|\w*unpin\w*|put_page|folio_put\w*|release_pages|"
                          r"\w*release_pages|\w*put_pages\w*|page_ref_sub)$")
# Looks at a page, or notes it in a vector that stays the function's own.
PG06_LOOK = re.compile(r"^(kv?free|vfree|iov_iter_count|ARRAY_SIZE|(VM_)?WARN\w*|BUG_ON|likely|unlikely|"
                       r"IS_ERR|PTR_ERR|sizeof|sg_set_(page|folio)|bvec_set_(page|folio)|page_folio|"
                       r"compound_(head|order)|page_(address|to_\w+|size)|sendpage_ok|is_\w+_page|"
                       r"Page[A-Z]\w*|folio_page_idx|get_contig_folio_len|"
                       r"zone_device_pages_have_same_pgmap|min|min_t|umin|max|DIV_ROUND_UP|"
                       r"kmap_local_page|flush_dcache_page|offset_in_\w+|array_size)$")
# A way out that has nothing to do with the pages.
PG06_FAILS = re.compile(r"^(\w*_(interruptible|killable)\w*|dma_map_\w+|ib_dma_map_\w+|"
                        r"copy_(from|to)_user)$")
# What looks the same after it as before it.
PG06_ALIAS = r"^(?:\(\w[\w ]*\*+\))?(?:page_folio\(|compound_head\()?[*&]?%s(?:\[.*?\]|\+\+|\+.*)?\)?(?:\.\w+)?$"
# The regular expressions of SmPL itself are not the same in all builds of spatch.
PG06_FILLS = re.compile(r"^(bio_iov_iter_bounce|.*_iov_iter_get_pages)$")
PG06_ENDS = re.compile(r"submit_bio(_noacct|_noacct_nocheck)?$|_submit|^submit_|endio|release_pages|"
                       r"unbounce|unpin|issue|chain")
PG06_PUTS = re.compile(r"(^|_)bio_put$|^bio_uninit$")
pg06_assigns, pg06_pages, pg06_named = {}, {}, {}
pg06_loops, pg06_seen = set(), set()
pg06_frees = {}


def pg06_norm(text):
    return re.sub(r"\s*([^\w\s])\s*", r"\1", re.sub(r"\s+", " ", PG06_COMMENT.sub(" ", text)).strip())


def pg06_note(where, left, right):
    key = (where.file, where.current_element)
    pg06_assigns.setdefault(key, set()).add((pg06_norm(left), pg06_norm(right)))


def pg06_names(where):
    """All names under which the function can reach the pages."""
    key = (where.file, where.current_element)
    if key in pg06_named:
        return pg06_named[key]
    names = set(pg06_pages.get(key, ()))
    for _ in range(3):
        for left, right in pg06_assigns.get(key, ()):
            if left in names and re.match(r"^&?\w+(\.\w+)?$", right):
                names.add(re.match(r"^&?(\w+)", right).group(1))
            if re.match(r"^\w+(\.\w+)?$", left) and \
               any(re.match(PG06_ALIAS % re.escape(name), right) for name in names):
                names.add(left.split(".")[0])
    # Whoever gets the structure that the pages are in gets them too.
    names |= {found.group(1) for found in (re.match(r"^(\w+)(?:->|\.)\w+$", name)
                                           for name in pg06_pages.get(key, ())) if found}
    names.discard("NULL")
    pg06_named[key] = names
    return names


def pg06_mentions(text, names):
    return any(re.search(r"(?<![\w.>])%s(?!\w|\()" % re.escape(name), text) for name in names)


def pg06_called(text):
    found = re.match(r"^([\w>.-]+)\((.*)\)$", text)
    return (found.group(1), found.group(2)) if found else (None, None)


def pg06_free(text):
    """Gives pages back, or the iterator what was taken."""
    name, _ = pg06_called(pg06_norm(text))
    return bool(name) and bool(PG06_RELEASE.match(name))


def pg06_hand(text, where):
    """Gives pages back, or hands them on to somebody else."""
    text = pg06_norm(text)
    names = pg06_names(where)
    name, arguments = pg06_called(text)
    if name:
        if PG06_RELEASE.match(name):
            return True
        return not PG06_LOOK.match(name) and not PG06_GET.match(name) and \
            pg06_mentions(arguments, names)
    stored = re.match(r"^([^=!<>]*->[^=!<>]*)=([^=].*)$", text)
    return bool(stored) and pg06_mentions(stored.group(2), names) and \
        not pg06_mentions(stored.group(1), names)


def pg06_not_added(text, where):
    """A condition that is true when a bio or the like refused one of the pages."""
    text = pg06_norm(text)
    text = re.sub(r"^(?:likely|unlikely|WARN_ON|WARN_ON_ONCE)\((.*)\)$", r"\1", text)
    found = re.match(r"^(!?)(bio_add_(?:\w*page|folio)\(.*\))((?:!=|<)[^=].*)?$", text)
    return bool(found) and bool(found.group(1)) != bool(found.group(3)) and \
        pg06_mentions(found.group(2), pg06_names(where))


def pg06_may_fail(text, where):
    """A call that the pages were handed to, or one of those that often fail."""
    name, _ = pg06_called(pg06_norm(text))
    return bool(name) and (bool(PG06_FAILS.match(name)) or
                           not PG06_RELEASE.match(name) and pg06_hand(text, where))


def pg06_fills(name):
    return bool(PG06_FILLS.match(name))


def pg06_ends(name):
    """The bio goes its way; submit_bio_wait() comes back with the pages in it."""
    return bool(PG06_ENDS.search(name)) and name != "submit_bio_wait"


def pg06_puts(name):
    return bool(PG06_PUTS.search(name))


def pg06_loop_end(name, line, column):
    """The last line of the loop whose condition stands there."""
    with open(name, encoding="utf-8", errors="replace") as file:
        text = file.read()
    at = sum(len(part) + 1 for part in text.split("\n")[:line - 1]) + column
    # A comment keeps its length and its lines, and loses its brackets.
    text = PG06_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), text)
    depth = 1
    while at < len(text):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[at], 0)
        if not depth and text[at] in ";}":
            break
        at += 1
    return text.count("\n", 0, at) + 1


def pg06_over(text, where):
    return (where.file, where.current_element, pg06_norm(text)) in pg06_loops


def pg06_test(text, result):
    """A condition on a result: "failed", "worked", or None."""
    text = pg06_norm(text)
    for _ in range(2):
        text = re.sub(r"^(?:likely|unlikely|WARN_ON|WARN_ON_ONCE|IS_ERR_VALUE|IS_ERR)\((.*)\)$", r"\1", text)
    name = re.escape(pg06_norm(result))
    if re.match(r"^(%s(<0|<=0|==0|!=0)|!%s|!\(?%s|%s)$" % ((name,) * 4), text) or \
       re.match(r"^.*\|\|%s(<|<=)0" % name, text) or re.match(r"^%s<0&&" % name, text):
        return "failed"
    if re.match(r"^%s(>0|>=1|>=0)$" % name, text):
        return "worked"
    return None


def pg06_failed(text, result):
    """A condition that is true if the call got nothing at all."""
    text = pg06_norm(text)
    return pg06_test(text, result) == "failed" and \
        not re.match(r"^%s!=0$" % re.escape(pg06_norm(result)), text)


def pg06_nothing(text, result):
    """The same of a call that returns how much it got; a bare "if (n)" is no error then."""
    return pg06_failed(text, result) and pg06_norm(text) != pg06_norm(result)


def pg06_worked(text, result):
    return pg06_test(text, result) == "worked"


def pg06_is_error(text, err):
    """A condition that is true as long as err holds an error."""
    text, name = pg06_norm(text), re.escape(pg06_norm(err))
    text = re.sub(r"^(?:likely|unlikely|IS_ERR)\((.*)\)$", r"\1", text)
    return bool(re.match(r"^%s(<0|!=0|<=0)?$" % name, text))


def pg06_no_error(text, err):
    text, name = pg06_norm(text), re.escape(pg06_norm(err))
    text = re.sub(r"^(?:likely|unlikely)\((.*)\)$", r"\1", text)
    return bool(re.match(r"^(!%s|%s(==|>=|>)0)$" % (name, name), text))


def pg06_pinned(text):
    """True if there is something to unpin: the iterator is one of user memory."""
    text = pg06_norm(text)
    return bool(re.search(r"(^|&&)iov_iter_extract_will_pin\(|(^|&&)!iov_iter_is_kvec\(|"
                          r"(^|&&)user_backed_iter\(\w+\)$", text))


def pg06_unpinned(text):
    return bool(re.match(r"^(!iov_iter_extract_will_pin\(|iov_iter_is_kvec\(|!user_backed_iter\()",
                         pg06_norm(text)))


def pg06_report(where, message):
    if (where.file, where.line) not in pg06_seen:
        pg06_seen.add((where.file, where.line))
        pg06_say(where, "error: %s [PG06]" % message)


pg06_print = None      # set by the mode
pg06_found, pg06_bounced = set(), set()


def pg06_say(where, text):
    """Notes a finding for the modes that change lines, and prints it in the others."""
    pg06_found.add((where.file, where.line, where.column))
    if pg06_print:
        pg06_print(where, text)


def pg06_is_found(where):
    return (where.file, where.line, where.column) in pg06_found


def pg06_bio(where, get, line):
    """Notes also where bio_release_pages() is not what undoes it."""
    if get == "bio_iov_iter_bounce":
        pg06_bounced.add((where.file, where.line, where.column))
    pg06_report(where, "the bio goes with the pages of %s() on line %s in it" % (get, line))


def pg06_is_bounced(where):
    return (where.file, where.line, where.column) in pg06_bounced

@initialize:python depends on report@
@@
pg06_print = coccilib.report.print_report

@initialize:python depends on org@
@@
pg06_print = coccilib.org.print_safe_todo

@pg06_get@
identifier get = {iov_iter_extract_pages, iov_iter_get_pages2, iov_iter_get_pages_alloc2,
		  iov_iter_get_pages, iov_iter_get_pages_alloc};
expression pages;
expression r, it;
position p;
@@
(
 r = get@p(it, &pages, ...)
|
 r = get@p(it, pages, ...)
)

@script:python@
pages << pg06_get.pages;
p << pg06_get.p;
@@
pg06_pages.setdefault((p[0].file, p[0].current_element), set()).add(pg06_norm(pages))

@pg06_assign depends on pg06_get@
expression a, e;
position p;
@@
a@p = e

@script:python@
a << pg06_assign.a;
e << pg06_assign.e;
p << pg06_assign.p;
@@
pg06_note(p[0], a, e)

@pg06_decl depends on pg06_get@
type T;
identifier v;
expression e;
position p;
@@
T v@p = e;

@script:python@
v << pg06_decl.v;
e << pg06_decl.e;
p << pg06_decl.p;
@@
pg06_note(p[0], v, e)

// A loop that releases is not passed by. What is in a loop is read from the file:
// a pattern for it takes minutes where loops are nested.
@pg06_free depends on pg06_get@
expression F : script:python() { pg06_free(F) };
position f;
@@
F@f

@script:python@
f << pg06_free.f;
@@
pg06_frees.setdefault((f[0].file, f[0].current_element), set()).add(int(f[0].line))

@pg06_loop depends on pg06_free@
expression e, e1, e2;
statement S;
position l;
type ty;
identifier i;
@@
(
for (...; e@l; ...) S
|
for (ty i = e1; e@l; e2) S
|
while (e@l) S
)

@script:python@
e << pg06_loop.e;
l << pg06_loop.l;
@@
lines = pg06_frees.get((l[0].file, l[0].current_element), ())
if lines:
    last = pg06_loop_end(l[0].file, int(l[0].line), int(l[0].column))
    if any(int(l[0].line) <= line <= last for line in lines):
        pg06_loops.add((l[0].file, l[0].current_element, pg06_norm(e)))

// Out with an error, past everything that gives the pages back or hands them on.
@pg06_leak exists@
identifier pg06_get.get;
expression pg06_get.r;
position pg06_get.p, q;
expression H : script:python(p) { pg06_hand(H, p[0]) };
expression C : script:python(r) { pg06_nothing(C, r) };
expression D : script:python(r) { pg06_worked(D, r) };
expression LC : script:python(p) { pg06_over(LC, p[0]) };
expression PC : script:python() { pg06_pinned(PC) };
expression NC : script:python() { pg06_unpinned(NC) };
expression Z : script:python() { pg06_norm(Z) in ("NULL", "false") };
constant K;
@@
r = get@p(...)
... when != H
    when != LC
    when != true C
    when != false D
    when != false PC
    when != true NC
(
return@q -K;
|
return@q ERR_PTR(-K);
|
return@q Z;
)

@script:python@
p << pg06_get.p;
q << pg06_leak.q;
get << pg06_get.get;
@@
pg06_report(q[0], "pages of %s() on line %s are neither released nor reverted on this way out" % (get, p[0].line))

// The same by way of a variable: from where it is an error.
@pg06_error exists@
expression pg06_get.r;
identifier pg06_get.get;
position pg06_get.p, q;
expression H : script:python(p) { pg06_hand(H, p[0]) };
expression C : script:python(r) { pg06_nothing(C, r) };
expression D : script:python(r) { pg06_worked(D, r) };
expression LC : script:python(p) { pg06_over(LC, p[0]) };
expression PC : script:python() { pg06_pinned(PC) };
expression NC : script:python() { pg06_unpinned(NC) };
local idexpression err;
constant K;
@@
r = get@p(...)
... when != H
    when != LC
    when != true C
    when != false D
    when != false PC
    when != true NC
(
err@q = -K
|
err@q = ERR_PTR(-K)
)

@pg06_kept exists@
position pg06_error.q;
local idexpression pg06_error.err;
expression H : script:python(q) { pg06_hand(H, q[0]) };
expression LC : script:python(q) { pg06_over(LC, q[0]) };
expression PC : script:python() { pg06_pinned(PC) };
expression NC : script:python() { pg06_unpinned(NC) };
expression EC : script:python(err) { pg06_is_error(EC, err) };
expression EN : script:python(err) { pg06_no_error(EN, err) };
expression e;
position o;
@@
err@q = e
... when != H
    when != LC
    when != false PC
    when != true NC
    when != false EC
    when != true EN
return@o ...;

@script:python@
p << pg06_get.p;
q << pg06_error.q;
o << pg06_kept.o;
get << pg06_get.get;
@@
pg06_report(q[0], "pages of %s() on line %s are neither released nor reverted on this way out" % (get, p[0].line))

// What an earlier round has taken, when a later one fails.
@pg06_again exists@
identifier pg06_get.get;
expression pg06_get.r;
position pg06_get.p, q;
expression H : script:python(p) { pg06_hand(H, p[0]) };
expression C : script:python(r) { pg06_nothing(C, r) };
expression LC : script:python(p) { pg06_over(LC, p[0]) };
@@
r = get@p(...)
... when != H
    when != LC
    when != true C
r = get@p@q(...)

@pg06_earlier exists@
identifier pg06_get.get;
expression pg06_get.r;
position pg06_get.p, pg06_again.q, o;
expression H : script:python(p) { pg06_hand(H, p[0]) };
expression C : script:python(r) { pg06_nothing(C, r) };
expression D : script:python(r) { pg06_worked(D, r) };
expression LC : script:python(p) { pg06_over(LC, p[0]) };
constant K;
@@
r = get@p@q(...)
... when != H
    when != LC
    when != false C
    when != true D
(
return@o r;
|
return@o -K;
)

@script:python@
p << pg06_get.p;
o << pg06_earlier.o;
get << pg06_get.get;
@@
pg06_report(o[0], "pages that %s() on line %s took before are neither released nor reverted on this way out" % (get, p[0].line))

@pg06_earlier_error exists@
identifier pg06_get.get;
expression pg06_get.r;
position pg06_get.p, pg06_again.q, o;
expression H : script:python(p) { pg06_hand(H, p[0]) };
expression C : script:python(r) { pg06_nothing(C, r) };
expression D : script:python(r) { pg06_worked(D, r) };
expression LC : script:python(p) { pg06_over(LC, p[0]) };
constant K;
local idexpression err;
@@
r = get@p@q(...)
... when != H
    when != LC
    when != false C
    when != true D
err@o = -K

@pg06_earlier_kept exists@
position pg06_earlier_error.o;
local idexpression pg06_earlier_error.err;
expression H : script:python(o) { pg06_hand(H, o[0]) };
expression LC : script:python(o) { pg06_over(LC, o[0]) };
expression PC : script:python() { pg06_pinned(PC) };
expression NC : script:python() { pg06_unpinned(NC) };
expression EC : script:python(err) { pg06_is_error(EC, err) };
expression EN : script:python(err) { pg06_no_error(EN, err) };
expression e;
position x;
@@
err@o = e
... when != H
    when != LC
    when != false PC
    when != true NC
    when != false EC
    when != true EN
return@x ...;

@script:python@
p << pg06_get.p;
o << pg06_earlier_error.o;
x << pg06_earlier_kept.x;
get << pg06_get.get;
@@
pg06_report(o[0], "pages that %s() on line %s took before are neither released nor reverted on this way out" % (get, p[0].line))

// Refused by whom they were handed to.
@pg06_refused exists@
identifier pg06_get.get;
expression pg06_get.r;
local idexpression err;
position pg06_get.p, q;
expression H : script:python(p) { pg06_hand(H, p[0]) };
expression H2 : script:python(p) { pg06_may_fail(H2, p[0]) };
expression G : script:python(p) { pg06_hand(G, p[0]) };
expression C : script:python(r) { pg06_nothing(C, r) };
expression LC : script:python(p) { pg06_over(LC, p[0]) };
statement S1, S2;
@@
r = get@p(...)
... when != H
    when != LC
    when != true C
err = H2;
... when != err
    when != G
if (\(err@q < 0\|unlikely(err@q < 0)\|err@q\|unlikely(err@q)\)) S1 else S2

@pg06_refused_kept exists@
position pg06_refused.q;
local idexpression pg06_refused.err;
expression H : script:python(q) { pg06_hand(H, q[0]) };
expression LC : script:python(q) { pg06_over(LC, q[0]) };
expression PC : script:python() { pg06_pinned(PC) };
expression NC : script:python() { pg06_unpinned(NC) };
expression EC : script:python(err) { pg06_is_error(EC, err) };
expression EN : script:python(err) { pg06_no_error(EN, err) };
position o;
@@
err@q
... when != H
    when != LC
    when != false PC
    when != true NC
    when != false EC
    when != true EN
return@o ...;

@script:python@
p << pg06_get.p;
q << pg06_refused.q;
o << pg06_refused_kept.o;
get << pg06_get.get;
@@
pg06_report(q[0], "pages of %s() on line %s are neither released nor reverted on this way out" % (get, p[0].line))

// A page that a bio refused belongs to nobody else, nor do those after it.
@pg06_added exists@
identifier pg06_get.get;
expression pg06_get.r;
position pg06_get.p, q;
expression TC : script:python(p) { pg06_not_added(TC, p[0]) };
@@
r = get@p(...)
... when any
TC@q

@pg06_added_leak exists@
position pg06_added.q, o;
expression TC : script:python(q) { pg06_not_added(TC, q[0]) };
expression H : script:python(q) { pg06_hand(H, q[0]) };
expression LC : script:python(q) { pg06_over(LC, q[0]) };
expression PC : script:python() { pg06_pinned(PC) };
expression NC : script:python() { pg06_unpinned(NC) };
constant K;
@@
TC@q
... when != false TC
    when != H
    when != LC
    when != false PC
    when != true NC
return@o -K;

@script:python@
p << pg06_get.p;
o << pg06_added_leak.o;
get << pg06_get.get;
@@
pg06_report(o[0], "pages of %s() on line %s are neither released nor reverted on this way out" % (get, p[0].line))

@pg06_fill@
expression bio, r;
identifier get : script:python() { pg06_fills(get) };
position p;
@@
(
r = get@p(&bio, ...)
|
r = get@p(bio, ...)
)

@pg06_bio exists@
expression pg06_fill.bio, pg06_fill.r;
identifier pg06_fill.get;
identifier end : script:python() { pg06_ends(end) };
identifier put : script:python() { pg06_puts(put) };
expression C : script:python(r) { pg06_failed(C, r) };
expression D : script:python(r) { pg06_no_error(D, r) };
expression b;
position pg06_fill.p, q;
@@
r = get@p(...)
... when != end(...)
    when != true C
    when != false D
    when != bio = b
(
put@q(bio)
|
put@q(&bio)
)

@script:python@
p << pg06_fill.p;
q << pg06_bio.q;
get << pg06_fill.get;
@@
pg06_bio(q[0], get, p[0].line)

// The variable of the result is used again, so a test of it no longer says
// whether there are pages.
@pg06_bio_later exists@
expression pg06_fill.bio, pg06_fill.r;
identifier pg06_fill.get;
identifier end : script:python() { pg06_ends(end) };
identifier put : script:python() { pg06_puts(put) };
expression C : script:python(r) { pg06_failed(C, r) };
expression D : script:python(r) { pg06_no_error(D, r) };
expression b, e;
position pg06_fill.p, q;
@@
r = get@p(...)
... when != end(...)
    when != true C
    when != false D
    when != bio = b
r = e
... when != end(...)
    when != bio = b
(
put@q(bio)
|
put@q(&bio)
)

@script:python@
p << pg06_fill.p;
q << pg06_bio_later.q;
get << pg06_fill.get;
@@
pg06_bio(q[0], get, p[0].line)

@pg06_context depends on context@
expression e;
position p : script:python() { pg06_is_found(p[0]) };
@@
(
* return@p e;
|
* e@p
)

// Pages that went into a bio are known to it.
@pg06_patch depends on patch@
expression bio;
position p : script:python() { pg06_is_found(p[0]) and not pg06_is_bounced(p[0]) };
@@
+ bio_release_pages(bio, false);
  bio_put@p(bio);
