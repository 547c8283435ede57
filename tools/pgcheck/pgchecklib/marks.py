# SPDX-License-Identifier: GPL-2.0
"""The comments that allow a finding.

    /* pgcheck: allow PG04 reason */         its own lines and the next line of code
    /* pgcheck: allow-begin PG04 reason */   everything up to the next
    /* pgcheck: allow-end PG04 */

A comment without a reason, without a finding that it allows, or without an end is a finding
itself. Whether there is a finding can depend on other files. So a comment is also needed if a
run over this file alone has a finding for it; and if the run does not read all files, a comment
without a finding is only a note.
"""
import re

from . import csource
from .finding import Finding

_ALLOW = re.compile(r"pgcheck:\s*allow(?P<kind>-begin|-end|)\s+(?P<rule>PG\d\d)\b[ \t]*"
                    r"(?P<reason>.*?)\s*(?:\*/|$)", re.MULTILINE)


class Mark:
    """An allow comment: the rule, the reason, the lines, and what is wrong with it."""

    def __init__(self, rule, reason, lines, wrong="", source=""):
        self.rule, self.reason, self.wrong, self.source = rule, reason, wrong, source
        self.first, self.last = lines

    def data(self):
        return vars(self)

    def covers(self, item):
        """Is it a finding that the mark allows?"""
        return item.rule == self.rule and self.first <= item.line <= self.last


def find(text):
    """The marks of a file."""
    found, begun = [], {}
    code = csource.code_only(text).split("\n")
    for comment, first in csource.comments(text):
        inner = _ALLOW.search(comment)
        if not inner:
            continue
        rule, reason = inner.group("rule"), inner.group("reason").strip(" *-:")
        last = first + comment.count("\n")
        if inner.group("kind") == "-begin":
            if rule in begun:
                found.append(Mark(rule, reason, (first, last), "begins twice"))
            else:
                begun[rule] = Mark(rule, reason, (first, len(code)), "has no end")
                found.append(begun[rule])
        elif inner.group("kind") == "-end":
            if rule in begun:
                begun[rule].last, begun.pop(rule).wrong = last, ""
            else:
                found.append(Mark(rule, reason, (first, last), "ends without a beginning"))
        else:
            found.append(Mark(rule, reason, (first, _next_code(code, first, last))))
    lines = text.split("\n")
    for mark in found:
        mark.source = lines[mark.first - 1]
    return found


def _next_code(code, first, last):
    """The last line to which a comment applies."""
    if code[first - 1].strip():
        return last
    while last < len(code) and not code[last].strip():
        last += 1
    return last + 1


IDLE = "has nothing to allow"


def apply(place, entries, findings, ids, whole, alone):
    """(findings that are left, those that are allowed). ids: the rules that were asked;
    an idle mark of another rule may have its reason. So has one that a run over this file
    alone needs (alone() gives the findings of that), and so may one of a run that is not
    whole, in a file that was not read."""
    allowed, in_file = [], None
    for entry in entries:
        mark = Mark(entry["rule"], entry["reason"], (entry["first"], entry["last"]),
                    entry["wrong"], entry["source"])
        hit = [item for item in findings if mark.covers(item)]
        if not hit and not mark.wrong and mark.rule in ids:
            in_file = alone() if in_file is None else in_file
            if any(mark.covers(item) for item in in_file) and mark.reason:
                continue
        wrong = mark.wrong or ("" if hit else IDLE) or \
            ("" if mark.reason else "gives no reason")
        if not wrong:
            findings = [item for item in findings if item not in hit]
            allowed += hit
        elif hit or mark.wrong or mark.rule in ids:
            unsure = wrong == IDLE and not whole
            findings = findings + [_complaint(
                place, mark, IDLE + " in the files of this run" if unsure else wrong,
                "note" if unsure else "error")]
    return findings, allowed


def _complaint(place, mark, wrong, severity):
    item = Finding(place, mark.first, 1, severity, "allow %s %s" % (mark.rule, wrong), "PG00")
    item.source = mark.source
    return item
