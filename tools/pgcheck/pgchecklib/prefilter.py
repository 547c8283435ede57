# SPDX-License-Identifier: GPL-2.0
"""Decides which files and functions are given to spatch, by the words in them.

The words come from flow/facts.py; those for fields from the module of the rule.
"""
import re

from .flow import facts
from .smpl import merge
from .smpl.text import words


class Look:
    """The conditions of one rule. names: a file without any of these words has no findings;
    match: nor has a file that this expression does not match. function: what a function has to
    contain; second: what it, or a function one call away, has to contain as well; alone: what
    is enough without the others."""

    def __init__(self, names, match=None, function=None, second=None, alone=None):
        self.names = names
        self.match = re.compile((match or "").encode())
        self.second = re.compile(second) if second else None
        self.alone = re.compile(alone) if alone else None
        self._function = re.compile(function) if function else None

    @property
    def function(self):
        """A project adds its own names to those of the facts."""
        return self._function or re.compile("|".join(map(re.escape, self.names())))

    def concerns(self, content):
        """Can a file with this content (facts.Content) have findings at all?"""
        return any(content.has(name.encode()) for name in self.names()) and \
            bool(self.match.search(content.bytes))


# A field of a segment gets longer.
_FIELD = r"(?:->|\.)\s*(?:%s)\b" % words(merge.FIELDS)
_LONGER = r"\s*(?:\+=|=(?!=)[^;=]*\+)"
_GROWS = (r"%s(?:%s|\s*\+\+)|\+\+\s*[^;,(){}=]*%s|\bsg_dma_len\s*\([^;=]*\)%s"
          % (_FIELD, _LONGER, _FIELD, _LONGER))
# A function of two segments or pages may be a test.
_KIND = r"(?:const )?struct (?:bio_vec|scatterlist|page) \*[^(){};]*"
_TESTER = r"bvec_try_merge|\((?:[^(){};]*,\s*)?%s, *%s\)\s*\{" % (_KIND, _KIND)
# A comparison, and something that can be an address in the same function.
_AFTER = r"pages?\b[^;={}]* - [^;={}]*[=!]=\s*1\b"
_ASKS = (r"(?s)\A(?=.*(?:[=!]=\s*(?!NULL\b|-?\d|~?[A-Z_][A-Z0-9_]*\b(?!\s*\())|%s))"
         r"(?=.*(?:%s|\b(?:%s|nth_page)\s*\(|%s|pages?\b(?:\s*\[[^\]]*\])?\s*\)?\s*\+(?![+=])|"
         r"(?:sg_page\s*\([^)]*\)|bv_page)\s*\+(?![+=])|\+\s*(?:\w+\s*(?:->|\.)\s*)*\w*pages?\b))"
         % (_AFTER, _AFTER, words(facts.ADDRESS), merge.NAMED))
_ADDRESSES = tuple(facts.ADDRESS) + tuple(facts.MERGES) + (
    "nth_page", "pfn", "phys", "paddr", "page + ", "page - ", "pages + ")

LOOKS = {
    "PG01": Look(lambda: _ADDRESSES, _GROWS + "|" + _TESTER, _GROWS, _ASKS, _TESTER),
    "PG02": Look(lambda: facts.WORDS["PG02"]),
    "PG03": Look(lambda: facts.WORDS["PG03"]),
    "PG04": Look(lambda: facts.WORDS["PG04"]),
    "PG05": Look(lambda: facts.WORDS["PG05"]),
    "PG06": Look(lambda: ("iov_iter_extract_pages", "iov_iter_get_pages", "bio_iov_iter_bounce")),
}
NOTHING = Look(lambda: ())
