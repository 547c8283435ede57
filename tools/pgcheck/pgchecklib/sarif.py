# SPDX-License-Identifier: GPL-2.0
"""SARIF 2.1.0, as GitHub's code scanning and others read it."""
import json
import os
import urllib.parse

from . import VERSION

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What the runner itself finds.
OWN_ID = "PG00"
OWN_TITLE = "An allow comment or a baseline entry is not in use, or gives no reason."
_OWN_TEXT = (OWN_TITLE + " What no longer hides anything would hide the next finding at its "
             "place: remove it, or say why it has to stay.")
# What GitHub sorts by.
_PRECISION = {"high": "very-high", "moderate": "high", "low": "medium"}


def _page(base, name):
    """An absolute URI: that of the installed page unless a base is given."""
    if "://" not in base:
        base = "file://" + urllib.parse.quote(os.path.abspath(base))
    return "%s/%s.rst" % (base.rstrip("/"), name)


def _described(name, title, text, level, base):
    page = _page(base, name)
    return {
        "id": name,
        "name": _pascal(title),
        "shortDescription": {"text": title},
        "fullDescription": {"text": text},
        "help": {"text": "%s\n\npgcheck --explain %s shows the whole page." % (text, name),
                 "markdown": "%s\n\n`pgcheck --explain %s` shows [the whole page](%s)."
                             % (text, name, page)},
        "helpUri": page,
        "messageStrings": {"default": {"text": "{0}."}},
        "defaultConfiguration": {"level": level},
    }


def _pascal(title):
    """A name as SARIF wants it, out of a title."""
    words = "".join(char if char.isalnum() else " " for char in title).split()
    return "".join(word[:1].upper() + word[1:] for word in words)[:120]


def _rules(run):
    own = _described(OWN_ID, OWN_TITLE, _OWN_TEXT, "error", run.help_base)
    own["properties"] = {"precision": "very-high", "tags": ["maintainability"],
                         "problem.severity": "error"}
    found = [own]
    for rule in run.rules:
        item = _described(rule.id, rule.title, rule.description, rule.severity, run.help_base)
        item["properties"] = {"precision": _PRECISION[rule.confidence.lower()],
                              "tags": ["correctness", "linux-kernel"],
                              "problem.severity": {"note": "recommendation"}.get(
                                  rule.severity, rule.severity)}
        found.append(item)
    return found


def _place(item):
    """From the top of the repository, unless the file is elsewhere."""
    if os.path.isabs(item.name):
        return {"uri": "file://" + urllib.parse.quote(item.name)}
    return {"uri": urllib.parse.quote(item.name), "uriBaseId": "SRCROOT"}


def _result(item, ids):
    region = {"startLine": item.line, "startColumn": item.col, "endColumn": item.end}
    if item.source:
        region["snippet"] = {"text": item.source}
    place = {"artifactLocation": _place(item), "region": region}
    location = {"physicalLocation": place}
    if item.function:
        location["logicalLocations"] = [{"name": item.function, "kind": "function"}]
    return {
        "ruleId": item.rule,
        "ruleIndex": ids.index(item.rule),
        "level": item.severity,
        "message": {"id": "default", "arguments": [item.message],
                    "text": item.message + "."},
        "partialFingerprints": {"pgcheck/v1": item.fingerprint},
        "locations": [location],
    }


def _invocation(run):
    invocation = {"executionSuccessful": not run.problem, "properties": {"summary": run.summary}}
    if run.problem:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": run.problem}}]
    return invocation


def sarif(run):
    """The text of the file."""
    rules = _rules(run)
    ids = [rule["id"] for rule in rules]
    driver = {"name": "pgcheck", "version": VERSION, "semanticVersion": VERSION,
              "informationUri": _page(run.help_base, "index"), "rules": rules}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{
        "tool": {"driver": driver,
                 "extensions": [{"name": name, "version": number} for name, number in run.tools]},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {
            "text": "the top directory of the repository"}}},
        "results": [_result(item, ids) for item in run.findings],
        "invocations": [_invocation(run)],
    }]}
    return json.dumps(log, indent=1) + "\n"
