# SPDX-License-Identifier: GPL-2.0
"""PG03: calls that add to a bio, and what is done with their result."""
import re

from ..flow import facts
from .report import Report, Values
from .text import plain, words

_CALL = re.compile(r"\b(?:%s) ?\(" % words(facts.ADD))

report, values = Report(), Values()


def new(name):
    """Another bio, or the old one goes its way."""
    return bool(facts.NEW_BIO.search(name))


def log(name):
    """Only writes to the log."""
    return bool(facts.LOG.match(name) or facts.ASSERT.match(name))


def asserts(name):
    """An assertion."""
    return bool(facts.ASSERT.match(name))


def _around(text):
    """What stands before and after the call, or None."""
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


def refused(text, where, way):
    """A condition on the result of an add, or on a variable that holds it, of which
    this way ("true", "false") is taken if it was refused."""
    parts = _around(text)
    for name, value in values.of(where).items():
        found = not parts and any(map(_CALL.match, value)) and \
            re.match(r"^(.*?)(?<![\w.>])%s\b(.*)$" % re.escape(name), plain(text))
        parts = found.groups() if found else parts
    return bool(parts) and _compared(*parts) == way


def _cannot(page, where):
    """Pages of the function's own in a table that it has sized are not refused; what
    has to be one bio cannot be continued in another."""
    own = any(re.search(r"alloc\w* ?\(", value) for value in values.of(where, page))
    return own or any("REQ_OP_ZONE_APPEND" in value for some in values.of(where).values()
                      for value in some)


def status(text):
    """An error code that is no errno."""
    return bool(re.match(r"^(NVME_SC|BLK_STS|TCM)_(?!SUCCESS|OK)", plain(text)))


def some(text):
    """A number or the name of one, which is not zero."""
    return bool(re.match(r"([1-9]\w*|[A-Z]\w*)$", plain(text)))


def lost(where, name, how):
    """A result that is ignored, only asserted, only logged or never read."""
    report.say(where, "error: the result of %s() is %s [PG03]" % (name, how))


def final(call, error, page, name):
    """An error follows the refusal. One that stands before the call belongs to the next try."""
    if int(error.line) >= int(call.line) and not _cannot(page, call):
        report.say(call, "warning: %s() may refuse, which ends the I/O here although a new bio "
                         "would do [PG03]" % name)
