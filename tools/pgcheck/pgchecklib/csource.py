# SPDX-License-Identifier: GPL-2.0
"""What the runner itself must know of a C file: its functions, its allow comments.

The function list is made without spatch, so that it can tell what spatch lost.
"""
import bisect
import re

# A comment, a string or a character; whatever comes first in the text wins.
_NOT_CODE = re.compile(
    r"/\*.*?\*/|//(?:\\\n|[^\n])*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
    re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_CONDITIONAL = re.compile(r"[ \t]*#[ \t]*(if|ifdef|ifndef|else|elif|endif)\b")
_TOKEN = re.compile(r"[A-Za-z_]\w*|[^\s\w]")
_BRACE = re.compile(r"[{}]")
_ALLOW = re.compile(r"pgcheck:\s*allow\s+(PG\d\d)\b[ \t]*(.*?)\s*(?:\*/|$)", re.MULTILINE)


def _blank(match):
    """Spaces of the same length, so that offsets stay what they were."""
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """The text with comments and strings blanked out."""
    return _NOT_CODE.sub(_blank, text)


def code_only(text):
    """The text with comments, strings and directives blanked out."""
    return _DIRECTIVE.sub(_blank, without_comments(text))


def without_code(text, start, end):
    """The text from start to end with everything but its directives blanked out."""
    part, at, out = without_comments(text[start:end]), 0, []
    for found in _DIRECTIVE.finditer(part):
        out += [re.sub(r"[^\n]", " ", part[at:found.start()]), text[start + found.start():start + found.end()]]
        at = found.end()
    return "".join(out) + re.sub(r"[^\n]", " ", part[at:])


def without_else_branches(text):
    """Blanks all but the first branch of each conditional.

    Both branches of "#if A / if (x) { / #else / if (y) { / #endif" have a brace
    that one closing brace ends.
    """
    keep, out = [True], []
    for line in text.split("\n"):
        found = _CONDITIONAL.match(line)
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
        cleaned = _NOT_CODE.sub(_blank, text)
        cleaned = _DIRECTIVE.sub(_blank, without_else_branches(cleaned))
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.text = cleaned
        self.functions = []
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
            if found and "=" not in [w for w, _ in self.head]:
                self.name = found + (offset,)
        self.depth += 1

    def close_brace(self, offset):
        self.depth = max(self.depth - 1, 0)
        if self.depth:
            return
        if self.name:
            name, at, opened = self.name
            self.functions.append(Function(name, (self.line(at), self.line(offset)),
                                           (self.head[0][1], opened, offset)))
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


def functions(text):
    """All function definitions of a file."""
    return _Scanner(text).run()


class Allow:
    """One allow comment: what it allows, and on which lines."""

    def __init__(self, rule, reason, line, lines):
        self.rule, self.reason, self.line, self.lines = rule, reason, line, lines
        self.used = False


def allows(text):
    """The allow comments of a file.

    A comment holds for its own lines and for the first line of code after it.
    """
    found = []
    if "pgcheck:" not in text:
        return found
    code = code_only(text).split("\n")
    for match in _NOT_CODE.finditer(text):
        inner = _ALLOW.search(match.group(0))
        if not inner or match.group(0)[0] != "/":
            continue
        first = text.count("\n", 0, match.start()) + 1
        last = first + match.group(0).count("\n")
        if not code[first - 1].strip():
            while last < len(code) and not code[last].strip():
                last += 1
            last += 1
        reason = inner.group(2).strip(" *-:")
        found.append(Allow(inner.group(1), reason, first, range(first, last + 1)))
    return found
