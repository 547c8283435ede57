# SPDX-License-Identifier: GPL-2.0
"""PG01: growth of a segment, tests of adjacency and comparisons of pgmaps, by their text."""
import re

from ..flow import facts
from .report import Report, function, place
from .text import negated, plain, words

# The fields that are the length of a segment.
FIELDS = ("bv_len", "length", "dma_length", "dma_len", "len", "size", "nbytes", "bytes", "nr_bytes",
          "nr_pages", "npages", "num_pages", "nr", "blen", "seg_len", "ds_len", "count", "n_pages")
# An address by the name of a variable, or one further page by the text around it.
NAMED = r"\b\w*(?:pfn|paddr|(?<!nr_)phys)(?!_seg|_sector|_block|ical|_mergeable)\w*\b"
COUNT = r"(?!(?:\w*_)?(?:nr|num|n|max|cnt)_?r?pages\b)"

_PHYS = re.compile(r"\b(?:%s)\s*\(|%s" % (words(facts.ADDRESS), NAMED))
_PAGE = re.compile(r"\bnth_page\s*\(|\b%s\w*pages?\b(?:\s*\[[^\]]*\])?(?: \)|) \+|"
                   r"\bsg_page\s*\([^)]*\) \+|bv_page \+|"
                   r"\+ (?:\w+ (?:->|\.) )*\b%s\w*pages?\b" % (COUNT, COUNT))
# The one directly behind the other, as a difference.
_NEXT = re.compile(r"^\(? ?(?:\w+ (?:->|\.) )*\b%s\w*pages?\b(?: \[[^\]]*\])? - "
                   r"(?:\w+ (?:->|\.) )*\w+(?: \[[^\]]*\])?\)? [=!]= 1$" % COUNT)
_GUARD = re.compile(r"\b(%s|page_pgmap|folio_pgmap)\b|\bpgmap\s*[=!]=|[=!]=\s*\S*pgmap\b|"
                    r"\w*(?:folio|page_folio \([^)]*\)) [=!]= \S*(?:folio|page_folio)|"
                    r"(?:bv_page|sg_page \([^)]*\)) [=!]= (?:[\w>.-]| -> )*(?:page|bv_page|sg_page)\b(?! \+)"
                    % words(facts.GUARD))
_LVALUE = re.compile(r"(?:.*(?:->|\.)\s*(?:%s)|sg_dma_len \(.*\))$" % words(FIELDS))
_MERGES = re.compile(r"^(?:%s) \(" % words(facts.MERGES))
# Without one of these in a function its addresses and pages are numbers of something else.
_ABOUT = re.compile(r"struct (page|folio|bio_vec|scatterlist|sg_table|bio|request)\b|"
                    r"page_to_|pfn_to_page|\bfolio_|\b(for_each_)?sg_|\bbv_|\bbvec_|rq_for_each")
# Some pages further, other than whether both ends are on the same side of a boundary.
_PAGES_ON = re.compile(r"^(?!.* - 1 \)).*(\bnth_page \(| \+ )")
_VALUE = re.compile(r"^-? ?(\d\w*|[A-Z_][A-Z0-9_]*|~.*)$")
KINDS = ("assign", "cond", "return", "grow")

report = Report()
together, indexed = set(), set()        # places
calls, unasked = set(), set()           # (file, called function)
_texts, _answers = {}, {}
_now = [None]


class _At:
    """A place in another function of the same file."""

    def __init__(self, where, name):
        self.file, self.current_element = where.file, name


def note(kind, where, text):
    """One text of a function: what it assigns, asks, returns or makes grow."""
    _now[0] = where.file
    _texts.setdefault(where.file, {}).setdefault(kind, {}).setdefault(
        where.current_element, set()).add(plain(text))
    _answers.clear()


def _kind(file, kind):
    """The texts of one kind, by function."""
    return _texts.get(file, {}).get(kind, {})


def _of(where, kind):
    return _kind(where.file, kind).get(where.current_element, ())


def _cached(answer):
    """Answers stay the same until something is noted."""
    def wrapped(where):
        key = (answer.__name__, function(where))
        if key not in _answers:
            _answers[key] = answer(where)
        return _answers[key]
    return wrapped


