#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Unit tests of the runner. A stand-in for spatch makes them fast and exact."""
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools", "pgcheck")
PGCHECK = os.path.join(TOOL, "pgcheck")
sys.dont_write_bytecode = True
sys.path.insert(0, TOOL)  # for those that import this, too

# Reports each "BAD" as PG03, names all functions but those called lost_*.
FAKE_SPATCH = r'''#!/usr/bin/env python3
import re, sys, time
if "--version" in sys.argv:
    print("spatch version 9.9\nPython scripting support: yes")
    sys.exit(0)
if sys.argv[sys.argv.index("-D") + 1] == "patch":
    text = open(sys.argv[sys.argv.index("--cocci-file") + 2]).read()
    if "PG03" in open(sys.argv[sys.argv.index("--cocci-file") + 1]).read():
        text = re.sub(r"BAD\((\w+)\);", r"return \1(1);", text)
    open(sys.argv[sys.argv.index("--cocci-file") + 2], "w").write(text)
    sys.exit(0)
print(len(sys.argv), file=open(sys.argv[0] + ".runs", "a"))
groups = open(sys.argv[sys.argv.index("--file-groups") + 1]).read().split()  # at blanks, as spatch
for path in groups:
    text = open(path).read()
    print("HANDLING: " + path, file=sys.stderr)
    if "SLEEP" in text:
        print(path, file=open(sys.argv[0] + ".asleep", "a"), flush=True)
        time.sleep(120)
    if "ABORT" in text:
        print("EXN: Coccinelle_modules.Common.Timeout in " + path, file=sys.stderr)
        continue
    if "HANG" in text:
        print("timeout (we abort): " + path, file=sys.stderr)
        continue
    if "CRASH" in text:
        sys.exit(2)
    for number, line in enumerate(text.split("\n"), 1):
        if "BAD" in line:
            print("%s:%d:%d-%d: error: it is bad [PG03]"
                  % (path, number, len(line[:line.index("BAD")].encode()),
                     len(line[:line.index("BAD") + 3].encode())))
        found = re.match(r"int (\w+)\(", line)
        if found and not found.group(1).startswith("lost"):
            print("pgcheck-function\t%s\t%d\t%s" % (path, number, found.group(1)))
'''
BAD = "int f(void)\n{\n\tBAD(bio_add_page);\n}\n"
GOOD = "int f(void)\n{\n\treturn bio_add_page(1);\n}\n"


