# SPDX-License-Identifier: GPL-2.0
"""One source file: where it is, what it is called, and whether it is C at all."""
import collections
import re

from . import csource

# real: where it is; shown: for people, from the current directory; name: for files that
# are kept, from the top of the repository.
Place = collections.namedtuple("Place", "real shown name")

_MARKS = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"),
          (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
# What no text in C does without.
_C = re.compile(rb"[;{}(,]|^[ \t]*#", re.MULTILINE)
_WORD = re.compile(r"(?<!\w)[A-Za-z_]")
_CONFLICT = re.compile(rb"^<{7} .*?^={7}\r?$.*?^>{7} ", re.MULTILINE | re.DOTALL)
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/|/?(\.git/)?annex/objects/")


class Source:
    """The content of a file, read once."""

    def __init__(self, place, content=None):
        self.place, self.bytes = place, content
        if content is None:
            with open(place.real, "rb") as file:
                self.bytes = file.read()
        self._text = self._functions = self.slice = None

    @property
    def functions(self):
        if self._functions is None:
            self._functions = csource.functions(self.text)
        return self._functions

    @property
    def text(self):
        if self._text is None:
            text = self.bytes.decode("utf-8", "replace").replace("\r\n", "\n")
            self._text = text if "\n" in text else text.replace("\r", "\n")
        return self._text

    def line(self, number):
        lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def function_at(self, line):
        """Its name, or "" between functions."""
        return next((item.name for item in self.functions if item.first <= line <= item.last), "")

    def unread(self):
        """Why nothing can be said of this file; "" if it is C, or empty."""
        for mark, name in _MARKS:
            if self.bytes.startswith(mark):
                return "is %s, not UTF-8" % name
        if b"\0" in self.bytes:
            return "has NUL bytes"
        if _POINTER.match(self.bytes):
            return "is a pointer to a large file that was not fetched"
        if b"<<<<<<< " in self.bytes and _CONFLICT.search(self.bytes):
            return "has the marks of a conflict"
        # A page that says "Not found" in HTML, as a download leaves it.
        if self.bytes.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or \
                not _C.search(self.bytes) and _WORD.search(csource.code_only(self.text)):
            return "is not C"
        return ""
