#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The configuration file, the options that go with it, standard input, patches, the cache."""
import os
import sqlite3
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

from test_pgcheck import BAD, GOOD, Tree  # noqa: E402

NOTE = BAD.replace("BAD(bio", "NOTE(bio")
FOUND = "a.c:3:2: error: it is bad [PG03]\n"


class Repository(Tree):
    def setUp(self):
        super().setUp()
        self.git("init", "-q")
        self.write("a.c", BAD)
        # A second word, for a finding of another severity.
        with open(self.spatch, encoding="utf-8") as file:
            text = file.read()
        with open(self.spatch, "w", encoding="utf-8") as file:
            file.write(text.replace('''        found = re.match(r"int''', '''        if "NOTE" in line:
            print("%s:%d:1-2: note: look [PG03]" % (path, number))
        found = re.match(r"int'''))


class File(Repository):
    def refused(self, text, why):
        self.write(".pgcheck", text)
        status, out, err = self.pgcheck("--quiet", ".")
        self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)
        self.assertIn(why, err)

    def test_paths_and_exclude(self):
        self.write("dir/b.c", BAD)
        self.write("dir/compat/c.c", BAD)
        self.write("dir/d.mod.c", BAD)
        self.write(".pgcheck", 'paths = ["dir"]\nexclude = ["*/compat", "*.mod.c"]\n')
        status, out, err = self.pgcheck()
        self.assertEqual((status, out), (1, "dir/" + FOUND.replace("a.c", "b.c")))
        self.assertIn("2 files are excluded", err)
        self.assertEqual(self.pgcheck(cwd=os.path.join(self.src, "dir"))[1],
                         FOUND.replace("a.c", "b.c"))
        self.assertEqual(self.pgcheck("dir/compat/c.c")[:2], (0, ""))
        self.assertEqual(self.pgcheck("--exclude=dir/b.c")[:2], (0, ""))
        self.assertEqual(self.pgcheck("--exclude=nothing", "a.c")[:2], (1, FOUND))

    def test_rules(self):
        self.write(".pgcheck", 'rules = ["PG01"]\n')
        self.assertIn("; rules PG01\n", self.pgcheck(".")[2])
        self.assertIn("; rules PG03\n", self.pgcheck("--rules=PG03", ".")[2])
        self.refused('rules = ["PG99"]\n', "no rule PG99")

    def test_levels(self):
        self.write("a.c", NOTE)
        status, out, err = self.pgcheck(".")
        self.assertEqual((status, out), (0, "a.c:3:2: note: look [PG03]\n"))
        self.assertIn("1 findings, 1 of them below warning", err)
        self.assertEqual(self.pgcheck("--fail-on=note", ".")[0], 1)
        self.write(".pgcheck", 'fail-on = "note"\n')
        self.assertEqual(self.pgcheck(".")[0], 1)
        self.assertEqual(self.pgcheck("--fail-on=error", ".")[0], 0)
        self.write("a.c", BAD)
        self.assertEqual(self.pgcheck("--fail-on=error", ".")[0], 1)
        self.refused('fail-on = "never"\n', "fail-on is not one of note, warning, error")

    def test_levels_in_junit(self):
        self.write("a.c", NOTE)
        self.assertIn('failures="0"', self.pgcheck("--format=junit", ".")[1])
        self.assertIn("look [PG03]</system-out>", self.pgcheck("--format=junit", ".")[1])
        self.assertIn('failures="1"', self.pgcheck("--format=junit", "--fail-on=note", ".")[1])

    def test_baseline(self):
        self.assertEqual(self.pgcheck("--write-baseline=base", ".")[0], 0)
        self.write(".pgcheck", 'baseline = "base"\n')
        self.assertEqual(self.pgcheck(".")[:2], (0, ""))
        self.assertEqual(self.pgcheck("src", cwd=self.top)[:2], (0, ""))

    def test_limit_of_lost_functions(self):
        self.write("a.c", GOOD + GOOD.replace("f(", "lost_f("))
        self.write(".pgcheck", "max-unparsed = 50\n")
        self.assertEqual(self.pgcheck(".")[0], 0)
        self.assertEqual(self.pgcheck("--max-unparsed=49", ".")[0], 2)

    def test_names_reach_the_rules(self):
        with open(self.spatch, "a", encoding="utf-8") as file:
            file.write("if any(word.endswith('.c') for word in groups) and 'MY_ASSERT' not in "
                       "open(sys.argv[sys.argv.index('--cocci-file') + 1]).read(): sys.exit(3)\n")
        self.assertEqual(self.pgcheck(".")[0], 2)
        self.write(".pgcheck", '[project]\nasserts = ["MY_ASSERT"]\n')
        self.assertEqual(self.pgcheck(".")[0], 1)

    def test_wrong_settings_are_refused(self):
        for text, why in (("paths = 3\n", "paths is not a list"), ("nonsense = 1\n", "no setting"),
                          ("rules = [1]\n", "rules is not a list"), ("[", ".pgcheck"),
                          ("max-unparsed = 101\n", "max-unparsed"), ("project = 1\n", "no"),
                          ("max-unparsed = true\n", "max-unparsed"),
                          ("[project]\nothers = []\n", "no project.others"),
                          ('[project]\nasserts = ["a b"]\n', "is no name"),
                          ("baseline = 1\n", "baseline"), ("paths = []\n\xff\0", ".pgcheck")):
            self.refused(text, why)
        self.assertIn("none.toml", self.pgcheck("--config=none.toml", ".")[2])

    def test_another_file(self):
        self.write(".pgcheck", "nonsense = 1\n")
        self.write("dir/own.toml", 'fail-on = "error"\n')
        self.assertEqual(self.pgcheck("--config=dir/own.toml", ".")[0], 1)


