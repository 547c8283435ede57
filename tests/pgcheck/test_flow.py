#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Unit tests of the checks by data flow: facts, parser, graph, values that cross files."""
import os
import re
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "tools", "pgcheck"))

from pgchecklib import config                                        # noqa: E402
from pgchecklib.cache import Cache                                   # noqa: E402
from pgchecklib.flow import engine, facts, lexer, run, tree, unit    # noqa: E402
from pgchecklib.flow.world import World                              # noqa: E402


def found(text, rules=None, name="a.c"):
    """(line, rule) pairs of a text."""
    return [(one.line, one.rule) for one in engine.check([unit.Unit(name, text)], rules)]


class Facts(unittest.TestCase):
    """Each name is known wherever it has to be."""

    def test_every_word_is_planted(self):
        for rule, words in facts.WORDS.items():
            for word in words:
                text = "int f(struct page *page) { return %s(page); }\n" % word
                with self.subTest(rule=rule, word=word):
                    self.assertTrue(facts.concerns(facts.Content(text.encode())))
                    own = unit.Unit("a.c", text)
                    self.assertEqual([f.name for f in engine.concerned(own, rule, World([own]))],
                                     ["f"])

    def test_addresses_by_name_need_segments(self):
        self.assertTrue(facts.concerns(facts.Content(b"struct scatterlist *s; u64 prev_phys;")))
        self.assertFalse(facts.concerns(facts.Content(b"struct firmware *s; u64 prev_phys;")))

    def test_pgmap_bio(self):
        """Each function of the headers is known by some check."""
        text = ""
        for name in ("pgmap_bio.h", "pgmap_pages.h"):
            with open(os.path.join(TOP, "include", "linux", name), encoding="utf-8") as file:
                text += file.read()
        names = re.findall(r"^(?:static .*|[\w ]*\*?|pgmap_\w+\(.*)?\b((?:__)?pgmap_\w+)\((?!\))", text, re.MULTILINE)
        names = sorted(set(names) | set(re.findall(r"^#define (pgmap_\w+)\(", text, re.MULTILINE)))
        self.assertGreater(len(names), 35)
        tables = (facts.ADDRESS, facts.PAGE, facts.FOLIO, facts.GUARD, facts.KIND, facts.FIRST,
                  facts.ADD, facts.MUST_CHECK, facts.SET, facts.EACH, facts.IDENTITY, facts.GET,
                  facts.COMPATIBLE)
        for name in names:
            with self.subTest(name=name):
                self.assertTrue(any(name in table for table in tables) or facts.PUT.match(name)
                                or facts.LOOK.match(name))

    def test_assertions(self):
        for name in ("BUG_ON", "WARN_ON_ONCE", "VM_BUG_ON_PAGE", "ASSERT", "LASSERT", "LASSERTF",
                     "VERIFY3U", "DBG_BUGON", "WARN_ALWAYS", "EBUG_ON", "KUNIT_EXPECT_EQ"):
            with self.subTest(name=name):
                self.assertTrue(facts.ASSERT.match(name))
        for name in ("WARNING_LEVEL", "debug_on", "reassert", "bio_add_page"):
            with self.subTest(name=name):
                self.assertFalse(facts.ASSERT.match(name))

    def test_project(self):
        """Each kind of the configuration has its place here."""
        kept = (facts.ASSERT, facts.OWN, facts.PUT, dict(facts.KIND), dict(facts.GUARD),
                dict(facts.ADD), dict(facts.WORDS))
        try:
            facts.learn({kind: ["my_" + kind] for kind in config.KINDS})
            self.assertIn("my_predicates", facts.KIND)
            self.assertIn("my_guards", facts.GUARD)
            self.assertIn("my_adders", facts.ADD)
            for pattern, name in ((facts.ASSERT, "my_asserts"), (facts.OWN, "my_allocators"),
                                  (facts.PUT, "my_releases")):
                self.assertTrue(pattern.match(name))
            self.assertEqual(found("void f(struct bio *b, struct page *p)\n{\n"
                                   "\tmy_adders(b, p, 1, 0);\n}\n"), [(3, "PG03")])
        finally:
            facts.ASSERT, facts.OWN, facts.PUT, facts.KIND, facts.GUARD, facts.ADD, facts.WORDS = kept
            facts.compile_words()


