# SPDX-License-Identifier: GPL-2.0
"""Finds the files to analyse from the paths on the command line, and how to name them."""
import fnmatch
import os
import re

from . import CannotAnalyse
from .source import Place

# What a module description can be spread over. A header is looked at as a file of its own.
SUFFIXES = (".c", ".h")
SKIP = {".git"}
CONFIG = ".pgcheck"


def top_of(path):
    """The top of the repository that a path is in, or of what its .pgcheck is for; the
    current directory if there is neither."""
    folder = os.path.realpath(path)
    while True:
        if any(os.path.exists(os.path.join(folder, name)) for name in (CONFIG, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return os.getcwd()
        folder = parent


def _printable(path):
    """On one line and as UTF-8 whatever bytes are in it."""
    path = os.fsencode(path).decode("utf-8", "backslashreplace")
    return re.sub(r"[\0-\x1f\x7f]", lambda found: "\\x%02x" % ord(found.group(0)), path)


def below(path, folder):
    """The path from a folder, or the absolute one if it is not below that."""
    relative = os.path.relpath(path, folder)
    outside = relative == ".." or relative.startswith(".." + os.sep)
    return _printable(os.path.abspath(path) if outside else relative)


def shown(path):
    """Relative to the current directory when it is below it."""
    return below(path, os.curdir)


class Collector:
    """All C files below some paths, each once."""

    def __init__(self, top, exclude=()):
        self.top, self.exclude = os.path.realpath(top), exclude
        self.found = {}
        self.excluded = 0

    def add(self, path):
        """A file or a directory of the command line."""
        if os.path.isdir(path):
            self._walk(path, os.path.realpath(path))
        elif os.path.isfile(path):
            if not path.endswith(SUFFIXES):
                raise CannotAnalyse("%s: not a C source (%s)" % (shown(path), " ".join(SUFFIXES)))
            self.file(path, os.path.realpath(path))
        elif os.path.exists(path):
            raise CannotAnalyse("%s: neither a file nor a directory" % shown(path))
        else:
            raise CannotAnalyse("%s: no such file or directory" % shown(path))

    def file(self, path, real):
        """One file, unless it is excluded."""
        self._file(Place(real, shown(path), below(real, self.top)))

    def _file(self, place):
        if place.real in self.found:
            return
        if self._is_excluded(place.name):
            self.excluded += 1
        else:
            self.found[place.real] = place

    def _walk(self, path, real):
        with os.scandir(path) as entries:
            entries = sorted(entries, key=lambda entry: entry.name)
        inner = os.path.join(real, "")
        heads = [("" if head == "." else head + "/") for head in (shown(path),
                                                                  below(real, self.top))]
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIP:
                    self._walk(os.path.join(path, entry.name), inner + entry.name)
            elif not entry.name.endswith(SUFFIXES):
                pass
            elif entry.is_file(follow_symlinks=False):
                end = _printable(entry.name)
                self._file(Place(inner + entry.name, heads[0] + end, heads[1] + end))
            elif os.path.isfile(entry.path):
                self.file(entry.path, os.path.realpath(entry.path))

    def _is_excluded(self, name):
        parts = name.split("/")
        ways = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)] if self.exclude else ()
        for pattern in self.exclude:
            pattern = pattern.strip("/")
            if any(fnmatch.fnmatchcase(way if "/" in pattern else way.rsplit("/", 1)[-1], pattern)
                   for way in ways):
                return True
        return False

    def places(self):
        return [self.found[real] for real in sorted(self.found)]
