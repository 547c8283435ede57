# SPDX-License-Identifier: GPL-2.0
"""The texts of expressions as spatch hands them over: with blanks between their words, and
now and then with the comment before them."""
import re

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def plain(text):
    """Without comments, and with one blank where there were some."""
    return re.sub(r"\s+", " ", _COMMENT.sub(" ", text)).strip()


def tight(text):
    """Without comments, and with blanks only between two words."""
    return re.sub(r"\s*([^\w\s])\s*", r"\1", plain(text))


def blanked(text):
    """A source whose comments are blanks; its lines and columns stay what they were."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), text)


def listed(terms):
    """The text of an expression list; some versions of spatch hand over an object."""
    return getattr(terms, "expr", terms)


def negated(text):
    """What is between "! (" and the parenthesis that ends the text, or None."""
    text = re.sub(r"^(likely|unlikely) \((.*)\)$", r"\2", text.strip()).strip()
    if not re.match(r"! ?\(", text) or not text.endswith(")"):
        return None
    depth, start = 0, text.index("(")
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start + 1:-1].strip() if at == len(text) - 1 else None
    return None


def called(text):
    """(name, arguments) of a text that is one call, else (None, None)."""
    found = re.match(r"^([\w>.-]+)\((.*)\)$", tight(text))
    return (found.group(1), found.group(2)) if found else (None, None)


def arguments(text):
    """The parts of an expression list."""
    parts, depth = [""], 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def words(names):
    """The alternatives of a regular expression that are these names."""
    return "|".join(sorted(map(re.escape, names)))
