# SPDX-License-Identifier: GPL-2.0
"""Finds the functions and comments of a C file without spatch.

The comparison of this list of functions with spatch's tells which functions spatch lost.
"""
import bisect
import functools
import re

_COMMENT = r"/\*.*?\*/|//(?:\\\n|[^\n])*"
_STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
# A comment, a string or a character; whatever comes first in the text wins.
_NOT_CODE = re.compile(_COMMENT + "|" + _STRING, re.DOTALL)
# A directive may hold a comment that ends on a later line; the directive ends with that
# line.
_PIECE = re.compile(r"(?P<directive>^[ \t]*#(?:\\\n|%s|%s|[^\n])*)|%s|%s"
                    % (_COMMENT, _STRING, _COMMENT, _STRING), re.DOTALL | re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_CONDITIONAL = re.compile(r"[ \t]*#[ \t]*(if|ifdef|ifndef|else|elif|endif)\b")
_NO_CODE = ("struct", "union", "enum", "typedef", "extern", "asm")
UNNAMED = "(no name)"
_TOKEN = re.compile(r"[A-Za-z_]\w*|[^\s\w]")
_BRACE = re.compile(r"[{}]")


def _blank(match):
    """Spaces of the same length, so that offsets stay what they were."""
    return _blank_text(match.group(0))


def without_comments(text):
    """The text with comments and strings blanked out."""
    return _NOT_CODE.sub(_blank, text)


def _blank_text(text):
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _one_directive(match):
    """A directive without its comments. What follows a comment of several lines belongs
    to the directive still, so it goes with the comment."""
    text = _NOT_CODE.sub(lambda found: _blank(found) if found.group(0)[0] == "/"
                         else found.group(0), match.group("directive"))
    end = re.match(r"(?:\\\n|[^\n])*", text).end()
    return text[:end] + _blank_text(text[end:])


def directives_only(text):
    """The text with everything but its directives blanked out."""
    at, out = 0, []
    for found in _PIECE.finditer(text):
        if found.group("directive"):
            out += [_blank_text(text[at:found.start()]), _one_directive(found)]
            at = found.end()
    return "".join(out) + _blank_text(text[at:])


def one_line_directives(text):
    """The text with each directive ended by its line: spatch and the C compiler do not
    agree on a comment in one that goes on in the next line."""
    return _PIECE.sub(lambda found: _one_directive(found) if found.group("directive") and
                      "\n" in found.group(0).replace("\\\n", "") else found.group(0), text)


def code_only(text):
    """The text with comments, strings and directives blanked out."""
    return _PIECE.sub(_blank, text)


def without_else_branches(text):
    """Blanks all but the first branch of each conditional.

    Both branches of "#if A / if (x) { / #else / if (y) { / #endif" have a brace
    that one closing brace ends.
    """
    keep, out = [True], []
    for line in text.split("\n"):
        found = _CONDITIONAL.match(line) if "#" in line else None
        if not found:
            out.append(line if all(keep) else " " * len(line))
            continue
        word = found.group(1)
        if word.startswith("if"):
            keep.append(not re.match(r"[ \t]*#[ \t]*if[ \t]+0\b", line))
        elif word == "endif" and len(keep) > 1:
            keep.pop()
        elif len(keep) > 1:
            # The branch after "#if 0" is the code, any other one a repetition.
            keep[-1] = not keep[-1] if word == "else" else False
        out.append(line)
    return "\n".join(out)


class Function:
    """A definition: its name, its first and last line, the offsets of its head and braces."""

    def __init__(self, name, lines, offsets):
        self.name = name
        self.first, self.last = lines
        self.head, self.opened, self.closed = offsets


class _Scanner:
    """Walks over the tokens and notes where a body opens and closes at file level."""

    def __init__(self, text):
        cleaned = _PIECE.sub(lambda found: _one_directive(found) if found.group("directive")
                             else _blank(found), text)
        cleaned = _DIRECTIVE.sub(_blank, without_else_branches(cleaned))
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.text = cleaned
        self.functions = []
        self.strange = []       # blocks of code without a name
        self.depth = self.parens = 0
        self.head = []          # what stands before the brace, as (word, offset)
        self.name = None

    def line(self, offset):
        return bisect.bisect_right(self.starts, offset)

    def head_name(self):
        """The identifier before the first parenthesis, unless this is no function."""
        words = [word for word, _ in self.head]
        if "(" not in words or "=" in words[:words.index("(")]:
            return None
        if words[0] in ("extern", "typedef", "asm"):
            return None
        at = words.index("(")
        if at == 1 and "(" in words[2:]:
            # A macro without a semicolon, such as module_exit(x), stands before it.
            end = words.index(")")
            at = words.index("(", end) if "(" in words[end:] and end + 1 < words.index("(", end) \
                and not words[end + 1].startswith("__") else at
        while at and words[at - 1] in ("__attribute__", "__printf", "__aligned", "__section"):
            level = 0
            while at < len(words):
                level += {"(": 1, ")": -1}.get(words[at], 0)
                at += 1
                if not level:
                    break
            if "(" not in words[at:]:
                return None
            at = words.index("(", at)
        if not at or not re.match(r"[A-Za-z_]\w*$", words[at - 1]):
            return None
        return words[at - 1], self.head[at - 1][1]

    def open_brace(self, offset):
        if self.depth == 0 and not self.parens:
            found = self.head_name()
            words = [word for word, _ in self.head]
            if found and "=" not in words:
                self.name = found + (offset,)
            elif not words or "(" in words and "=" not in words and words[0] not in _NO_CODE:
                # The parameters of old C are declared before the brace, for one.
                at = self.head[0][1] if self.head else offset
                self.name = UNNAMED, at, offset
        self.depth += 1

    def close_brace(self, offset):
        self.depth = max(self.depth - 1, 0)
        if self.depth:
            return
        if self.name:
            name, at, opened = self.name
            head = self.head[0][1] if self.head else opened
            kind = self.strange if name == UNNAMED else self.functions
            kind.append(Function(name, (self.line(at), self.line(offset)),
                                 (head, opened, offset)))
        if self.name or "=" not in [w for w, _ in self.head]:
            self.head = []
        self.name = None

    def tokens(self):
        """The tokens at file level; within braces only the braces."""
        at = 0
        while True:
            token = (_BRACE if self.depth else _TOKEN).search(self.text, at)
            if not token:
                return
            yield token.group(0), token.start()
            at = token.end()

    def run(self):
        for word, offset in self.tokens():
            if word == "{":
                self.open_brace(offset)
            elif word == "}":
                self.close_brace(offset)
            elif not self.depth:
                self.parens += {"(": 1, ")": -1}.get(word, 0)
                if word == ";" and self.parens <= 0:
                    self.head, self.parens = [], 0
                else:
                    self.head.append((word, offset))
        return self.functions


@functools.lru_cache(maxsize=4)
def _scanned(text):
    """The walk over a text. Each is asked for its functions several times in a row."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner


def functions(text):
    """All function definitions of a file."""
    return list(_scanned(text).functions)


def strange(text):
    """Blocks of code at file level that are no function as far as can be seen."""
    return list(_scanned(text).strange)


def outline(text):
    """What two texts of the same structure have in common: where functions begin and end,
    and how deep in braces the text ends."""
    scanner = _scanned(text)
    return [(item.name, item.first, item.last) for item in scanner.functions], scanner.depth


def comments(text):
    """(comment, its first line) of each one."""
    at = line = 0
    for match in _NOT_CODE.finditer(text):
        if match.group(0)[0] == "/":
            line += text.count("\n", at, match.start())
            at = match.start()
            yield match.group(0), line + 1
