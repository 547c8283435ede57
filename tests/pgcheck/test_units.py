#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Unit tests of the modules that read C code: functions, slices, findings, rules' heads."""
import hashlib
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools", "pgcheck")
sys.dont_write_bytecode = True
sys.path.insert(0, TOOL)

from pgchecklib import cache, config, csource, finding, rules, slices, source  # noqa: E402

GOOD = "int f(void)\n{\n\treturn bio_add_page(1);\n}\n"


class Units(unittest.TestCase):
    def names(self, text):
        return [item.name for item in csource.functions(text)]

    def test_functions(self):
        self.assertEqual(self.names("static int\nf(int a)\n{\n\tif (a) { b(); }\n}\n"), ["f"])
        self.assertEqual(self.names("int x = 1;\nstruct s { int a; };\nint f(void);\n"), [])
        self.assertEqual(self.names("struct s t = { .f = g(1), };\nint h(void) { }\n"), ["h"])
        self.assertEqual(self.names("int f(void) __must_hold(&l)\n{\n}\n"), ["f"])
        self.assertEqual(self.names("#if A\nint f(void)\n{\n#else\nint f(int a)\n{\n#endif\n}\n"
                                    "int g(void)\n{\n}\n"), ["f", "g"])
        self.assertEqual(self.names("/* int f(void) { } */\nchar *s = \"{\";\n"), [])
        self.assertEqual(self.names("module_exit(f)\nstatic int g(void)\n{\n}\n"), ["g"])

    def test_digest_of_a_file_that_fix_changes(self):
        kept, recent = cache.Cache(None), cache.RECENT_NS
        self.addCleanup(setattr, cache, "RECENT_NS", recent)
        with tempfile.NamedTemporaryFile("w+") as file:
            place = source.Place(file.name, "a.c", "a.c")
            for text, cache.RECENT_NS in (("old", -recent), ("new", recent)):
                file.seek(0)
                file.write(text)
                file.flush()
                digest = hashlib.sha256(text.encode()).hexdigest()
                kept.remember(place, digest)
                self.assertEqual(kept.mark(place), digest)

    def sliced(self, text, name="PG03"):
        chosen = [rule for rule in rules.load(TOOL) if rule.id == name]
        cut = slices.Slice(csource.functions(text), text, chosen)
        self.assertEqual([len(line) for line in cut.text().split("\n")],
                         [len(line) for line in text.split("\n")])
        return cut

    def test_slices(self):
        other = "int g(void)\n{\n#if A\n\t\"}\"; x;\n#else\n\ty; /* } */\n#endif\n}\n"
        cut = self.sliced(other + GOOD)
        self.assertEqual([item.name for item in cut.functions], ["f"])
        self.assertIn("bio_add_page", cut.text())
        self.assertNotRegex(cut.text(), "[xy];")
        self.assertIn("#else", cut.text())
        self.assertEqual(self.sliced(other).rules, [])

    def test_slices_keep_callers_and_callees(self):
        text = GOOD + "".join("int %s(void)\n{\n\treturn %s();\n}\n" % pair for pair in (
            ("caller", "f(), helper"), ("helper", "deep"), ("deep", "f1"), ("stranger", "f2")))
        self.assertEqual([item.name for item in self.sliced(text).functions],
                         ["f", "caller", "helper"])

    def test_slices_bring_both_halves_together(self):
        test = "int test(u64 pfn)\n{\n\treturn last == pfn + 1;\n}\n"
        grow = "int grow(struct run *r)\n{\n\treturn r->len++;\n}\n"
        both = "int both(struct run *r)\n{\n\treturn test(r->pfn) && grow(r);\n}\n"
        self.assertEqual([item.name for item in self.sliced(test + grow + both, "PG01").functions],
                         ["test", "grow", "both"])
        self.assertEqual(self.sliced(test + grow, "PG01").rules, [])

    def test_slices_see_else_branches(self):
        text = "#if A\nint f(void)\n{\n}\n#else\n" + GOOD + "#endif\n"
        self.assertEqual(self.sliced(text).rules, ["PG03"])
        self.assertIn("bio_add_page", self.sliced(text).text())

    def test_fingerprints(self):
        place = source.Place("/a.c", "a.c", "a.c")
        items = [finding.Finding(place, line, 1, "error", "m", "PG01") for line in (1, 9)]
        finding.add_fingerprints(items)
        self.assertNotEqual(items[0].fingerprint, items[1].fingerprint)

    def test_headers(self):
        for rule in rules.load(TOOL):
            self.assertRegex(rule.id, r"^PG\d\d$")
            self.assertIn(rule.severity, config.SEVERITIES)
            self.assertEqual("virtual report" in rule.text, rule.path.endswith(".cocci"))
            self.assertTrue(rule.title)


if __name__ == "__main__":
    unittest.main()