class Regions(Repository):
    def check(self, text):
        self.write("a.c", text)
        return self.pgcheck(".")[:2]

    def test_region(self):
        begin = "/* pgcheck: allow-begin PG03 all of these are sized */\n"
        end = "/* pgcheck: allow-end PG03 */\n"
        two = BAD + BAD.replace("f(", "g(")
        self.assertEqual(self.check(begin + two + end), (0, ""))
        self.assertEqual(self.check(begin + two + end + BAD.replace("f(", "h("))[1].count("\n"), 1)
        for text, why in ((begin + two, "has no end"), (two + end, "ends without a beginning"),
                          (begin + begin + two + end, "begins twice"),
                          (begin + GOOD + end, "has nothing to allow"),
                          (begin.replace("all of these are sized ", "") + two + end,
                           "gives no reason")):
            status, out = self.check(text)
            self.assertEqual(status, 1)
            self.assertIn("allow PG03 %s [PG00]" % why, out)


class Stdin(Repository):
    def test_source(self):
        self.assertEqual(self.pgcheck("-", stdin=BAD)[:2], (1, FOUND.replace("a.c", "stdin.c")))
        self.assertEqual(self.pgcheck("-", "--stdin-name=a.c", stdin=GOOD)[:2], (0, ""))
        self.assertEqual(self.pgcheck("-", stdin="\0")[0], 2)

    def test_configuration_of_the_name(self):
        self.write("dir/.pgcheck", 'exclude = ["a.c"]\n')
        self.assertEqual(self.pgcheck("-", "--stdin-name=dir/a.c", stdin=BAD)[0], 0)
        self.assertEqual(self.pgcheck("-", "--stdin-name=dir/b.c", stdin=BAD)[0], 1)

    def test_usage(self):
        for words in (("-", "a.c"), ("-", "--fix"), ("-", "--diff"), ("-", "--since=HEAD"),
                      ("-", "--stdin-name=a.py"), ("-", "--write-baseline=x")):
            status, out, err = self.pgcheck("--quiet", *words, stdin=BAD)
            self.assertEqual((status, out, err.count("\n")), (2, "", 1), words)


