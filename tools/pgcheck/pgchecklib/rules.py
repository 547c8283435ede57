# SPDX-License-Identifier: GPL-2.0
"""The rules as data: what the header of each .cocci file says about it.

    // SPDX-License-Identifier: GPL-2.0
    /// What the rule finds, in one or more lines.
    // Confidence: High
    // URL: Documentation/checks/PGnn.rst
    // Options: --no-includes
    // Severity: error
    // Files: \\bword\\b      (a regular expression; other files cannot have findings.
                           All of several such lines have to match.)
"""
import glob
import os
import re

from . import CannotAnalyse

MODES = ("patch", "context", "org", "report")


class Rule:
    """One .cocci file."""

    def __init__(self, path):
        self.path = path
        self.id = os.path.basename(path)[:4].upper()
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.title = " ".join(re.findall(r"^/// ?(.*)$", self.text, re.MULTILINE)).strip()
        self.confidence = self._field("Confidence")
        self.severity = self._field("Severity")
        self.url = self._field("URL")
        self._field("Files")
        self.files = [re.compile(line.strip().encode()) for line
                      in re.findall(r"^// Files: *(.*)$", self.text, re.MULTILINE)]

    def _field(self, name):
        found = re.search(r"^// %s: *(.*)$" % name, self.text, re.MULTILINE)
        if not found:
            raise CannotAnalyse("%s: no line \"// %s:\"" % (self.path, name))
        return found.group(1).strip()

    def concerns(self, content):
        """Can a file with this content have findings at all?"""
        return all(pattern.search(content) for pattern in self.files)

    def page(self, data):
        """The file that explains the rule, wherever it was installed."""
        name = os.path.basename(self.url)
        for place in (os.path.join(data, "checks"),
                      os.path.join(data, "..", "..", "Documentation", "checks")):
            path = os.path.join(place, name)
            if os.path.exists(path):
                return path
        raise CannotAnalyse("%s: its page %s is not installed" % (self.id, name))


def load(data):
    """All rules, in the order of their ids."""
    found = [Rule(path) for path in sorted(glob.glob(os.path.join(data, "rules", "*.cocci")))]
    if not found:
        raise CannotAnalyse("no rules in %s/rules" % data)
    return found


def select(rules, names):
    """The rules that --rules= names."""
    if not names:
        return rules
    wanted = [name.strip().upper() for name in names.split(",") if name.strip()]
    known = {rule.id: rule for rule in rules}
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise CannotAnalyse("no rule %s; --list-rules shows them all" % ", ".join(unknown))
    return [known[name] for name in sorted(set(wanted))]


def combined(rules, coverage):
    """One semantic patch out of several, so that spatch parses each file once.

    The coverage rule comes last: a function that it prints has been through
    all the others.
    """
    parts = ["virtual %s\n" % mode for mode in MODES]
    for rule in rules:
        parts.append(re.sub(r"^virtual .*$", "", rule.text, flags=re.MULTILINE))
    with open(coverage, encoding="utf-8") as file:
        parts.append(file.read())
    return "\n".join(parts)
