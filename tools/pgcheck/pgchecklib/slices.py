# SPDX-License-Identifier: GPL-2.0
"""Copies of the sources in which only functions that a rule can concern have a body.

spatch needs seconds for a large file, and most functions of a kernel tree have
nothing to do with bios. Lines and columns are the same as in the source.
"""
import re

from . import csource

_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\((?:.*\\\n)*.*)", re.MULTILINE)


class _Body:
    """A function, a macro like one (which is not cut out, and so has no function), or
    (without a name) what stands between functions: other branches and all macros."""

    def __init__(self, function, name, code):
        self.function, self.name = function, name
        self.code = code
        self.calls = set(_CALL.findall(code)) - {self.name}


def _bodies(functions, text):
    code = csource.without_comments(text)
    found, rest, at = [], [], 0
    for function in functions:
        found.append(_Body(function, function.name, code[function.head:function.closed + 1]))
        rest.append(code[at:function.head])
        at = function.closed + 1
    found += [_Body(None, macro.group(1), macro.group(2)) for macro in _MACRO.finditer(code)]
    return found + [_Body(None, "", "\n".join(rest + [code[at:]]))]


def _seeds(rule, bodies):
    """The code that can have a finding: it contains a word of the rule and, if the rule needs
    a second one, that as well; the two may be in functions that call each other, or that a
    third function calls."""
    look = rule.look
    function = look.function
    first = {body for body in bodies if function.search(body.code)}
    if not look.second:
        return first
    second = {body for body in bodies if look.second.search(body.code)}
    names = {body.name for body in first}, {body.name for body in second}
    found = first & second
    found |= {body for body in first if body.calls & names[1]}
    found |= {body for body in second if body.calls & names[0]}
    found |= {body for body in bodies if body.calls & names[0] and body.calls & names[1]}
    if look.alone:
        found |= {body for body in bodies if look.alone.search(body.code)}
    return found


class Slice:
    """Which rules concern a file, and which of its functions they have to see."""

    def __init__(self, functions, text, rules):
        # spatch names none of the strange ones: they count as lost.
        strange = csource.strange(text)
        bodies = _bodies(sorted(functions + strange, key=lambda item: item.head), text)
        kept, self.rules = set(), []
        for rule in rules:
            found = _seeds(rule, bodies)
            if found:
                self.rules.append(rule.id)
                kept |= found
        # A rule asks what the callers have tested, and what a call does.
        names = {body.name for body in kept}
        kept |= {body for body in bodies if body.calls & names}
        called = set().union(*(body.calls for body in kept))
        kept |= {body for body in bodies if body.name in called}
        self.functions = [body.function for body in bodies if body in kept and body.function]
        self._empty = [body.function for body in bodies if body not in kept and body.function
                       and body.function not in strange]
        self._text = text
        self.whole = False

    def text(self):
        """The text for spatch: the copy, or the whole file if the copy would not have the same
        functions at the same lines."""
        out, at = [], 0
        for function in self._empty:
            out += [self._text[at:function.opened + 1],
                    csource.directives_only(self._text[function.opened + 1:function.closed])]
            at = function.closed
        cut = "".join(out) + self._text[at:]
        self.whole = csource.outline(cut) != csource.outline(self._text)
        return self.all_text() if self.whole else csource.one_line_directives(cut)

    def all_text(self):
        """The file with all of its functions."""
        return csource.one_line_directives(self._text)
