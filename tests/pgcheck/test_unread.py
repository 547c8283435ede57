#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A file that was not read is not clean: no C, or lines lost in the copy for spatch."""
import json
import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

from test_pgcheck import BAD, GOOD, TOOL, Tree  # noqa: E402
from pgchecklib import csource, rules, slices  # noqa: E402

CUT = "int g(void)\n{\n#ifdef X /* it goes\n\ton here */ x\n\ty;\n#endif\n}\n"


class NotC(Tree):
    def put(self, content):
        with open(self.write("a.c", ""), "wb") as file:
            file.write(content)

    def not_analysed(self, content, why):
        self.put(content)
        status, out, err = self.pgcheck(".")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("a.c: not analysed: " + why, err)

    def test_wide_characters(self):
        for coding in ("utf-16", "utf-32"):
            self.not_analysed(BAD.encode(coding), "is " + coding.upper())
        self.not_analysed(BAD.encode("utf-16-le"), "has NUL bytes")

    def test_nul_bytes(self):
        self.not_analysed(GOOD.encode() + b"\0", "has NUL bytes")

    def test_pointers(self):
        for text in (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
                     b"../.git/annex/objects/x/y\n"[3:], b"/annex/objects/MD5-s9--0\n"):
            self.not_analysed(text, "is a pointer to a large file")

    def test_text_that_is_no_c(self):
        for text in (b"../other/file.c", b"Not found\n", b"<html><style>a { b: c; }</style></html>\n"):
            self.not_analysed(text, "is not C")

    def test_conflict(self):
        self.not_analysed(b"<<<<<<< HEAD\n%s=======\n%s>>>>>>> theirs\n"
                          % (BAD.encode(), GOOD.encode()), "has the marks of a conflict")
        self.put(GOOD.replace("1", "1 <<<<<<< 2").encode())
        self.assertEqual(self.pgcheck(".")[0], 0)

    def test_line_ends(self):
        for end in ("\r\n", "\r"):
            self.put(("#include <linux/bio.h>\n" + BAD).replace("\n", end).encode())
            self.assertEqual(self.pgcheck(".")[:2], (1, "a.c:4:2: error: it is bad [PG03]\n"))

    def test_parts_of_c(self):
        for text in (b"", b"\n/* nothing */\n", b"#define A 1\n", b"0x1, 0x2,\n", b"ENTRY(a, b)\n",
                     b"\xef\xbb\xbfint a;\n", b"/* \xe9 */ int a;\n"):
            self.put(text)
            self.assertEqual(self.pgcheck(".")[0], 0, text)

    def test_end_within_a_function(self):
        self.not_analysed(GOOD.encode().rstrip(b"}\n") + b"\n", "ends within braces")

    def test_other_files_are_analysed(self):
        self.put(b"\xff\xfe\0")
        self.write("b.c", BAD)
        self.assertEqual(self.pgcheck(".")[:2], (2, "b.c:3:2: error: it is bad [PG03]\n"))


