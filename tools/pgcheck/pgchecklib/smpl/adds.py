# SPDX-License-Identifier: GPL-2.0
"""PG03: calls that add to a bio, and what is done with their result."""
import re

from ..flow import facts
from .report import Report, Values
from .text import plain, words

_CALL = re.compile(r"\b(?:%s) ?\(" % words(facts.ADD))

report, values = Report(), Values()


def new(name):
    """Does a call of this name make a new bio, or submit the old one?"""
    return bool(facts.NEW_BIO.search(name))


def log(name):
    """Does a call of this name only write to the log?"""
    return bool(facts.LOG.match(name) or facts.ASSERT.match(name))


def asserts(name):
    """Is it the name of an assertion?"""
    return bool(facts.ASSERT.match(name))


def _around(text):
    """The text before and the text behind the call, or None."""
    text = plain(text)
    found = _CALL.search(text)
    if not found:
        return None
    depth, end = 1, found.end()
    while depth and end < len(text):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[:found.start()], text[end:]


def _compared(before, after):
    """The answer, "true" or "false", for a refused add, of a condition with the result between
    these two texts."""
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


def refused(text, where, way):
    """Does a condition on the result of an add, or on a variable that holds it, have this
    answer ("true" or "false") if the add was refused?"""
    parts = _around(text)
    for name, value in values.of(where).items():
        found = not parts and any(map(_CALL.match, value)) and \
            re.match(r"^(.*?)(?<![\w.>])%s\b(.*)$" % re.escape(name), plain(text))
        parts = found.groups() if found else parts
    return bool(parts) and _compared(*parts) == way


def _cannot(page, where):
    """Is a refusal impossible, as the function has allocated the page, or final, as zone
    append has to be one bio?"""
    own = any(re.search(r"alloc\w* ?\(", value) for value in values.of(where, page))
    return own or any("REQ_OP_ZONE_APPEND" in value for some in values.of(where).values()
                      for value in some)


def status(text):
    """Is it an error status that is not an errno?"""
    return bool(re.match(r"^(NVME_SC|BLK_STS|TCM)_(?!SUCCESS|OK)", plain(text)))


def some(text):
    """Is it a number other than zero, or a constant?"""
    return bool(re.match(r"([1-9]\w*|[A-Z]\w*)$", plain(text)))


def lost(where, name, how):
    """Reports a result that is ignored, only asserted, only logged or never read."""
    report.say(where, "error: the result of %s() is %s [PG03]" % (name, how))


def final(call, error, page, name):
    """Reports an error behind the refusal. An error on a line before the call belongs to the
    next try."""
    if int(error.line) >= int(call.line) and not _cannot(page, call):
        report.say(call, "warning: %s() may refuse, which ends the I/O here although a new bio "
                         "would do [PG03]" % name)