class Tree(unittest.TestCase):
    """A directory to work in, with the stand-in."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.top = holder.name
        self.src = os.path.join(self.top, "src")
        os.mkdir(self.src)
        self.spatch = os.path.join(self.top, "spatch")
        with open(self.spatch, "w", encoding="utf-8") as file:
            file.write(FAKE_SPATCH)
        os.chmod(self.spatch, stat.S_IRWXU)
        self.env = dict(os.environ, XDG_CACHE_HOME=os.path.join(self.holder(), "cache"))

    def holder(self):
        """Another directory, which goes with the test."""
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        return holder.name

    def write(self, name, text):
        path = os.path.join(self.src, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def pgcheck(self, *words, cwd=None, stdin=None):
        done = subprocess.run([PGCHECK, "--spatch", self.spatch, *words], cwd=cwd or self.src,
                              env=self.env, capture_output=True, text=True, check=False,
                              input=stdin)
        return done.returncode, done.stdout, done.stderr

    def runs(self):
        """How often the stand-in was started for an analysis since the last call."""
        try:
            with open(self.spatch + ".runs", encoding="utf-8") as file:
                count = len(file.readlines())
            os.unlink(self.spatch + ".runs")
            return count
        except FileNotFoundError:
            return 0

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
                       cwd=self.src, check=True, capture_output=True)


class Status(Tree):
    def test_clean(self):
        self.write("a.c", GOOD)
        self.assertEqual(self.pgcheck(".")[:2], (0, ""))

    def test_findings(self):
        self.write("a.c", BAD)
        self.assertEqual(self.pgcheck("a.c")[:2], (1, "a.c:3:2: error: it is bad [PG03]\n"))

    def test_nothing_to_analyse(self):
        self.assertEqual(self.pgcheck(".")[0], 2)
        self.assertEqual(self.pgcheck("missing.c")[0], 2)
        self.assertEqual(self.pgcheck()[0], 2)

    def test_no_spatch(self):
        self.write("a.c", GOOD)
        self.assertEqual(self.pgcheck("--spatch", "/nonexistent/spatch", ".")[0], 2)

    def test_spatch_that_checks_nothing(self):
        self.write("a.c", GOOD)
        with open(self.spatch, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho spatch version 1\necho Python scripting support: yes\n")
        self.assertEqual(self.pgcheck(".")[0], 2)

    def test_timeout_and_crash(self):
        for word in ("HANG", "ABORT", "CRASH"):
            self.write("a.c", GOOD + "/* %s */\n" % word)
            self.write("b.c", BAD)
            status, out, err = self.pgcheck(".")
            self.assertEqual(status, 2)
            self.assertIn("b.c:3", out)
            self.assertIn("a.c: not analysed", err)

    def test_a_name_is_no_timeout(self):
        for name in ("timeout.c", "Timeout/a.c"):
            self.write(name, BAD)
            self.assertEqual(self.pgcheck(name)[0], 1, name)

    def test_relative_spatch(self):
        self.write("a.c", BAD)
        self.assertEqual(self.pgcheck("--spatch", "../spatch", ".")[0], 1)

    def signalled(self, number):
        """Status of a run that gets a signal as soon as spatch is at its first file,
        and how many files it has begun in the end."""
        asleep = self.spatch + ".asleep"
        with open(asleep, "w", encoding="utf-8"):
            pass
        with subprocess.Popen([PGCHECK, "--spatch", self.spatch, "-j1", "."], cwd=self.src,
                              env=self.env, stderr=subprocess.DEVNULL) as child:
            try:
                for _ in range(300):
                    if os.path.getsize(asleep):
                        break
                    time.sleep(0.1)
                child.send_signal(number)
                status = child.wait(timeout=60)
            finally:
                child.kill()
        with open(asleep, encoding="utf-8") as file:
            return status, len(file.readlines())

    def test_a_signal_ends_it(self):
        for name in ("a.c", "b.c", "c.c"):
            self.write(name, GOOD + "/* SLEEP */\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            self.assertEqual(self.signalled(number), (130, 1))

    def test_unparsed_share(self):
        self.write("a.c", GOOD + GOOD.replace("f(", "lost_one("))
        status, _, err = self.pgcheck("--show-unparsed", ".")
        self.assertEqual(status, 2)
        self.assertIn("1 not parsed (50.00 %)", err)
        self.assertIn("a.c:5: lost_one", err)
        self.assertEqual(self.pgcheck("--max-unparsed=50", ".")[0], 0)

    def test_versions_and_rules(self):
        self.write("a.c", GOOD)
        self.assertIn("spatch 9.9", self.pgcheck(".")[2])
        self.assertEqual(self.pgcheck("--quiet", ".")[2], "")
        self.assertEqual(self.pgcheck("--rules=PG99", ".")[0], 2)
        self.assertEqual(self.pgcheck("--rules=pg04", ".")[0], 0)

    def test_list_and_explain(self):
        status, out, _ = self.pgcheck("--list-rules")
        self.assertEqual((status, len(out.splitlines())), (0, 10))
        self.assertLess(max(map(len, out.splitlines())), 200)
        for number in range(1, 7):
            self.assertIn("PG0%d" % number, self.pgcheck("--explain", "PG0%d" % number)[1])
        self.assertEqual(self.pgcheck("--explain", "PG99")[0], 2)


class Hostile(Tree):
    """Whatever a name or a file is made of: a verdict, or status 2 and one line why."""

    def refused(self, *words):
        status, out, err = self.pgcheck("--quiet", *words)
        self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)
        return err

    def test_names(self):
        for name in ("a b.c", "%41.c", "'$(x);.c", "-x.c", "\u00f6.c"):
            self.write(name, BAD)
            self.assertEqual(self.pgcheck("./" + name)[:2],
                             (1, name + ":3:2: error: it is bad [PG03]\n"))

    def test_names_that_are_no_text(self):
        for name, shown in (("nl\n.c", "nl\\x0a.c"), ("b\udcff.c", "b\\xff.c")):
            path = self.write(name, BAD)
            self.assertEqual(self.pgcheck(".")[:2], (1, shown + ":3:2: error: it is bad [PG03]\n"))
            self.assertEqual(self.pgcheck("--format=text=t", "--format=sarif=s", "--format=junit=j",
                                          "--format=gitlab=l", "--format=github", ".")[0], 1)
            with open(os.path.join(self.src, "s"), encoding="utf-8") as file:
                json.load(file)
            xml.etree.ElementTree.parse(os.path.join(self.src, "j"))
            os.unlink(path)

    def test_source_that_is_no_text(self):
        with open(self.write("a.c", ""), "wb") as file:
            file.write(b"/* \xff\xfe */\r\n" + BAD.encode())
        self.assertEqual(self.pgcheck(".")[:2], (1, "a.c:4:2: error: it is bad [PG03]\n"))

    def test_links(self):
        self.write("a.c", BAD)
        os.symlink(".", os.path.join(self.src, "loop"))
        os.symlink("self.c", os.path.join(self.src, "self.c"))
        os.symlink("a.c", os.path.join(self.src, "again.c"))
        self.assertEqual(self.pgcheck(".")[1].count("\n"), 1)
        self.assertIn("no such file", self.refused("self.c"))

    def test_neither_file_nor_directory(self):
        os.mkfifo(os.path.join(self.src, "p.c"))
        self.write("a.c", GOOD)
        self.assertIn("neither a file nor a directory", self.refused("p.c"))
        self.assertEqual(self.pgcheck(".")[0], 0)

    def test_empty(self):
        self.write("a.c", "")
        self.assertEqual(self.pgcheck(".")[:2], (0, ""))
        os.mkdir(os.path.join(self.src, "none"))
        self.assertIn("no C files", self.refused("none"))

    def test_not_readable(self):
        self.write("dir/a.c", GOOD)
        for name in ("dir/a.c", "dir"):
            path = os.path.join(self.src, name)
            mode = os.stat(path).st_mode
            os.chmod(path, 0)
            if not os.access(path, os.R_OK):
                self.assertIn("Permission denied", self.refused("."))
            os.chmod(path, mode)

    def test_outside_of_a_repository(self):
        self.write("a.c", GOOD)
        self.assertIn("not a git repository", self.refused("--since=HEAD", "."))
        self.write("repo/a.c", BAD)
        subprocess.run(["git", "init", "-q", "repo"], cwd=self.src, check=True)
        self.assertIn("not in the git repository", self.refused("--since=HEAD", "repo", "a.c"))
        self.assertEqual(self.pgcheck("--since=HEAD", "repo")[0], 1)

    def test_not_c(self):
        self.write("a.py", "BAD")
        self.assertIn("a.py: not a C source", self.refused("a.py"))
        self.write("b.c", GOOD)
        self.assertEqual(self.pgcheck(".")[:2], (0, ""))

    def test_numbers(self):
        self.write("a.c", GOOD)
        for word in ("--jobs=0", "--timeout=0", "--timeout=-1", "--max-unparsed=-1",
                     "--max-unparsed=101", "--max-unparsed=nan"):
            self.assertIn(word.split("=")[0], self.refused(word, "."))
        self.assertEqual(self.pgcheck("--jobs=1", "--max-unparsed=0", ".")[0], 0)

    def test_output(self):
        self.write("a.c", BAD)
        # before the run: with this it would fail in another way
        for place in ("none/x", "."):
            self.assertIn("cannot be written",
                          self.refused("--spatch=/nonexistent", "--format=sarif=" + place, "."))
        self.write("base", "{}")
        self.assertIn("baseline", self.refused("--spatch=/nonexistent", "--baseline=base", "."))
        self.refused("--format=sarif=x", "--format=junit=x", ".")
        os.symlink("/dev/null", os.path.join(self.src, "null"))
        self.assertEqual(self.pgcheck("--format=sarif=null", ".")[:2], (1, ""))
        self.assertTrue(os.path.islink(os.path.join(self.src, "null")))


class Allow(Tree):
    def test_with_reason(self):
        for text in ("\tBAD(bio_add_page); /* pgcheck: allow PG03 sized above */\n",
                     "\t/* pgcheck: allow PG03 sized above */\n\tBAD(bio_add_page);\n",
                     "\t/*\n\t * pgcheck: allow PG03 sized above,\n\t * see there\n\t */\n\n"
                     "\tBAD(bio_add_page);\n"):
            self.write("a.c", "int f(void)\n{\n%s}\n" % text)
            self.assertEqual(self.pgcheck(".")[:2], (0, ""), text)

    def test_without_reason_or_use(self):
        self.write("a.c", BAD.replace(";\n", "; /* pgcheck: allow PG03 */\n"))
        status, out, _ = self.pgcheck(".")
        self.assertEqual((status, out.count("\n")), (1, 2))
        self.write("a.c", GOOD + "/* pgcheck: allow PG03 for no line */\n")
        self.assertIn("nothing to allow [PG00]", self.pgcheck(".")[1])

    def test_idle_one_is_an_error_only_where_all_files_are_read(self):
        self.write("sub/a.c", GOOD + "/* pgcheck: allow PG03 of a caller */\n")
        self.write("sub/b.c", GOOD)
        self.write("c.c", GOOD)
        error = ": error: allow PG03 has nothing to allow [PG00]"
        note = ": note: allow PG03 has nothing to allow in the files of this run [PG00]"
        for words in (("sub/a.c",), ("sub",), ("sub", "c.c"), ("--exclude=c.c", ".")):
            status, out, _ = self.pgcheck(*words)
            self.assertEqual(status, 0, words)
            self.assertIn(note, out, words)
        self.assertIn(error, self.pgcheck(".")[1])
        self.write(".pgcheck", 'paths = ["sub"]\n')
        for words in (("sub",), (), (".",), ("sub", "c.c")):
            status, out, _ = self.pgcheck(*words)
            self.assertEqual(status, 1, words)
            self.assertIn(error, out, words)
        self.assertIn(note, self.pgcheck("sub/a.c", "sub/b.c")[1])

    def test_one_that_the_file_alone_needs_is_not_idle(self):
        text = ("int vecs(struct bio *bio)\n{\n\t/* pgcheck: allow PG07 made in b.c */\n"
                "\treturn bio->bi_vcnt + 1;\n}\n")
        self.write("a.c", text)
        self.write("b.c", "int all(struct block_device *bdev)\n{\n\tstruct bio *bio = bio_alloc("
                   "bdev, 1, REQ_OP_READ, GFP_KERNEL);\n\n\treturn vecs(bio);\n}\n")
        for words in ((".",), ("a.c",), ("a.c", "b.c")):
            self.assertEqual(self.pgcheck(*words)[:2], (0, ""), words)
        self.write("a.c", text.replace("/* pgcheck", "/* no"))
        self.assertEqual(self.pgcheck(".")[:2], (0, ""))
        self.assertIn("[PG07]", self.pgcheck("a.c")[1])

    def test_of_another_rule(self):
        self.write("a.c", BAD.replace(";\n", "; /* pgcheck: allow PG01 wrong one */\n"))
        self.assertIn("[PG03]", self.pgcheck(".")[1])


class Baseline(Tree):
    def test_known_new_and_stale(self):
        self.write("a.c", BAD)
        self.assertEqual(self.pgcheck("--write-baseline=base", ".")[0], 0)
        self.assertEqual(self.pgcheck("--baseline=base", ".")[:2], (0, ""))
        self.write("a.c", "\n\n\n" + BAD)
        self.assertEqual(self.pgcheck("--baseline=base", ".")[:2], (0, ""))
        self.write("a.c", BAD + BAD.replace("f(", "g("))
        self.assertEqual(self.pgcheck("--baseline=base", ".")[0], 1)
        self.write("a.c", GOOD)
        status, out, _ = self.pgcheck("--baseline=base", ".")
        self.assertEqual(status, 1)
        self.assertIn("error: stale entry: PG03 in a.c (f)", out)
        self.write("b.c", GOOD)
        status, out, _ = self.pgcheck("--baseline=base", "a.c")
        self.assertEqual(status, 0)
        self.assertIn("note: stale entry: PG03 in a.c (f)", out)
        self.assertEqual(self.pgcheck("--baseline=base", "b.c")[0], 0)

    def test_unreadable(self):
        self.write("a.c", GOOD)
        self.write("base", "{}")
        self.assertEqual(self.pgcheck("--baseline=base", ".")[0], 2)
        self.assertEqual(self.pgcheck("--baseline=none", ".")[0], 2)
        for text in ("", "{", "[]", "3", '{"version": 1}', '{"version": 1, "findings": [[]]}',
                     '{"version": 1, "findings": [{"fingerprint": "x"}]}', '{"version": 0}'):
            self.write("base", text)
            status, _, err = self.pgcheck("--quiet", "--baseline=base", ".")
            self.assertEqual((status, err.count("\n")), (2, 1), err)
            self.assertIn("baseline base", err)


class Since(Tree):
    def test_only_new(self):
        self.git("init", "-q")
        self.write("a.c", BAD)
        self.write("same.c", BAD)
        self.git("add", ".")
        self.git("commit", "-qm", "x")
        self.write("a.c", "\n" + BAD + BAD.replace("f(", "g("))
        self.write("new.c", BAD)
        status, out, _ = self.pgcheck("--since=HEAD", ".")
        self.assertEqual(status, 1)
        self.assertEqual([line.split(" ")[0] for line in out.splitlines()], ["a.c:8:2:", "new.c:3:2:"])
        self.assertEqual(self.pgcheck("--since=nonsense", ".")[0], 2)

    def test_renamed(self):
        self.git("init", "-q")
        self.write("a.c", BAD)
        self.git("add", ".")
        self.git("commit", "-qm", "x")
        self.git("mv", "a.c", "b.c")
        self.assertEqual(self.pgcheck("--since=HEAD", ".")[0], 0)


class Formats(Tree):
    def setUp(self):
        super().setUp()
        self.write("dir/a b.c", BAD)

    def run_format(self, name):
        status, out, _ = self.pgcheck("--format=" + name, ".")
        self.assertEqual(status, 1)
        return out

    def test_sarif(self):
        log = json.loads(self.run_format("sarif"))
        run = log["runs"][0]
        result = run["results"][0]
        self.assertEqual(log["version"], "2.1.0")
        self.assertIn(result["ruleId"], [rule["id"] for rule in run["tool"]["driver"]["rules"]])
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], "dir/a%20b.c")
        self.assertEqual(place["region"], {"startLine": 3, "startColumn": 2, "endColumn": 5,
                                           "snippet": {"text": "\tBAD(bio_add_page);"}})
        self.assertEqual(result["level"], "error")
        self.assertTrue(result["partialFingerprints"])

    def test_github(self):
        self.assertEqual(self.run_format("github"),
                         "::error file=dir/a b.c,line=3,col=2,title=PG03::it is bad\n")

    def test_gitlab(self):
        item = json.loads(self.run_format("gitlab"))[0]
        self.assertEqual(item["location"], {"path": "dir/a b.c", "lines": {"begin": 3}})
        self.assertEqual(len(item["fingerprint"]), 32)

    def test_junit(self):
        suite = xml.etree.ElementTree.fromstring(self.run_format("junit")).find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("11", "1"))

    def test_several(self):
        status, out, _ = self.pgcheck("--format=text", "--format=sarif=x.sarif",
                                      "--format=junit=x.xml", ".")
        self.assertEqual((status, out.count("\n")), (1, 1))
        self.assertTrue(os.path.exists(os.path.join(self.src, "x.sarif")))
        self.assertEqual(self.pgcheck("--format=text", "--format=sarif", ".")[0], 2)
        self.assertEqual(self.pgcheck("--format=pdf", ".")[0], 2)


if __name__ == "__main__":
    unittest.main()
