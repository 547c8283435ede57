# SPDX-License-Identifier: GPL-2.0
r"""The rules as data: what the header of each .cocci file says about it.

    // SPDX-License-Identifier: GPL-2.0
    /// What the rule finds, in one or more lines.
    // Confidence: High
    // URL: Documentation/checks/PGnn.rst
    // Options: --no-includes
    // Severity: error

prefilter.py decides which files spatch gets. A rule that no semantic patch can describe has
only such a header, in a .rule file; the checks of flow/ make its findings.
"""
import glob
import os
import re

from . import CannotAnalyse
from .prefilter import LOOKS, NOTHING

MODES = ("patch", "context", "org", "report")


class Rule:
    """One .cocci or .rule file."""

    def __init__(self, path):
        self.path = path
        self.id = os.path.basename(path)[:4].upper()
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.description = " ".join(" ".join(
            re.findall(r"^/// ?(.*)$", self.text, re.MULTILINE)).split())
        self.title = re.match(r".*?\.(?= |$)|.*", self.description).group(0)
        self.confidence = self._field("Confidence")
        self.severity = self._field("Severity")
        self.url = self._field("URL")
        self.look = LOOKS.get(self.id, NOTHING)

    def _field(self, name):
        found = re.search(r"^// %s: *(.*)$" % name, self.text, re.MULTILINE)
        if not found:
            raise CannotAnalyse("%s: no line \"// %s:\"" % (self.path, name))
        return found.group(1).strip()


def pages(data):
    """The directory with the pages of the rules, wherever it was installed."""
    for place in (os.path.join(data, "checks"),
                  os.path.join(data, "..", "..", "Documentation", "checks")):
        if os.path.isdir(place):
            return os.path.realpath(place)
    raise CannotAnalyse("the pages of the rules are not installed")


def page(rules, name, data):
    """The text that explains a rule, or what the runner finds itself."""
    name = name.strip().upper()
    if name != "PG00":
        name = select(rules, name)[0].id
    with open(os.path.join(pages(data), name + ".rst"), encoding="utf-8") as file:
        return file.read()


def load(data):
    """All rules, in the order of their ids."""
    found = [Rule(path) for kind in ("cocci", "rule")
             for path in sorted(glob.glob(os.path.join(data, "rules", "*." + kind)))]
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


def combined(rules, coverage, project):
    """One semantic patch out of several, so that spatch parses each file once.

    The coverage rule comes last: a function that it prints has been through
    all the others. The project's own names come first, for all of them.
    """
    parts = ["virtual %s\n" % mode for mode in MODES]
    parts.append("@initialize:python@\n@@\nfrom pgchecklib.flow import facts\nfacts.learn(%r)\n"
                 % (project,))
    for rule in rules:
        parts.append(re.sub(r"^virtual .*$", "", rule.text, flags=re.MULTILINE))
    if coverage:
        with open(coverage, encoding="utf-8") as file:
            parts.append(file.read())
    return "\n".join(parts)