# Growth.
def _length(text):
    """A field of a segment, and not one of what counts events."""
    return bool(_LVALUE.match(text)) and not re.search(r"\b\w*stats?\b", text)


def grows(text):
    """Makes a segment longer."""
    text = plain(text)
    if merges(text):
        return True
    if "=" not in text and "++" not in text or negated("!" + text):
        return False        # without its parentheses it comes as well
    found = re.match(r"^(.*?) (\+=|=) (.*)$", text)
    if not found:
        found = re.match(r"^(?:\+\+ ?)?(.*?)(?: ?\+\+)?$", text)
        return found.group(1) != text and _length(found.group(1))
    left, how, right = found.groups()
    own = re.escape(left)
    return _length(left) and (how == "+=" or bool(
        re.search(r"(^|[( ])%s \+|\+ \(?%s\b" % (own, own), right)))


def merges(text):
    """A call of the block layer's helpers, which leave the comparison to their callers."""
    return bool(_MERGES.match(plain(text)))


def grower(text):
    """A call of a function that makes something grow, and compares no pgmaps itself."""
    called = re.match(r"^(\w+) \(", plain(text))
    return bool(called) and called.group(1) not in facts.MERGES and \
        called.group(1) in _kind(_now[0], "grow") and not _compares(_now[0], called.group(1))


# Comparisons of pgmaps.
def _compares(file, name):
    return any(_GUARD.search(text) for kind in ("return", "cond", "assign")
               for text in _kind(file, kind).get(name, ()))


def guard(text, where):
    """A comparison of pgmaps, folios or pages, or a function of the file that makes one."""
    text, returns = plain(text), _kind(where.file, "return")
    found = _GUARD.search(text)
    if found:
        # A function of that name in this file has to keep what the name promises.
        return found.group(1) not in returns or _compares(where.file, found.group(1))
    called = re.match(r"^(\w+) \(", text)
    return bool(called) and called.group(1) != where.current_element and \
        called.group(1) in returns and _compares(where.file, called.group(1))


# Tests of adjacency.
@_cached
def _variables(where):
    """Variables of the function that hold a physical address, or the result of a test."""
    mine = [text.split(" = ", 1) for text in _of(where, "assign")]
    phys, results = set(), {}
    for _ in range(4):
        for name, value in mine:
            way = _way(value, phys, results, {})
            if way:
                results[name] = way
            elif _holds_address(value, phys):
                phys.add(name)
    return phys, results


def _holds_address(value, phys):
    if re.match(r"^(\w+ (->|\.) )*\b%s\w*pages?\b( \[.*?\])? \+ " % COUNT, value):
        return True
    return value[0] != "(" and bool(
        _PHYS.search(value) and not re.search(r"[=!]=|&&|->\w*\(|\bvirt", value)
        or any(re.search(r"\b%s\b" % name, value) for name in phys))


def _atoms(text):
    text = re.sub(r"\b(likely|unlikely) \((.*)\)$", r"\2", text)
    return [atom.strip() for atom in re.split(r"&&|\|\|", text)]


def _way(text, phys, results, testers):
    """"==" if the test is true for adjacent pages, "!=" if it is false, else None."""
    inner = negated(text)
    if inner:
        return {"==": "!=", "!=": "==", None: None}[_way(inner, phys, results, testers)]
    for atom in _atoms(text):
        way = _by_name(atom, results, testers) or _by_comparison(atom, phys)
        if way:
            return way
    return None


def _by_name(atom, results, testers):
    bare = atom.lstrip("( ")
    flip = bare.startswith("!") and not bare.startswith("!=")
    for name, way in list(results.items()) + list(testers.items()):
        call = r" \(" if name in testers else r"\b(?! \()"
        if re.search(r"(?<![>.\w] )\b%s%s" % (re.escape(name), call), atom) and \
                not re.search(r"[=!]= ", atom):
            return {"==": "!=", "!=": "=="}[way] if flip else way
    return None


