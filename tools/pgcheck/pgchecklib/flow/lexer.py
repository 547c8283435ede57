# SPDX-License-Identifier: GPL-2.0
"""Tokens of C, with their offsets in the file.

Comments and directives are not tokens. Only one branch of a conditional is read, because two
branches may each open a block that one brace closes: the branch for the newest kernel, else the
first one; the second variant of a function has the other branches. The same condition gets the
same answer everywhere in a function.
"""
import re

_TOKEN = re.compile(r"""
    (?P<space>(?:[ \t\f\v\r\n]|\\\n)+)
  | (?P<comment>/\*.*?\*/|//(?:\\\n|[^\n])*)
  | (?P<string>[LuU]?"(?:\\.|[^"\\\n])*")
  | (?P<char>[LuU]?'(?:\\.|[^'\\\n])*')
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<directive>\#)
  | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.(){}\[\]])
  | (?P<other>.)
""", re.VERBOSE | re.DOTALL)
_DIRECTIVE = re.compile(r"\#[ \t]*(\w*)(?:\\\n|/\*.*?\*/|[^\n])*", re.DOTALL)
_CONDITION = re.compile(r"\#[ \t]*(if|ifdef|ifndef|elif)\b(.*)", re.DOTALL)
_VERSION = re.compile(r"LINUX_VERSION_CODE\s*(<=|>=|<|>|==)\s*KERNEL_VERSION|^\W*LINUX_VERSION_IS_(LESS|GEQ)")


class Token:
    """kind is "name", "number", "string", "char", "op", "other" or "end"."""

    __slots__ = ("kind", "text", "at")

    def __init__(self, kind, text, at):
        self.kind, self.text, self.at = kind, text, at

    def __repr__(self):
        return "%s@%d" % (self.text, self.at)


class _Branches:
    """Which branches of the conditionals around the current place are read."""

    def __init__(self, variant):
        self.variant = variant
        self.keep, self.done, self.known = [], [], {}

    def directive(self, text, word):
        if word in ("if", "ifdef", "ifndef"):
            answer = self.answer(text)
            self.keep.append(answer)
            self.done.append(answer)
        elif word == "endif" and self.keep:
            self.keep.pop()
            self.done.pop()
        elif word in ("else", "elif") and self.keep:
            self.keep[-1] = not self.done[-1] and (word == "else" or self.answer(text))
            self.done[-1] = self.done[-1] or self.keep[-1]

    def answer(self, text):
        """Is the branch of a condition read?"""
        word, condition = _CONDITION.match(text).groups()
        condition = re.sub(r"\s+|/\*.*?\*/|//.*|\\\n|defined|[()]", "", condition)
        if condition in ("0", "1"):
            return condition == "1"
        negative = word == "ifndef"
        while condition.startswith("!"):
            condition, negative = condition[1:], not negative
        version = _VERSION.search(text)
        if version:
            newest = (version.group(1) or version.group(2))[0] in ">G"
            answer = newest if not self.variant else not newest
        else:
            answer = self.known.setdefault(condition, (not self.variant) != negative)
        return answer != negative

    def read(self):
        return all(self.keep)


def tokens(text, start=0, end=None, variant=0):
    """The tokens of a part of a file, ended by one of kind "end"."""
    end = len(text) if end is None else end
    found, at, branches = [], start, _Branches(variant)
    match = _TOKEN.match
    while at < end:
        token = match(text, at, end)
        kind = token.lastgroup
        at = token.end()
        if kind == "space" or kind == "comment":
            continue
        if kind == "directive":
            line = _DIRECTIVE.match(text, token.start(), end)
            branches.directive(line.group(0), line.group(1))
            at = line.end()
        elif branches.read():
            found.append(Token(kind, token.group(0), token.start()))
    found.append(Token("end", "", end))
    return found