class Copies(Tree):
    """The copy that spatch gets in place of a file."""

    def sliced(self, text):
        chosen = [rule for rule in rules.load(TOOL) if rule.id == "PG03"]
        return slices.Slice(csource.functions(text), text, chosen)

    def test_comment_that_a_directive_begins(self):
        cut = self.sliced(CUT + GOOD)
        blank = re.sub(r"/\*|\*/|\t|\b(it goes|on here|x|y;)", lambda found:
                       " " * len(found.group(0)), CUT)
        self.assertEqual(cut.text(), blank + GOOD)
        self.assertFalse(cut.whole)

    def test_comment_in_what_is_kept(self):
        text = CUT.replace("y;", "bio_add_page();")
        self.assertEqual(self.sliced(text).text().split("\n")[2].rstrip(), "#ifdef X")
        self.assertEqual(self.sliced(text).text().split("\n")[3].strip(), "")

    def test_strings_in_directives_stay(self):
        text = CUT.replace("#ifdef X /*", "#define Y \"/*\" 'a' /*") + GOOD
        self.assertIn("#define Y \"/*\" 'a'", self.sliced(text).text())

    def test_copies_that_have_other_functions_are_not_used(self):
        text = GOOD + "int g(void)\n{\n\treturn 1;\n}\n"
        cut = self.sliced(text)
        cut._empty = [csource.Function("f", (1, 4), (0, len("int f("), text.index("int g")))]
        self.assertEqual(cut.text(), text)
        self.assertTrue(cut.whole)

    def test_function_lost_in_the_copy(self):
        """spatch gets the whole file if it does not find a function in the copy."""
        self.write("a.c", "int n_one(void)\n{\n\tNEEDED;\n}\n" + BAD.replace("f(", "flaky("))
        with open(self.spatch, encoding="utf-8") as file:
            text = file.read()
        with open(self.spatch, "w", encoding="utf-8") as file:
            file.write(text.replace('startswith("lost")',
                                    'startswith("lost" if "NEEDED" in text else "flaky")'))
        status, out, err = self.pgcheck(".")
        self.assertEqual((status, out), (1, "a.c:7:2: error: it is bad [PG03]\n"))
        self.assertIn("1 functions, 0 not parsed", err)

    def test_the_whole_file_fails(self):
        self.write("a.c", "int n_one(void)\n{\n\tCRASH;\n}\n" + GOOD.replace("f(", "lost_f("))
        status, _, err = self.pgcheck("--max-unparsed=100", ".")
        self.assertEqual(status, 2)
        self.assertIn("a.c: not analysed: functions are lost, and the whole file fails", err)

    def test_function_of_old_c(self):
        old = "int old(bio)\n\tstruct bio *bio;\n{\n\tbio_add_page(bio);\n}\n"
        self.assertEqual([item.name for item in csource.strange(old + GOOD)], [csource.UNNAMED])
        for text in ("struct s {\n\tint a;\n};\n", "int a[] = { f(1) };\n", GOOD,
                     "typedef struct __packed {\n\tint a;\n} t;\n", "extern \"C\" {\n}\n"):
            self.assertEqual(csource.strange(text), [], text)
        self.write("a.c", old + GOOD)
        status, _, err = self.pgcheck(".")
        self.assertEqual(status, 2)
        self.assertIn("not parsed: a.c:3: (no name)", err)
        self.write("a.c", old.replace("bio_add_page", "other") + GOOD)
        self.assertEqual(self.pgcheck(".")[0], 0)

    def test_what_is_lost_is_named(self):
        self.write("a.c", GOOD + GOOD.replace("f(", "lost_f("))
        status, _, err = self.pgcheck("--max-unparsed=50", ".")
        self.assertEqual(status, 0)
        self.assertIn("not parsed: a.c:5: lost_f", err)


class Places(Tree):
    def test_columns_are_characters(self):
        self.write("a.c", BAD.replace("\tBAD", "\t/* \u00fc\U0001f600 */ BAD"))
        status, out, _ = self.pgcheck("--format=text", "--format=sarif=s", ".")
        self.assertEqual((status, out), (1, "a.c:3:11: error: it is bad [PG03]\n"))
        with open(os.path.join(self.src, "s"), encoding="utf-8") as file:
            result = json.load(file)["runs"][0]["results"][0]
        region = result["locations"][0]["physicalLocation"]["region"]
        self.assertEqual((region["startColumn"], region["endColumn"]), (11, 14))

    def test_from_any_directory(self):
        self.git("init", "-q")
        self.write("dir/a.c", BAD)
        inner = os.path.join(self.src, "dir")
        self.assertEqual(self.pgcheck("--write-baseline=dir/base", ".")[0], 0)
        for cwd, word, base in ((self.src, ".", "dir/base"), (inner, ".", "base"),
                                (inner, "a.c", "base"), (self.top, "src", "src/dir/base")):
            self.assertEqual(self.pgcheck("--baseline=" + base, word, cwd=cwd)[:2], (0, ""), cwd)
            self.assertIn('"uri": "dir/a.c"', self.pgcheck("--format=sarif", word, cwd=cwd)[1])
        self.write("dir/a.c", GOOD)
        for cwd, word, base in ((inner, ".", "base"), (self.top, "src", "src/dir/base")):
            self.assertIn("stale entry: PG03 in dir/a.c",
                          self.pgcheck("--baseline=" + base, word, cwd=cwd)[1])

    def test_clone_without_history(self):
        self.git("init", "-q")
        for text in (GOOD, BAD):
            self.write("a.c", text)
            self.git("add", ".")
            self.git("commit", "-qm", "x")
        copy = os.path.join(self.top, "copy")
        subprocess.run(["git", "clone", "-q", "--depth=1", "file://" + self.src, copy], check=True)
        status, _, err = self.pgcheck("--quiet", "--since=HEAD~1", ".", cwd=copy)
        self.assertEqual((status, err.count("\n")), (2, 1))
        self.assertIn("HEAD~1 is not in this shallow clone; fetch the history", err)
        self.assertNotIn("shallow", self.pgcheck("--since=HEAD~9", ".")[2])


if __name__ == "__main__":
    unittest.main()
