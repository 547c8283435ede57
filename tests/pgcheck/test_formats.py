#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The output of the runner, option by option, with the stand-in of test_pgcheck.py.

SARIF_SCHEMA=FILE holds the SARIF output against the published schema as well, if
the jsonschema module is there.
"""
import json
import os
import pty
import re
import subprocess
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

from test_pgcheck import BAD, GOOD, PGCHECK, Tree  # noqa: E402

# SARIF 2.1.0 on the objects that pgcheck writes: the type of each
# property, "!" if it has to be there.
SARIF = {
    "log": {"$schema": "uri", "version": "!version", "runs": "![run"},
    "run": {"tool": "!tool", "columnKind": "columns", "originalUriBaseIds": "{base",
            "results": "[result", "invocations": "[invocation"},
    "tool": {"driver": "!component", "extensions": "[component"},
    "component": {"name": "!text", "version": "text", "semanticVersion": "text",
                  "informationUri": "absolute", "rules": "[rule"},
    "rule": {"id": "!text", "name": "name", "shortDescription": "message",
             "fullDescription": "message", "help": "message", "helpUri": "absolute",
             "messageStrings": "{message",
             "defaultConfiguration": "configuration", "properties": "any"},
    "configuration": {"level": "level"},
    "message": {"text": "!text", "markdown": "text", "id": "text", "arguments": "[text"},
    "base": {"description": "message"},
    "invocation": {"executionSuccessful": "!truth", "properties": "any",
                   "toolExecutionNotifications": "[notification"},
    "notification": {"level": "level", "message": "!message"},
    "result": {"ruleId": "text", "ruleIndex": "index", "level": "level", "message": "!message",
               "partialFingerprints": "{text", "locations": "[location"},
    "location": {"physicalLocation": "physical", "logicalLocations": "[logical"},
    "logical": {"name": "text", "kind": "text"},
    "physical": {"artifactLocation": "artifact", "region": "region"},
    "artifact": {"uri": "uri", "uriBaseId": "text"},
    "region": {"startLine": "number", "startColumn": "number", "endColumn": "number",
               "snippet": "message"},
}
VALUES = {
    "any": lambda value: isinstance(value, dict),
    "text": lambda value: isinstance(value, str) and value != "",
    "truth": lambda value: isinstance(value, bool),
    "number": lambda value: type(value) is int and value >= 1,
    "index": lambda value: type(value) is int and value >= 0,
    "version": lambda value: value == "2.1.0",
    "level": lambda value: value in ("none", "note", "warning", "error"),
    "columns": lambda value: value in ("utf16CodeUnits", "unicodeCodePoints"),
    "name": lambda value: isinstance(value, str) and re.fullmatch(r"[A-Z]\w*", value, re.ASCII),
    "absolute": lambda value: isinstance(value, str) and re.match(r"[a-z]+:/", value),
    "uri": lambda value: isinstance(value, str) and re.fullmatch(
        r"(?:[-\w.~:/?#\[\]@!$&'()*+,;=]|%[0-9A-F]{2})+", value, re.ASCII),
}


def misfits(kind, value, where="log"):
    """The places where a value does not have the type that SARIF wants."""
    if kind in VALUES:
        return [] if VALUES[kind](value) else ["%s: %r is no %s" % (where, value, kind)]
    if kind[0] == "[":
        return [text for number, item in enumerate(value)
                for text in misfits(kind[1:], item, "%s[%d]" % (where, number))]
    if kind[0] == "{":
        return [text for name, item in value.items()
                for text in misfits(kind[1:], item, "%s.%s" % (where, name))]
    found = ["%s: no %s" % (where, name) for name, what in SARIF[kind].items()
             if what[0] == "!" and name not in value]
    for name, item in value.items():
        what = SARIF[kind].get(name)
        found += misfits(what.lstrip("!"), item, "%s.%s" % (where, name)) if what else \
            ["%s: %s is not for %s" % (where, name, kind)]
    return found


def published(log):
    """Holds it against the schema that the environment names."""
    path = os.environ.get("SARIF_SCHEMA")
    if not path:
        return
    import jsonschema
    with open(path, encoding="utf-8-sig") as file:
        schema = json.load(file)
    jsonschema.validators.validator_for(schema)(schema).validate(log)


class Sarif(Tree):
    def sarif(self, *words, wanted=(0, 1)):
        status, out, err = self.pgcheck("--format=sarif", *(words or (".",)))
        self.assertIn(status, wanted, err)
        log = json.loads(out)
        self.assertEqual(misfits("log", log), [])
        published(log)
        run = log["runs"][0]
        self.assertEqual(run["invocations"][0]["executionSuccessful"], status != 2)
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        self.assertEqual(len(rules), len(set(rules)))
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]], result["ruleId"])
        return run

    def places(self, *words):
        return [result["locations"][0]["physicalLocation"]["artifactLocation"]
                for result in self.sarif(*words)["results"]]

    def marks(self):
        return [result["partialFingerprints"]["pgcheck/v1"] for result in self.sarif()["results"]]

    def test_the_checker_checks(self):
        self.write("a.c", BAD)
        log = json.loads(self.pgcheck("--format=sarif", ".")[1])
        self.assertEqual(misfits("log", log), [])
        for path, value in ((("version",), "2.0"), (("runs", 0, "results", 0, "level"), "fatal"),
                            (("runs", 0, "tool", "driver", "name"), None),
                            (("runs", 0, "results", 0, "rule"), "PG03"),
                            (("runs", 0, "results", 0, "locations", 0, "physicalLocation",
                              "artifactLocation", "uri"), "a b.c")):
            broken = json.loads(json.dumps(log))
            inner = broken
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            self.assertNotEqual(misfits("log", broken), [], path)

    def test_nothing_found(self):
        self.write("a.c", GOOD)
        self.assertEqual(self.sarif()["results"], [])

    def test_no_verdict(self):
        self.write("a.c", GOOD + "/* CRASH */\n")
        self.write("b.c", BAD)
        run = self.sarif(wanted=(2,))
        self.assertEqual(run["invocations"][0]["toolExecutionNotifications"],
                         [{"level": "error", "message": {"text": "1 files could not be analysed"}}])
        self.assertEqual(len(run["results"]), 1)

    def test_own_findings(self):
        self.write("a.c", GOOD + "/* pgcheck: allow PG03 for nothing */\n")
        self.assertEqual([result["ruleId"] for result in self.sarif()["results"]], ["PG00"])

    def test_snippet_and_tools(self):
        self.write("a.c", BAD)
        run = self.sarif()
        place = run["results"][0]["locations"][0]["physicalLocation"]
        self.assertEqual(place["region"]["snippet"]["text"], "\tBAD(bio_add_page);")
        self.assertEqual(run["tool"]["extensions"][0], {"name": "spatch", "version": "9.9"})

    def test_odd_names(self):
        for name in ("dir/a b.c", "100%.c", "#[1].c", "\u00fc.c"):
            self.write(name, BAD)
        names = {urllib.parse.unquote(place["uri"]) for place in self.places()}
        self.assertEqual(names, {"dir/a b.c", "100%.c", "#[1].c", "\u00fc.c"})

    def test_relative_where_it_can_be(self):
        path = self.write("dir/a.c", BAD)
        for word in (path, "dir", "./dir/../dir/a.c"):
            self.assertEqual(self.places(word), [{"uri": "dir/a.c", "uriBaseId": "SRCROOT"}])
        done = subprocess.run([PGCHECK, "--spatch", self.spatch, "--format=sarif", path],
                              cwd=self.top, capture_output=True, text=True, check=False)
        place = json.loads(done.stdout)["runs"][0]["results"][0]["locations"][0]
        self.assertEqual(place["physicalLocation"]["artifactLocation"]["uri"], "src/dir/a.c")

    def test_elsewhere(self):
        path = self.write("a.c", BAD)
        other = os.path.join(self.top, "other")
        os.mkdir(other)
        self.src = other
        self.assertEqual(self.places(path), [{"uri": "file://" + path}])

    def test_fingerprints_move_along(self):
        self.write("a.c", BAD)
        before = self.marks()
        self.write("a.c", "/* one */\n\nint two(void)\n{\n\treturn 2;\n}\n\n" + BAD)
        self.assertEqual(self.marks(), before)
        self.write("a.c", BAD.replace("\tBAD", "\tif (1)\n\t\tBAD"))
        self.assertEqual(self.marks(), before)

    def test_fingerprints_differ(self):
        self.write("a.c", BAD.replace("}", "\tBAD(bio_add_page);\n}") + BAD.replace("f(", "g("))
        self.write("b.c", BAD)
        self.assertEqual(len(set(self.marks())), 4)


class Files(Tree):
    NAMES = ("text", "sarif", "github", "gitlab", "junit", "summary")

    def test_all_at_once(self):
        self.write("a.c", BAD + BAD.replace("f(", "g("))
        outs = {name: os.path.join(self.top, name + ".out") for name in self.NAMES}
        words = ["--format=%s=%s" % item for item in outs.items()]
        status, out, _ = self.pgcheck(*words, ".")
        self.assertEqual((status, out), (1, ""))
        read = {}
        for name, path in outs.items():
            with open(path, encoding="utf-8") as file:
                read[name] = file.read()
        self.assertEqual(len(read["text"].splitlines()), 2)
        self.assertEqual(len(json.loads(read["sarif"])["runs"][0]["results"]), 2)
        self.assertEqual(read["github"].count("::error file=a.c,line="), 2)
        self.assertEqual([item["location"]["lines"]["begin"] for item in json.loads(read["gitlab"])],
                         [3, 7])
        case = [case for case in xml.etree.ElementTree.fromstring(read["junit"]).iter("testcase")
                if case.find("failure") is not None]
        self.assertEqual([(item.get("classname"), item.get("name")[:8], item.get("file"),
                           item.get("line")) for item in case],
                         [("pgcheck.PG03", "a.c:3:2 ", "a.c", "3"),
                          ("pgcheck.PG03", "a.c:7:2 ", "a.c", "7")])
        self.assertEqual(sorted(os.listdir(self.top)),
                         sorted([name + ".out" for name in self.NAMES] + ["spatch", "spatch.runs", "src"]))

    def test_where_it_cannot_be_written(self):
        self.write("a.c", GOOD)
        self.assertEqual(self.pgcheck("--format=text=missing/x", ".")[0], 2)

    def test_special_characters(self):
        self.write("<&,:>.c", BAD)
        for name in ("github", "gitlab", "junit"):
            status, out, _ = self.pgcheck("--format=" + name, ".")
            self.assertEqual(status, 1)
            if name == "junit":
                self.assertIn("<&,:>.c:3", xml.etree.ElementTree.fromstring(out)
                              .find(".//failure").text)
            elif name == "gitlab":
                self.assertEqual(json.loads(out)[0]["location"]["path"], "<&,:>.c")
            else:
                self.assertTrue(out.startswith("::error file=<&%2C%3A>.c,line=3"), out)

    def test_no_verdict(self):
        self.write("a.c", GOOD + "/* CRASH */\n")
        status, out, _ = self.pgcheck("--format=junit", ".")
        suite = xml.etree.ElementTree.fromstring(out).find("testsuite")
        self.assertEqual((status, suite.get("failures")), (2, "1"))
        self.assertEqual([case.get("name") for case in suite.iter("testcase")
                          if case.find("failure") is not None], ["analysis"])
        self.assertEqual(self.pgcheck("--format=github", ".")[:2],
                         (2, "::error title=pgcheck::1 files could not be analysed\n"))
        self.assertEqual(self.pgcheck("--format=gitlab", ".")[:2], (2, "[]\n"))

    def test_own_findings_in_junit(self):
        self.write("a.c", GOOD + "/* pgcheck: allow PG03 for nothing */\n")
        suite = xml.etree.ElementTree.fromstring(self.pgcheck("--format=junit", ".")[1])
        self.assertEqual([case.get("classname") for case in suite.iter("testcase")
                          if case.find("failure") is not None], ["pgcheck.PG00"])


class Options(Tree):
    def test_jobs(self):
        for number in range(9):
            self.write("%d.c" % number, BAD)
        one = self.pgcheck("-j1", ".")
        self.assertEqual(one[0], 1)
        self.assertEqual(self.pgcheck("--jobs", "4", ".")[:2], one[:2])
        self.assertEqual(self.pgcheck("-j", "many", ".")[0], 2)

    def test_spatch_gets_the_timeout(self):
        self.write("a.c", GOOD)
        with open(self.spatch, encoding="utf-8") as file:
            text = file.read()
        with open(self.spatch, "w", encoding="utf-8") as file:
            file.write(text.replace("groups = ", "open(%r, 'a').write(' '.join(sys.argv) + '\\n')\n"
                                    "groups = " % os.path.join(self.top, "argv"), 1))
        self.assertEqual(self.pgcheck("--timeout=7", ".")[0], 0)
        with open(os.path.join(self.top, "argv"), encoding="utf-8") as file:
            self.assertIn(" --timeout 7 ", file.read().splitlines()[-1])

    def test_spatch_from_the_environment(self):
        self.write("a.c", BAD)
        done = subprocess.run([PGCHECK, "."], cwd=self.src, capture_output=True, text=True,
                              check=False, env=dict(os.environ, SPATCH=self.spatch))
        self.assertEqual(done.returncode, 1)
        self.assertIn("spatch 9.9", done.stderr)

    def test_limit_of_lost_functions(self):
        many = "".join("int f%d(void)\n{\n\treturn bio_add_page(1);\n}\n" % n for n in range(98))
        lost = "int lost_%d(void)\n{\n\treturn bio_add_page(1);\n}\n"
        self.write("a.c", many + lost % 0 + lost % 1)
        self.assertEqual(self.pgcheck(".")[0], 0)       # 2.00 % is within the limit
        self.write("a.c", many + lost % 0 + lost % 1 + lost % 2)
        status, _, err = self.pgcheck(".")
        self.assertEqual(status, 2)
        self.assertIn("101 functions, 3 not parsed (2.97 %)", err)

    def test_usage(self):
        self.write("a.c", GOOD)
        for word in ("--nonsense", "--rules=,", "--rules=PG03,PG99", "--explain=PG99", "--jobs",
                     "--format=", "--timeout=soon", "--max-unparsed=few"):
            self.assertEqual(self.pgcheck(".", word)[0], 2, word)

    def test_version_and_help(self):
        self.assertRegex(self.pgcheck("--version")[1], r"^pgcheck \d")
        status, out, _ = self.pgcheck("--help")
        self.assertEqual(status, 0)
        for word in ("--format", "--rules", "--since", "--baseline", "--write-baseline", "--jobs",
                     "--max-unparsed", "--show-unparsed", "--timeout", "--spatch", "--list-rules",
                     "--explain", "--quiet", "Exit status"):
            self.assertIn(word, out)

    def on_terminal(self, *words):
        """The text that a terminal on standard error would show."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([PGCHECK, "--spatch", self.spatch, *words], cwd=self.src,
                              stdout=subprocess.DEVNULL, stderr=theirs) as child:
            os.close(theirs)
            out = b""
            while True:
                try:
                    part = os.read(ours, 4096)
                except OSError:
                    break
                if not part:
                    break
                out += part
        os.close(ours)
        return out.decode()

    def test_progress(self):
        self.write("a.c", GOOD)
        self.assertIn("1 of 1 files", self.on_terminal("."))
        self.assertEqual(self.on_terminal("--quiet", "."), "")
        self.assertNotIn("1 of 1 files", self.pgcheck(".")[2])


