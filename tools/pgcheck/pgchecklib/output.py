# SPDX-License-Identifier: GPL-2.0
"""The output formats. Each takes a Run and returns a text."""
import json
import os
import urllib.parse
from xml.sax.saxutils import escape, quoteattr

from . import CannotAnalyse, VERSION

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVEL = {"error": "error", "warning": "warning", "note": "note"}
GITLAB = {"error": "critical", "warning": "major", "note": "info"}


class Run:
    """What there is to tell: the findings, the rules, the versions, what was analysed,
    and why that is no verdict ("" if it is one)."""

    def __init__(self, findings, rules, tools, summary, problem):
        self.findings, self.rules, self.tools = findings, rules, tools
        self.summary, self.problem = summary, problem


def text(run):
    """One finding per line, as compilers write them."""
    return "".join(item.text() + "\n" for item in run.findings)


def github(run):
    """Workflow commands, which GitHub shows at the lines of a pull request."""
    kinds = {"error": "error", "warning": "warning", "note": "notice"}
    lines = []
    for item in run.findings:
        lines.append("::%s file=%s,line=%d,col=%d,title=%s::%s\n" % (
            kinds[item.severity], _property(item.path), item.line, item.col,
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
        "location": {"path": item.path, "lines": {"begin": item.line}},
    } for item in run.findings]
    return json.dumps(items, indent=1) + "\n"


def junit(run):
    """One test case per rule, which has failed if there are findings, and one for the
    analysis itself."""
    cases = [_junit_case("analysis", run.problem, run.summary)]
    ids = [(rule.id, rule.title) for rule in run.rules]
    if any(item.rule == "PG00" for item in run.findings):
        ids.append(OWN_RULE)
    for name, title in ids:
        mine = [item.text() for item in run.findings if item.rule == name]
        cases.append(_junit_case("%s %s" % (name, title),
                                 "%d findings" % len(mine) if mine else "", "\n".join(mine)))
    failed = sum("<failure" in case for case in cases)
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"pgcheck\" "
            "tests=\"%d\" failures=\"%d\">\n%s\n</testsuite></testsuites>\n"
            % (len(cases), failed, "\n".join(cases)))


def _junit_case(name, failure, details):
    body = ""
    if failure:
        body = "<failure message=%s>%s</failure>" % (quoteattr(failure), escape(details))
    return "<testcase classname=\"pgcheck\" name=%s>%s</testcase>" % (quoteattr(name), body)


# What the runner itself finds.
OWN_RULE = ("PG00", "An allow comment or a baseline entry is not in use, or gives no reason.")


def _sarif_own():
    return {"id": OWN_RULE[0], "shortDescription": {"text": OWN_RULE[1]},
            "defaultConfiguration": {"level": "error"}}


def _sarif_rule(rule):
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": "pgcheck --explain %s, or %s" % (rule.id, rule.url)},
        "defaultConfiguration": {"level": LEVEL[rule.severity]},
        "properties": {"precision": rule.confidence.lower()},
    }


def _sarif_place(path):
    """Relative to where pgcheck was started, unless the file is elsewhere."""
    if os.path.isabs(path):
        return {"uri": "file://" + urllib.parse.quote(path)}
    return {"uri": urllib.parse.quote(path), "uriBaseId": "SRCROOT"}


def _sarif_result(item, ids):
    region = {"startLine": item.line, "startColumn": item.col, "endColumn": item.end}
    if item.source:
        region["snippet"] = {"text": item.source}
    return {
        "ruleId": item.rule,
        "ruleIndex": ids.index(item.rule),
        "level": LEVEL[item.severity],
        "message": {"text": item.message},
        "partialFingerprints": {"pgcheck/v1": item.fingerprint},
        "locations": [{"physicalLocation": {
            "artifactLocation": _sarif_place(item.path),
            "region": region,
        }}],
    }


def _sarif_invocation(run):
    invocation = {"executionSuccessful": not run.problem, "properties": {"summary": run.summary}}
    if run.problem:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": run.problem}}]
    return invocation


def sarif(run):
    """SARIF 2.1.0 with relative paths."""
    rules = [_sarif_own()] + [_sarif_rule(rule) for rule in run.rules]
    ids = [rule["id"] for rule in rules]
    driver = {"name": "pgcheck", "version": VERSION, "rules": rules}
    extensions = [{"name": name, "version": number} for name, number in run.tools]
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [{
        "tool": {"driver": driver, "extensions": extensions},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "where pgcheck was started"}}},
        "results": [_sarif_result(item, ids) for item in run.findings],
        "invocations": [_sarif_invocation(run)],
    }]}
    return json.dumps(log, indent=1) + "\n"


FORMATS = {"text": text, "github": github, "gitlab": gitlab, "junit": junit, "sarif": sarif}


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
