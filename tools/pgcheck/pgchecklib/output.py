# SPDX-License-Identifier: GPL-2.0
"""The output formats. Each takes a Run and returns a text."""
import json
import os
import re
from xml.sax.saxutils import escape, quoteattr

from . import CannotAnalyse
from .config import SEVERITIES
from .sarif import OWN_TITLE, sarif

# GitHub shows no job summary above 1 MiB.
ROWS = 1000
GITLAB = {"error": "critical", "warning": "major", "note": "info"}


class Run:
    """The results to print: the findings, the rules, the versions, a summary, and the reason
    why not everything could be analysed ("" if it could)."""

    def __init__(self, findings, rules, tools, summary, problem):
        self.findings, self.rules, self.tools = findings, rules, tools
        self.summary, self.problem = summary, problem
        self.fail_on, self.help_base = "warning", ""


def text(run):
    """One finding per line, as compilers write them."""
    return "".join(item.text() + "\n" for item in run.findings)


def github(run):
    """Workflow commands, which GitHub shows at the lines of a pull request."""
    kinds = {"error": "error", "warning": "warning", "note": "notice"}
    lines = []
    for item in run.findings:
        lines.append("::%s file=%s,line=%d,col=%d,title=%s::%s\n" % (
            kinds[item.severity], _property(item.name), item.line, item.col,
            _property(item.rule), _data(item.message)))
    if run.problem:
        lines.append("::error title=pgcheck::%s\n" % _data(run.problem))
    return "".join(lines)


def _data(value):
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value):
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def gitlab(run):
    """A Code Quality report, which has no place for what is in no file."""
    items = [{
        "description": item.message,
        "check_name": item.rule,
        "fingerprint": item.fingerprint,
        "severity": GITLAB[item.severity],
        "location": {"path": item.name, "lines": {"begin": item.line}},
    } for item in run.findings]
    return json.dumps(items, indent=1) + "\n"


def junit(run):
    """One test case for the analysis itself, one for each finding, and one for each rule
    that found nothing. What is below --fail-on has not failed."""
    cases = [_junit_case("pgcheck", "analysis", run.problem, run.summary)]
    level = SEVERITIES.index(run.fail_on)
    titles = {rule.id: rule.title for rule in run.rules}
    found = {item.rule for item in run.findings}
    cases += [_junit_case("pgcheck." + name, title) for name, title in titles.items()
              if name not in found]
    for item in run.findings:
        failure = item.message if SEVERITIES.index(item.severity) >= level else ""
        name = "%s:%d:%d %s" % (item.path, item.line, item.col,
                                titles.get(item.rule, OWN_TITLE))
        cases.append(_junit_case("pgcheck." + item.rule, name, failure, item.text(), item))
    failed = sum("<failure" in case for case in cases)
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites tests=\"%d\" failures=\"%d\"><testsuite name=\"pgcheck\" "
            "tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\">\n%s\n"
            "</testsuite></testsuites>\n"
            % (len(cases), failed, len(cases), failed, "\n".join(cases)))


def _junit_case(group, name, failure="", details="", item=None):
    body = "<system-out>%s</system-out>" % escape(details) if details else ""
    if failure:
        kind = item.severity if item else "error"
        body = "<failure type=%s message=%s>%s</failure>" % (
            quoteattr(kind), quoteattr(failure), escape(details))
    place = " file=%s line=\"%d\"" % (quoteattr(item.name), item.line) if item else ""
    return "<testcase classname=%s name=%s%s>%s</testcase>" % (
        quoteattr(group), quoteattr(name), place, body)


def summary(run):
    """Markdown for people who look at the run, as GitHub's job summary."""
    lines = ["### pgcheck", ""]
    if run.problem:
        lines += ["**No verdict:** %s" % _cell(run.problem), ""]
    if run.findings:
        lines += ["| place | severity | rule | finding |", "|---|---|---|---|"]
        lines += ["| %s:%d | %s | %s | %s |" % (_cell(item.name), item.line, item.severity,
                                                item.rule, _cell(item.message))
                  for item in run.findings[:ROWS]]
        if len(run.findings) > ROWS:
            lines.append("| and %d more | | | |" % (len(run.findings) - ROWS))
    elif not run.problem:
        lines.append("No findings.")
    return "\n".join(lines + ["", _cell(run.summary)]) + "\n"


def _cell(value):
    """One cell of a table, whatever is in it."""
    return escape(re.sub(r"([\\|`*_\[\]])", r"\\\1", value))


FORMATS = {"text": text, "github": github, "gitlab": gitlab, "junit": junit, "sarif": sarif,
           "summary": summary}


def check_place(path):
    """Finds out before a long run what write() would only find out after it."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path) or path and path != "-" and not os.access(folder, os.W_OK):
        raise CannotAnalyse("%s: cannot be written" % path)


def write(run, name, path, stdout):
    """Writes a format to a file, complete or not at all, or to standard output."""
    out = FORMATS[name](run)
    if not path or path == "-":
        stdout.write(out)
        stdout.flush()
        return
    special = os.path.exists(path) and not os.path.isfile(path)     # a pipe, /dev/null
    part = path if special else path + ".part"
    with open(part, "w", encoding="utf-8") as file:
        file.write(out)
    if not special:
        os.replace(part, path)