class Reading(unittest.TestCase):
    """The parser's trees of C code."""

    def function(self, body, head="int f(int a)"):
        text = "%s\n{\n%s\n}\n" % (head, body)
        made = unit.Unit("a.c", text).functions["f"]
        self.assertEqual(made.lost, [])
        return made

    def test_statements(self):
        self.function("""
            struct x y = { .a = 1, [2] = { 3 }, }, *z = &y;
            unsigned long __maybe_unused n __free(kfree) = (unsigned long)a * sizeof(*z);
            for (int i = 0; i < 3; i++) { if (a) continue; else break; }
            list_for_each_entry(z, &head, node) scoped_guard(mutex, &lock) a++;
            do a--; while (a > 0);
            switch (a) { case 1 ... 3: a = 2; fallthrough; default: goto out; }
            asm volatile("nop" : "=r"(a));
            a = ({ int t = a; t ?: 4; }) + (typeof(a))7;
            BUILD(u8, ==, 3);
            a = f((entry) { .pme = a });
        out:
            return a ? : -1;""")

    def test_a_statement_that_cannot_be_read(self):
        """It is lost, the code around it is not."""
        text = "int f(int a)\n{\n\ta = 1;\n\ta @ b;\n\tg(a);\n\treturn 2;\n}\n"
        made = unit.Unit("a.c", text).functions["f"]
        self.assertEqual(len(made.lost), 1)
        self.assertEqual([tree.called(call) for call in tree.calls(made.body)], ["g"])

    def test_branches(self):
        """The newest kernel first, and each condition has one answer."""
        text = """#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 9, 0)
            old
            #elif defined(HAVE_A)
            first
            #else
            second
            #endif
            #ifndef HAVE_A
            third
            #endif
            #if 0
            never
            #endif"""
        words = [token.text for token in lexer.tokens(text)][:-1]
        self.assertEqual(words, ["first"])
        words = [token.text for token in lexer.tokens(text, variant=1)][:-1]
        self.assertEqual(words, ["old"])

    def test_both_branches_are_checked(self):
        text = """void f(struct bio *b, struct page *p)
{
#ifdef A
	g(b);
#else
	bio_add_page(b, p, 1, 0);
#endif
}
"""
        self.assertEqual(found(text), [(6, "PG03")])


class Files(unittest.TestCase):
    """Values that cross files, and the cache of them."""

    HELPER = "int put_it(struct bio *b, struct page *p)\n{\n\treturn %s(b, p, 1, 0);\n}\n"
    USER = "void f(struct bio *b, struct page *p)\n{\n\tput_it(b, p);\n}\n"

    def check(self, helper, cache):
        texts = {"d/a.c": self.HELPER % helper, "d/b.c": self.USER}
        entries = []
        for name, text in texts.items():
            entries.append(run.Entry(name, text, run.index(unit.Unit(name, text)),
                                     lambda text=text: text))
        rule = type("Rule", (), {"id": "PG03", "severity": "error"})
        result = run.Flow([rule], cache, 1).run(entries)
        return {name: [entry["line"] for entry in one.reports] for name, one in result.items()}

    def test_a_wrapper_in_another_file(self):
        self.assertEqual(self.check("bio_add_page", Cache(None)), {"d/a.c": [], "d/b.c": [3]})

    def test_a_change_in_the_other_file(self):
        """The cached result of the caller is not used when the callee changes."""
        with tempfile.TemporaryDirectory() as folder:
            for helper, lines in (("bio_add_page", [3]), ("other", []), ("bio_add_page", [3])):
                cache = Cache(folder)
                self.assertEqual(self.check(helper, cache)["d/b.c"], lines)
                cache.close()

    def test_kernels(self):
        """Before 6.17 bvec_try_merge_page() compared by itself."""
        text = "void f(struct bio_vec *b, struct page *p)\n{\n\tbvec_try_merge_page(b, p, 1, 0);\n}\n"
        with tempfile.TemporaryDirectory() as folder:
            for level, lines in (("12", []), ("17", [3])):
                with open(os.path.join(folder, "Makefile"), "w", encoding="utf-8") as file:
                    file.write("# SPDX\nVERSION = 6\nPATCHLEVEL = %s\nSUBLEVEL = 0\n" % level)
                own = unit.Unit("a.c", text)
                own.kernel = run.kernel_of(os.path.join(folder, "drivers", "md"), {})
                self.assertEqual([one.line for one in engine.check([own])], lines)

    def test_many_files_in_processes(self):
        rule = type("Rule", (), {"id": "PG03", "severity": "error"})
        texts = {"d/%d.c" % n: self.USER.replace("put_it", "bio_add_folio").replace("p);", "p, 1, 0);")
                 for n in range(3 * run.SHARE)}
        entries = [run.Entry(name, text, run.index(unit.Unit(name, text)), lambda text=text: text)
                   for name, text in texts.items()]
        result = run.Flow([rule], Cache(None), 2).run(entries)
        self.assertEqual({len(one.reports) for one in result.values()}, {1})
        self.assertEqual(len(result), len(texts))


if __name__ == "__main__":
    unittest.main()
