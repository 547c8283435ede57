# SPDX-License-Identifier: GPL-2.0
"""PG04: how large a bio's table was made, and how long the loop is that fills it."""
import re

from ..flow import facts
from .report import Report, Texts, Values
from .text import arguments, plain

_CLAMP = re.compile(r"^\(*(?!max|max_t|round_up|roundup|bio_segments|bio_add_max_vecs)"
                    r"[a-z_]\w* ?\(")
# Functions whose result is not larger than any argument: as bound of a loop, each one holds.
_LEAST = re.compile(r"^\(*(min|min_t|min3|umin|bio_max_segs) ?\(")
_END = re.compile(r"(==|>=) [a-z]")
_COUNT = re.compile(r"(\b|_)(n|nr|num|cnt|count|n?vecs|pages|n?segs|segments|steps)(_|\b)|"
                    r"_(VECS|PAGES|SEGS)\b")
# Words that do not tell how many vecs there are.
_SILENT = frozenset(("i", "bio", "sizeof", "int", "unsigned", "u32", "u64", "size_t", "long",
                     "PAGE_SIZE", "PAGE_SHIFT", "SECTOR_SHIFT", "NULL", "GFP_KERNEL", "GFP_NOIO",
                     "GFP_NOFS", "struct", "page", "folio", "bdev", "opf", "req"))

report = Report()
values, lists, bounds, sizes = Values(), Values(), Texts(), Texts()


def maker(name):
    """Does a call of this name make a bio with a table?"""
    return bool(facts.TABLE_NAME.match(name))


def fresh(text):
    """Is it a new bio, and not one that was filled before and is kept in a structure?"""
    return not re.match(r"^&?\w+( ?(->|\.) ?\w+)+$", plain(text))


def note_end(where, text):
    """Notes a condition that may end a loop in its middle."""
    if _END.search(plain(text)):
        bounds.note(where, text)


def note_table(where, make, text):
    """Notes the argument that is the size of the table, of a call that makes a bio."""
    parts = arguments(text)
    if make in facts.TABLE:
        counts = parts[facts.TABLE[make]:][:1]
    else:
        counts = [part for part in parts if _COUNT.search(part)]
    for part in counts:
        sizes.note(where, part)


def _words(text):
    """The variables, fields and constants that a text is made of."""
    names = re.findall(r"(?<![\w>.] )\b[A-Za-z_]\w*(?: ?(?:->|\.) ?\w+)*\b(?! ?\()", text)
    return {re.split(r" ?(?:->|\.) ?", name)[-1] for name in names} - _SILENT


def _made_of(texts, pairs, cut):
    """The words of the texts and, recursively, of the expressions assigned to them. A limited
    table size does not count as its old value; a limited bound of a loop does (cut)."""
    found = set()
    for _ in range(4):
        for text in texts:
            found |= _words(text)
        texts = [value for name, value in pairs if name in found and
                 (not _CLAMP.match(value) or cut and _LEAST.match(value))]
    return found


def _sized(where):
    """Was the table made as large as the loop is long?"""
    own = [(name, value) for name, some in values.of(where).items() for value in some]
    filled = [(name, value) for name, some in lists.of(where).items() for value in some]
    made = [size for size in sizes.of(where) if not _CLAMP.match(size)]
    table = _made_of(made, own, False) | {"bi_max_vecs"}
    return bool(table & _made_of(bounds.of(where), own + filled, True))


def found(where, name):
    """Reports an add in a loop without a test for room."""
    if not _sized(where):
        report.say(where, "warning: %s() in a loop that is not bounded by the bio's table [PG04]"
                   % name)