class Patches(Repository):
    def read(self, name):
        with open(os.path.join(self.src, name), encoding="utf-8") as file:
            return file.read()

    def test_fix(self):
        os.chmod(os.path.join(self.src, "a.c"), 0o640)
        status, out, err = self.pgcheck("--fix", ".")
        self.assertEqual((status, out), (0, ""))
        self.assertIn("a.c: changed", err)
        self.assertEqual(self.read("a.c"), GOOD)
        self.assertEqual(os.stat(os.path.join(self.src, "a.c")).st_mode & 0o777, 0o640)

    def test_diff(self):
        status, out, _ = self.pgcheck("--diff", ".")
        self.assertEqual(status, 1)
        self.assertEqual(self.read("a.c"), BAD)
        subprocess.run(["patch", "-sp1"], input=out, text=True, cwd=self.src, check=True)
        self.assertEqual(self.read("a.c"), GOOD)

    def test_fix_keeps_allowed_and_known_findings(self):
        allowed = BAD.replace("f(", "g(").replace(
            ";\n", "; /* pgcheck: allow PG03 sized by the caller */\n")
        self.write("a.c", BAD + "\n\n\n" + allowed)
        self.assertEqual(self.pgcheck("--fix", ".")[0], 0)
        self.assertEqual(self.read("a.c"), GOOD + "\n\n\n" + allowed)
        self.write("a.c", BAD)
        self.pgcheck("--write-baseline=base", ".")
        self.assertEqual(self.pgcheck("--fix", "--baseline=base", ".")[0], 0)
        self.assertEqual(self.read("a.c"), BAD)

    def test_fix_leaves_crlf_files(self):
        with open(os.path.join(self.src, "a.c"), "wb") as file:
            file.write(BAD.replace("\n", "\r\n").encode())
        status, _, err = self.pgcheck("--fix", ".")
        self.assertEqual(status, 1)
        self.assertIn("a.c: is not UTF-8 with LF and stays as it is", err)

    def test_not_both(self):
        self.assertEqual(self.pgcheck("--fix", "--diff", ".")[0], 2)


class Cached(Repository):
    def age(self):
        """As if nothing had been written for some seconds."""
        old = time.time() - 60
        for folder, _, names in os.walk(self.src):
            for name in names:
                os.utime(os.path.join(folder, name), (old, old))
        time.sleep(2.1)

    def test_second_run(self):
        first = self.pgcheck(".")
        self.assertGreater(self.runs(), 0)
        self.age()
        for _ in range(2):      # by content, then by the times of the file
            again = self.pgcheck(".")
            self.assertEqual(again[:2], first[:2])
            self.assertEqual(self.runs(), 0)
        self.write("b.c", BAD)
        self.assertEqual(self.pgcheck(".")[1].count("\n"), 2)
        self.assertEqual(self.runs(), 1)
        self.assertGreater(self.pgcheck("--no-cache", ".") and self.runs(), 1)

    def test_changes(self):
        self.age()
        self.pgcheck(".")
        self.write("a.c", GOOD)
        self.assertEqual(self.pgcheck(".")[:2], (0, ""))
        self.runs()
        self.pgcheck("--rules=PG01,PG03", ".")
        self.assertGreater(self.runs(), 0)
        self.write(".pgcheck", '[project]\nadders = ["add"]\n')
        self.pgcheck(".")
        self.assertGreater(self.runs(), 0)

    def test_comments_and_baselines_are_not_kept(self):
        self.write("a.c", BAD.replace(";", "; /* pgcheck: allow PG03 sized */"))
        for _ in range(2):
            self.assertEqual(self.pgcheck(".")[:2], (0, ""))
        self.assertIn("nothing to allow", self.pgcheck("--write-baseline=x", ".")[1] +
                      self.pgcheck("-", stdin=GOOD + "/* pgcheck: allow PG03 x */\n")[1])

    def test_failures_are_not_kept(self):
        self.write("a.c", GOOD + "/* CRASH */\n")
        self.assertEqual(self.pgcheck(".")[0], 2)
        with open(self.spatch, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(self.pgcheck(".")[0], 2)
        info = os.stat(self.spatch)
        with open(self.spatch, "w", encoding="utf-8") as file:
            file.write(text.replace('"CRASH"', '"crash"'))
        os.utime(self.spatch, ns=(info.st_atime_ns, info.st_mtime_ns))
        self.assertEqual(self.pgcheck(".")[0], 0)

    def test_damaged_and_unwritable(self):
        self.pgcheck(".")
        path = os.path.join(self.env["XDG_CACHE_HOME"], "pgcheck", "cache.sqlite")
        sqlite3.connect(path).close()
        with open(path, "wb") as file:
            file.write(b"damaged" * 1000)
        for _ in range(2):
            self.assertEqual(self.pgcheck(".")[:2], (1, FOUND))
        self.assertEqual(self.pgcheck("--cache=/proc/nothing", ".")[:2], (1, FOUND))
        self.write("file", "")
        self.assertEqual(self.pgcheck("--cache=file", ".")[:2], (1, FOUND))


if __name__ == "__main__":
    unittest.main()
