# SPDX-License-Identifier: GPL-2.0
"""Findings, their fingerprints, and the baseline of known ones."""
import hashlib
import json
import re

from . import CannotAnalyse


# What the baseline says of a finding.
ENTRY = ("fingerprint", "rule", "path", "function")


class Finding:
    """What the user sees: a place, a rule and a message."""

    def __init__(self, place, line, col, severity, message, rule, end=None):
        self.place = place
        self.path, self.name, self.real = place.shown, place.name, place.real
        self.line, self.col, self.end = line, col, end or col + 1
        self.severity, self.message, self.rule = severity, message, rule
        self.function = ""
        self.source = ""
        self.fingerprint = ""

    def key(self):
        return (self.path, self.line, self.col, self.rule, self.message)

    def text(self):
        return "%s:%d:%d: %s: %s [%s]" % (self.path, self.line, self.col, self.severity,
                                          self.message, self.rule)


def add_fingerprints(findings):
    """Made of everything but the line number, with the name from the top of the repository;
    equal ones are numbered in order."""
    seen = {}
    for item in sorted(findings, key=Finding.key):
        source = re.sub(r"\s+", " ", item.source).strip()
        parts = "\0".join((item.rule, item.name, item.function, source))
        seen[parts] = seen.get(parts, 0) + 1
        digest = hashlib.sha256(("%s\0%d" % (parts, seen[parts])).encode())
        item.fingerprint = digest.hexdigest()[:32]


def write_baseline(path, findings):
    """A file to be committed: sorted, one finding per line, no line numbers."""
    entries = [dict(zip(ENTRY, (item.fingerprint, item.rule, item.name, item.function)))
               for item in sorted(findings, key=lambda item: (item.name, item.key()))]
    lines = ",\n".join("  " + json.dumps(entry) for entry in entries)
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\"version\": 1, \"findings\": [\n%s\n]}\n" % lines)


def read_baseline(path):
    """The entries of a baseline by fingerprint."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except OSError as error:
        raise CannotAnalyse("baseline %s: %s" % (path, error.strerror)) from None
    except ValueError:
        raise CannotAnalyse("baseline %s is no JSON" % path) from None
    try:
        if data["version"] != 1:
            raise CannotAnalyse("baseline %s is of version %s, not 1; --write-baseline makes a "
                                "new one" % (path, data["version"]))
        return {entry["fingerprint"]: {name: str(entry[name]) for name in ENTRY}
                for entry in data["findings"]}
    except (KeyError, TypeError):
        raise CannotAnalyse("baseline %s was not written by pgcheck" % path) from None


def apply_baseline(findings, known, place, judged, whole):
    """Drops the known ones; entries that nothing matches any more are findings.

    judged(entry) tells whether this run could have seen the entry at all; if the run is not
    whole, what the finding depends on may be in a file that was not read.
    """
    present = {item.fingerprint for item in findings}
    left = [item for item in findings if item.fingerprint not in known]
    for mark, entry in known.items():
        if mark in present or not judged(entry):
            continue
        what = "stale entry: %s in %s (%s) is no longer found" % (
            entry["rule"], entry["path"], entry["function"] or "file")
        stale = Finding(place, 1, 1, "error" if whole else "note",
                        what + ("; remove it" if whole else " in the files of this run"), "PG00")
        stale.fingerprint = mark
        left.append(stale)
    return left
