# SPDX-License-Identifier: GPL-2.0
"""PG06: pages taken from an iterator, and the paths on which they are released."""
import re

from ..flow import facts
from .report import Report, Values, function, place
from .text import blanked, called, tight

# What looks the same after it as before it.
_ALIAS = (r"^(?:\(\w[\w ]*\*+\))?(?:page_folio\(|compound_head\()?[*&]?%s(?:\[.*?\]|\+\+|\+.*)?\)?"
          r"(?:\.\w+)?$")
_ENDS = re.compile(r"submit_bio(_noacct|_noacct_nocheck)?$|_submit|^submit_|endio|release_pages|"
                   r"unbounce|unpin|issue|chain")
_PUTS = re.compile(r"(^|_)bio_put$|^bio_uninit$")
_WRAPPED = re.compile(r"^(?:likely|unlikely|WARN_ON|WARN_ON_ONCE|IS_ERR_VALUE|IS_ERR)\((.*)\)$")
_PINNED = re.compile(r"(^|&&)iov_iter_extract_will_pin\(|(^|&&)!iov_iter_is_kvec\(|"
                     r"(^|&&)user_backed_iter\(\w+\)$")
_UNPINNED = re.compile(r"^(!iov_iter_extract_will_pin\(|iov_iter_is_kvec\(|!user_backed_iter\()")

report, values = Report(), Values(tight)
_pages, _names, _loops, _frees, _bounced = {}, {}, set(), {}, set()


def note_pages(where, array):
    """The array that the pages go to."""
    _pages.setdefault(function(where), set()).add(tight(array))


def _reach(where):
    """All names under which the function can reach the pages."""
    if function(where) in _names:
        return _names[function(where)]
    pages = _pages.get(function(where), set())
    names = set(pages)
    for _ in range(3):
        for left, rights in values.of(where).items():
            for right in rights:
                names |= _aliases(left, right, names)
    # What gets the structure that the pages are in gets them too.
    names |= {found.group(1) for found in (re.match(r"^(\w+)(?:->|\.)\w+$", name)
                                           for name in pages) if found}
    names.discard("NULL")
    _names[function(where)] = names
    return names


def _aliases(left, right, names):
    """What an assignment adds to the names."""
    found = set()
    if left in names and re.match(r"^&?\w+(\.\w+)?$", right):
        found.add(re.match(r"^&?(\w+)", right).group(1))
    if re.match(r"^\w+(\.\w+)?$", left) and \
            any(re.match(_ALIAS % re.escape(name), right) for name in names):
        found.add(left.split(".")[0])
    return found


def _mentions(text, names):
    return any(re.search(r"(?<![\w.>])%s(?!\w|\()" % re.escape(name), text) for name in names)


# What gives the pages back, or away.
def free(text):
    """Gives pages back, or the iterator what was taken."""
    name, _ = called(text)
    return bool(name) and bool(facts.PUT.match(name))


def hand(text, where):
    """Gives pages back, or hands them on to another function."""
    text, names = tight(text), _reach(where)
    name, arguments = called(text)
    if name:
        if facts.PUT.match(name):
            return True
        return not facts.LOOK.match(name) and name not in facts.GET and \
            not facts.ITER_READS.match(name) and _mentions(arguments, names)
    stored = re.match(r"^([^=!<>]*->[^=!<>]*)=([^=].*)$", text)
    return bool(stored) and _mentions(stored.group(2), names) and \
        not _mentions(stored.group(1), names)


def may_fail(text, where):
    """A call that the pages were handed to, or one of those that often fail."""
    name, _ = called(text)
    return bool(name) and (bool(facts.FAILS.match(name)) or
                           not facts.PUT.match(name) and hand(text, where))


def not_added(text, where):
    """A condition that is true when a bio or the like refused one of the pages."""
    text = re.sub(r"^(?:likely|unlikely|WARN_ON|WARN_ON_ONCE)\((.*)\)$", r"\1", tight(text))
    found = re.match(r"^(!?)(bio_add_(?:\w*page|folio)\(.*\))((?:!=|<)[^=].*)?$", text)
    return bool(found) and bool(found.group(1)) != bool(found.group(3)) and \
        _mentions(found.group(2), _reach(where))


