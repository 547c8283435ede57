# SPDX-License-Identifier: GPL-2.0
"""PG05: bio_vecs that are filled by hand, and whose pages they hold."""
import re

from ..flow import facts
from .report import Report, Values, function
from .text import plain, words

# A comparison of pgmaps before a change of a length is what PG01 asks for.
_COMPARED = re.compile(r"\b(?:%s)\b|\b(?:page|folio)_pgmap\b.*[=!]=" % words(facts.GUARD))
_CORE = (["include", "linux", "bvec.h"], ["include", "linux", "bio.h"])

report, values = Report(), Values()
_fields, _owners, _seen, _iters = {}, set(), set(), set()


def _core(where):
    """block/* and the headers with what it offers; not drivers/block or drivers/*/block."""
    parts = where.file.split("/")
    return parts[-3:] in _CORE or parts[-2:-1] == ["block"] and "drivers" not in parts[-4:-2]


def _element(text):
    """The array of an element."""
    return re.sub(r" \[.*", "", plain(text))


def note(where, left, right):
    """One assignment; those to a field count for the whole file."""
    values.note(where, _element(left), right)
    field = re.match(r"^.*(?:->|\.) (\w+)$", plain(left))
    if field:
        _fields.setdefault((where.file, field.group(1)), []).append(plain(right))


def _allocated(text):
    return text == "NULL" or any(map(facts.OWN.match, re.findall(r"\w+", text)))


def _own(text, where):
    """A page that comes from an allocation of this function, or a field that only
    gets such pages in this file."""
    text = plain(text)
    if _allocated(text):
        return True
    mine = values.of(where, _element(text))
    field = re.match(r"^.*(?:->|\.) (\w+)$", text)
    if not mine and field:
        mine = _fields.get((where.file, field.group(1)))
    return bool(mine) and any("alloc" in value for value in mine) and \
        all(_allocated(value) or value.startswith("(") for value in mine)


def compared(text):
    """A comparison of pgmaps."""
    return bool(_COMPARED.search(text))


def walks(text, vec, where):
    """A pointer that began at the start of this array."""
    name = re.match(r"^(\w+)( \+\+)?$", plain(text))
    return bool(name) and plain(vec) in values.of(where, name.group(1))


def by_hand(where, field, better):
    """One report for the lines that fill the same element, and for one function."""
    first = function(where) not in _seen | _owners
    if not _core(where) and first:
        _seen.add(function(where))
        report.say(where, "note: %s is set by hand; use %s() or bio_add_page() [PG05]" % (field, better))


def page(where, value):
    """bv_page is set; no page of one's own has a pgmap."""
    if _own(value, where):
        _owners.add(function(where))
    elif not _core(where):
        _owners.discard(function(where))
        by_hand(where, "bv_page", "bvec_set_page")


def iterator(where, value, count):
    """An iterator over an array that got this page."""
    if not _core(where) and plain(count) != "1" and not _own(value, where) and \
            function(where) not in _iters:
        _iters.add(function(where))
        report.say(where, "note: an ITER_BVEC of pages from elsewhere; nothing has compared "
                          "their pgmaps [PG05]")