class Known(Tree):
    def test_baseline_has_no_lines(self):
        self.write("a.c", BAD)
        self.pgcheck("--write-baseline=one", ".")
        self.write("a.c", "\n\n" + BAD)
        self.pgcheck("--write-baseline=two", ".")
        with open(os.path.join(self.src, "one"), encoding="utf-8") as one, \
             open(os.path.join(self.src, "two"), encoding="utf-8") as two:
            self.assertEqual(one.read(), two.read())

    def test_no_baseline_without_a_verdict(self):
        self.write("a.c", BAD)
        self.write("b.c", GOOD + "/* CRASH */\n")
        self.assertEqual(self.pgcheck("--write-baseline=base", ".")[0], 2)
        self.assertFalse(os.path.exists(os.path.join(self.src, "base")))

    def test_stale_entry_in_all_formats(self):
        self.write("a.c", BAD)
        self.pgcheck("--write-baseline=base", ".")
        self.write("a.c", GOOD)
        for name in Files.NAMES:
            status, out, _ = self.pgcheck("--baseline=base", "--format=" + name, ".")
            self.assertEqual(status, 1, name)
            self.assertIn("stale entry", out)

    def test_entry_of_another_rule_is_not_stale(self):
        self.write("a.c", BAD)
        self.pgcheck("--write-baseline=base", ".")
        self.write("a.c", GOOD)
        self.assertEqual(self.pgcheck("--baseline=base", "--rules=PG01", ".")[0], 0)

    def test_since_with_staged_deleted_and_moved_lines(self):
        self.git("init", "-q")
        for name in ("a.c", "gone.c", "dir/b.c"):
            self.write(name, BAD)
        self.git("add", ".")
        self.git("commit", "-qm", "x")
        os.unlink(os.path.join(self.src, "gone.c"))
        self.write("a.c", "/* moved */\n" + BAD)
        self.assertEqual(self.pgcheck("--since=HEAD", ".")[0], 0)
        self.write("dir/b.c", BAD + BAD.replace("f(", "g("))
        self.git("add", ".")
        status, out, _ = self.pgcheck("--since=HEAD", "dir")
        self.assertEqual((status, out), (1, "dir/b.c:7:2: error: it is bad [PG03]\n"))
        self.assertEqual(self.pgcheck("--since=HEAD", "a.c")[0], 0)


if __name__ == "__main__":
    unittest.main()