def fills(name):
    """Fills a bio with pages of an iterator."""
    return bool(facts.FILL.match(name))


def ends(name):
    """The bio goes its way; submit_bio_wait() comes back with the pages in it."""
    return bool(_ENDS.search(name)) and name != "submit_bio_wait"


def puts(name):
    """Lets a bio go without its pages."""
    return bool(_PUTS.search(name))


# Loops that give pages back are not passed by. What is in a loop is read from the file:
# a pattern for it takes minutes where loops are nested.
def note_free(where):
    """A line that gives pages back."""
    _frees.setdefault(function(where), set()).add(int(where.line))


def note_loop(where, text):
    """The condition of a loop."""
    lines = _frees.get(function(where))
    if lines:
        first, last = int(where.line), _loop_end(where)
        if any(first <= line <= last for line in lines):
            _loops.add((function(where), tight(text)))


def _loop_end(where):
    """The last line of the loop whose condition stands there."""
    with open(where.file, encoding="utf-8", errors="replace") as file:
        text = file.read()
    at = sum(len(part) + 1 for part in text.split("\n")[:int(where.line) - 1]) + int(where.column)
    text, depth = blanked(text), 1
    while at < len(text):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[at], 0)
        if not depth and text[at] in ";}":
            break
        at += 1
    return text.count("\n", 0, at) + 1


def over(text, where):
    """The condition of such a loop."""
    return (function(where), tight(text)) in _loops


# Conditions on a result.
def _test(text, result):
    """A condition on a result: "failed", "worked", or None."""
    text, name = tight(text), re.escape(tight(result))
    for _ in range(2):
        text = _WRAPPED.sub(r"\1", text)
    if re.match(r"^(%s(<0|<=0|==0|!=0)|!%s|!\(?%s|%s)$" % ((name,) * 4), text) or \
            re.match(r"^.*\|\|%s(<|<=)0" % name, text) or re.match(r"^%s<0&&" % name, text):
        return "failed"
    return "worked" if re.match(r"^%s(>0|>=1|>=0)$" % name, text) else None


def failed(text, result):
    """True if the call got nothing at all."""
    return _test(text, result) == "failed" and tight(text) != tight(result) + "!=0"


def nothing(text, result):
    """The same of a call that returns how much it got; a bare "if (n)" is no error then."""
    return failed(text, result) and tight(text) != tight(result)


def worked(text, result):
    """True if it got something."""
    return _test(text, result) == "worked"


def _on_errno(text, err, pattern):
    text = re.sub(r"^(?:likely|unlikely|IS_ERR)\((.*)\)$", r"\1", tight(text))
    return bool(re.match(pattern.replace("ERR", re.escape(tight(err))), text))


def is_error(text, err):
    """True as long as err holds an error."""
    return _on_errno(text, err, r"^ERR(<0|!=0|<=0)?$")


def no_error(text, err):
    """True if it holds none."""
    return _on_errno(text, err, r"^(!ERR|ERR(==|>=|>)0)$")


def pinned(text):
    """True if there is something to unpin: the iterator is one of user memory."""
    return bool(_PINNED.search(tight(text)))


def unpinned(text):
    """True if there is not."""
    return bool(_UNPINNED.match(tight(text)))


def empty(text):
    """What a function returns that has nothing."""
    return tight(text) in ("NULL", "false")


# Findings.
def found(where, get, taken):
    """A way out that leaves the pages behind."""
    report.say(where, "error: pages of %s() on line %s are neither released nor reverted on this "
                      "way out [PG06]" % (get, taken.line))


def found_bio(where, get, taken):
    """A bio goes without its pages. What was bounced is not undone by bio_release_pages()."""
    if get == "bio_iov_iter_bounce":
        _bounced.add(place(where))
    report.say(where, "error: the bio goes with the pages of %s() on line %s in it [PG06]"
               % (get, taken.line))


def can_release(where):
    """Is bio_release_pages() what is missing at a finding?"""
    return report.has(where) and place(where) not in _bounced