def _by_comparison(atom, phys):
    found = re.match(r"^(.*) ([=!]=) (.*)$", atom)
    if not found or re.search(r"[\w)\]] [|&^] |%| NULL\b|\bbfn", atom) or \
            ">>" in atom and not _PAGES_ON.search(atom):
        return None
    left, way, right = found.groups()
    if _NEXT.match(atom.strip()):
        return way
    if any(_VALUE.match(side.strip("() ")) for side in (left, right)):
        return None
    if _PHYS.search(atom) or _PAGE.search(atom) or \
            any(re.search(r"(?<![>.] )\b%s\b" % name, atom) for name in phys):
        return way
    return None


@_cached
def testers(where):
    """Functions of the file that answer whether pages are adjacent, without a pgmap."""
    found = {}
    for name in set(_kind(where.file, "return")) - set(_kind(where.file, "grow")):
        way = None if _compares(where.file, name) else _answers_way(_At(where, name))
        if way:
            found[name] = way
    return found


def _answers_way(where):
    phys, results = _variables(where)
    returns = _of(where, "return")
    direct = [_way(text, phys, results, {}) for text in returns]
    asked = [_way(text, phys, results, {}) for text in _of(where, "cond")]
    if any(direct):
        return next(filter(None, direct))
    return "==" if any(asked) and any(re.match(r"^(false|0)$", text) for text in returns) else None


def _own(text, where):
    """Is one of the pages that the test compares always fresh from an allocator?"""
    values = {}
    for word, value in (fact.split(" = ", 1) for fact in _of(where, "assign")):
        values.setdefault(word, []).append(re.match(r"^\w*", value).group(0))
    return any(word in values and all(map(facts.OWN.match, values[word]))
               for word in re.findall(r"\w+", text))


def test(text, where, way):
    """A condition that is true ("==") or false ("!=") for adjacent pages."""
    text = plain(text)
    if _own(text, where) or guard(text, where):
        return False
    return _way(text, *_variables(where), testers(where)) == way


@_cached
def tests(where):
    """Does the function test adjacency at all, or call a function that does?"""
    phys, results = _variables(where)
    return any(_way(text, phys, results, testers(where))
               for kind in ("cond", "return", "assign") for text in _of(where, kind))


# What the file around a place says.
def _lines(where):
    with open(where.file, encoding="utf-8", errors="replace") as file:
        return file.read().split("\n")


def static(where, name):
    """Is the function static?"""
    lines = _lines(where)
    for number, line in enumerate(lines):
        if re.search(r"\b%s\s*\(" % name, line) and not line[:1].isspace() and \
                not line.rstrip().endswith(";"):
            head = line.split(name)[0]
            before = lines[number - 1] if number and not head.strip() else ""
            return "static" in head + before
    return False


def _about_pages(where):
    """Does the function have to do with pages at all?"""
    lines = _lines(where)
    start = end = int(where.line) - 1
    while start and not lines[start].startswith("{"):
        start -= 1
    while start and lines[start - 1].strip() and not lines[start - 1].startswith(("}", "#")):
        start -= 1
    while end < len(lines) - 1 and not lines[end].startswith("}"):
        end += 1
    return bool(_ABOUT.search("\n".join(lines[start:end])))


def wanted(where, text):
    """Is the growth worth a search of the ways to it?"""
    return (tests(where) or merges(text)) and place(where) not in indexed


def found(where, name):
    """Growth in a function, which no comparison leads to."""
    deferred = static(where, name) and (where.file, name) in calls - unasked
    if not deferred and name not in facts.MERGES and place(where) not in together and \
            _about_pages(where):
        report.say(where, "error: segment grows on physical adjacency without a comparison of "
                          "pgmaps [PG01]")


def for_others(where, name, params):
    """A test of pages that other files can use."""
    text = plain(getattr(params, "expr", params))
    pages = re.search(r"struct (bio_vec|scatterlist)\b", text) or \
        len(re.findall(r"struct page \*", text)) > 1
    if pages and name in testers(where) and name not in facts.EXEMPT and \
            (where.file.endswith(".h") or not static(where, name)):
        report.say(where, "error: %s() calls pages mergeable without a comparison of pgmaps [PG01]"
                   % name)
