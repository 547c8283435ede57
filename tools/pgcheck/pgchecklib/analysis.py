# SPDX-License-Identifier: GPL-2.0
"""From a set of files to findings, and how much of the files was understood."""
import os
import re

from . import CannotAnalyse, csource
from .finding import Finding, add_fingerprints
from .slices import Slice

# What a module description can be spread over. A header is looked at as a file of its own.
SUFFIXES = (".c", ".h")
SKIP = {".git"}


class Source:
    """One file: where it is, what it is called in the output, what is in it."""

    def __init__(self, real, shown):
        self.real, self.shown = real, shown
        with open(real, "rb") as file:
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
            self._text = self.bytes.decode("utf-8", "replace").replace("\r\n", "\n")
        return self._text

    def line(self, number):
        lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""


class Coverage:
    """Functions that spatch was given, and those it lost."""

    def __init__(self):
        self.files = self.analysed = self.functions = 0
        self.lost = []
        self.failed = {}

    def share(self):
        return 100.0 * len(self.lost) / self.functions if self.functions else 0.0

    def text(self):
        return ("%d files, %d of them with something to look at; %d functions, %d not parsed "
                "(%.2f %%)" % (self.files, self.analysed, self.functions, len(self.lost),
                               self.share()))


def collect(paths):
    """All C files below the paths, as (real path, shown path)."""
    found = {}
    for path in paths:
        if os.path.isdir(path):
            for folder, dirs, names in os.walk(path, onerror=_not_read):
                dirs[:] = sorted(set(dirs) - SKIP)
                for name in names:
                    if name.endswith(SUFFIXES):
                        _add(found, os.path.join(folder, name))
        elif os.path.isfile(path):
            if not path.endswith(SUFFIXES):
                raise CannotAnalyse("%s: not a C source (%s)" % (shown(path), " ".join(SUFFIXES)))
            _add(found, path)
        elif os.path.exists(path):
            raise CannotAnalyse("%s: neither a file nor a directory" % shown(path))
        else:
            raise CannotAnalyse("%s: no such file or directory" % shown(path))
    return sorted(found.items())


def _not_read(error):
    """What could not be listed is not clean."""
    raise error


def _add(found, path):
    real = os.path.realpath(path)
    if os.path.isfile(real):
        found.setdefault(real, shown(path))


def shown(path):
    """Relative to the current directory when it is below it; on one line and as UTF-8
    whatever bytes are in it."""
    relative = os.path.relpath(path)
    path = os.path.abspath(path) if relative.startswith("..") else relative
    path = os.fsencode(path).decode("utf-8", "backslashreplace")
    return re.sub(r"[\0-\x1f\x7f]", lambda found: "\\x%02x" % ord(found.group(0)), path)


class Analysis:
    """One run over a set of sources."""

    def __init__(self, rules, spatch, jobs, progress):
        self.rules, self.spatch, self.jobs, self.progress = rules, spatch, jobs, progress
        self.coverage = Coverage()

    def run(self, pairs):
        """Findings of the files in pairs of (real, shown) paths."""
        self.sources = {}
        work = {}
        for real, name in pairs:
            source = Source(real, name)
            self.coverage.files += 1
            rules = [rule for rule in self.rules if rule.concerns(source.bytes)]
            if rules:
                source.slice = Slice(source.functions, source.text, rules)
            if source.slice or b"pgcheck:" in source.bytes:
                self.sources[real] = source
            if source.slice and source.slice.rules:
                work.setdefault(tuple(source.slice.rules), []).append(
                    (real, source.slice.text()))
        self.coverage.analysed += sum(map(len, work.values()))
        by_id = {rule.id: rule for rule in self.rules}
        todo = [([by_id[name] for name in needed], files) for needed, files in work.items()]
        result = self.spatch.run(todo, self.jobs, self.progress)
        findings = [self._finding(report) for report in _unique(result.reports)]
        self._measure(result, [real for _, files in todo for real, _ in files])
        findings = self._allow(findings)
        add_fingerprints(findings)
        return findings

    def _finding(self, report):
        source = self.sources[report.path]
        item = Finding(source.shown, report.line, report.col, report.severity, report.message,
                       report.rule, report.end)
        item.source = source.line(report.line)
        item.function = next((f.name for f in source.functions
                              if f.first <= report.line <= f.last), "")
        return item

    def _measure(self, result, files):
        """Compares our own list of functions with what spatch walked through."""
        for real in files:
            source = self.sources[real]
            own = source.slice.functions
            seen = result.covered.get(real, set())
            self.coverage.functions += len(own)
            self.coverage.lost += ["%s:%d: %s" % (source.shown, f.first, f.name)
                                   for f in own if f.name not in seen]
            if real in result.failed:
                self.coverage.failed[source.shown] = result.failed[real]

    def _allow(self, findings):
        """Applies the allow comments. A bare or an idle one is a finding itself."""
        ids = {rule.id for rule in self.rules}
        for source in self.sources.values():
            marks = csource.allows(source.text)
            mine = [item for item in findings if item.path == source.shown]
            for mark in marks:
                hit = [item for item in mine if item.rule == mark.rule and item.line in mark.lines]
                if hit and mark.reason:
                    findings = [item for item in findings if item not in hit]
                elif hit or mark.rule in ids:
                    findings.append(_allow_error(source, mark, hit))
        return findings


def _allow_error(source, mark, hit):
    what = ("allow %s gives no reason" if hit else "allow %s has nothing to allow") % mark.rule
    item = Finding(source.shown, mark.line, 1, "error", what, "PG00")
    item.source = source.line(mark.line)
    return item


def _unique(reports):
    """Paths through a function may report the same place several times."""
    seen = {}
    for item in reports:
        seen.setdefault((item.path, item.line, item.col, item.rule), item)
    return [seen[key] for key in sorted(seen)]
