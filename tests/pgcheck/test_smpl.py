#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Unit tests of what the semantic patches ask of the text of an expression."""
import glob
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "tools", "pgcheck"))

from pgchecklib import prefilter                                                    # noqa: E402
from pgchecklib.flow import facts                                                   # noqa: E402
from pgchecklib.smpl import adds, first, merge, report, room, text, unwind, vecs    # noqa: E402


class Where:
    """A place as spatch hands it over."""

    def __init__(self, function="f", line=3, file="a.c"):
        self.file, self.current_element = file, function
        self.line, self.column = str(line), "1"


def rule(name):
    """The text of a rule's semantic patch."""
    with open(glob.glob(os.path.join(TOP, "tools", "pgcheck", "rules", name + "_*.cocci"))[0],
              encoding="utf-8") as file:
        return file.read()


class Names(unittest.TestCase):
    """What SmPL cannot take from Python, a list of identifiers, has the names of the facts."""

    def listed(self, name, variable):
        words = re.search(r"identifier %s = \{([^}]*)\}" % variable, rule(name)).group(1)
        return set(re.findall(r"\w+", words))

    def test_lists(self):
        for name, variable, wanted in (
                ("pg02", "fn", facts.KIND), ("pg03", "fn", facts.ADD),
                ("pg04", "fn", facts.ADD_NOFAIL),
                ("pg06", "get", [name for name in facts.GET if name.startswith("iov_iter_")])):
            with self.subTest(rule=name):
                self.assertEqual(self.listed(name, variable), set(wanted))

    def test_each_rule_asks_for_a_function_that_there_is(self):
        modules = {"pg01": merge, "pg02": first, "pg03": adds, "pg04": room, "pg05": vecs,
                   "pg06": unwind}
        for name, module in modules.items():
            for asked in set(re.findall(r"\b%s\.(\w+)" % name, rule(name))):
                with self.subTest(rule=name, asked=asked):
                    self.assertTrue(hasattr(module, asked))

    def test_prefilter_knows_each_name(self):
        for name, look in prefilter.LOOKS.items():
            for word in look.names():
                body = "int f(struct page *a, struct page *b)\n{ if (%s(a) == g(b)) s->length += 1; }" % word
                with self.subTest(rule=name, word=word):
                    self.assertTrue(look.concerns(facts.Content(body.encode())))
                    self.assertTrue(look.function.search(body))

    def test_prefilter_leaves_out(self):
        for name, look in prefilter.LOOKS.items():
            self.assertFalse(look.concerns(facts.Content(b"int f(int a)\n{\n\treturn a;\n}\n")), name)


class Texts(unittest.TestCase):
    """Blanks, comments, parentheses."""

    def test_forms(self):
        self.assertEqual(text.plain("a  /* b */ +\n c // d"), "a + c")
        self.assertEqual(text.tight("f ( a , & b ) -> c"), "f(a,&b)->c")
        self.assertEqual(text.blanked("a /* (\n{ */ b"), "a     \n     b")

    def test_negated(self):
        for given, wanted in (("! (a == b)", "a == b"), ("!(a) && (b)", None), ("a", None),
                              ("unlikely (! (a))", "a")):
            self.assertEqual(text.negated(given), wanted)

    def test_calls(self):
        self.assertEqual(text.called("f ( a , b )"), ("f", "a,b"))
        self.assertEqual(text.called("a + b"), (None, None))
        self.assertEqual(text.arguments("a, f(b, c), d"), ["a", "f(b, c)", "d"])


class Reports(unittest.TestCase):
    """Findings, and what functions assign."""

    def test_a_place_once(self):
        said, own = [], report.Report()
        own.print = lambda where, words: said.append(words)
        own.say(Where(), "one")
        own.say(Where(), "two")
        self.assertEqual(said, ["one"])
        self.assertTrue(own.has(Where()) and own.affects(Where(line=9)))
        self.assertFalse(own.has(Where(line=9)) or own.affects(Where("g")))

    def test_values(self):
        values = report.Values()
        values.note(Where(), "a", "b  + 1")
        self.assertEqual(values.of(Where(), "a"), ["b + 1"])
        self.assertEqual(values.of(Where("g"), "a"), [])


class Merge(unittest.TestCase):
    """PG01."""

    def test_growth(self):
        for given, wanted in (("sg -> length += len", True), ("bv -> bv_len = bv -> bv_len + 1", True),
                              ("bv -> bv_len = len", False), ("s -> nr ++", True),
                              ("stats -> bytes += n", False), ("a == b", False),
                              ("sg_dma_len (sg) += n", True)):
            self.assertEqual(merge.grows(given), wanted, given)

    def test_tests(self):
        here = Where("tests")
        merge.note("assign", here, "end = page_to_phys (a) + len")
        for given, way in (("page_to_pfn (a) + 1 == page_to_pfn (b)", "=="), ("end != page_to_phys (b)", "!="),
                           ("! (end != start_of (b))", "=="), ("a == NULL", None), ("end == 0", None),
                           ("zone_device_pages_have_same_pgmap (a, b)", None)):
            for wanted in ("==", "!="):
                self.assertEqual(merge.test(given, here, wanted), way == wanted, given)

    def test_guards(self):
        here = Where("guards")
        for given in ("zone_device_pages_have_same_pgmap (a, b)", "page_pgmap (a) == page_pgmap (b)",
                      "page_folio (a) == page_folio (b)"):
            self.assertTrue(merge.guard(given, here), given)
        self.assertFalse(merge.guard("page_to_pfn (a) == page_to_pfn (b)", here))


class Others(unittest.TestCase):
    """PG02 to PG06."""

    def test_first(self):
        here = Where("first")
        first.values.note(here, "page", "bio_first_page_all (bio)")
        for given, wanted in (("sg_page (sgl)", True), ("bio -> bi_io_vec [ 0 ] . bv_page", True),
                              ("page", True), ("pages [ 0 ]", True), ("pages [ i ]", False)):
            self.assertEqual(first.first(given, here), wanted, given)
        self.assertTrue(first.one("bio -> bi_vcnt == 1"))
        self.assertEqual(first.step("sg ++"), "sg")

    def test_refused(self):
        here = Where("refused")
        adds.values.note(here, "ret", "bio_add_page (bio, page, len, 0)")
        for given, way in (("! bio_add_page (b, p, l, 0)", "true"), ("bio_add_page (b, p, l, 0) == l", "false"),
                           ("bio_add_page (b, p, l, 0) < l", "true"), ("ret != len", "true"), ("ret", "false"),
                           ("other", None)):
            for wanted in ("true", "false"):
                self.assertEqual(adds.refused(given, here, wanted), way == wanted, given)

    def test_room(self):
        here, said = Where("room"), []
        room.report.print = lambda where, words: said.append(words)
        room.note_table(here, "bio_alloc", "bdev, nr_pages, opf, gfp")
        room.bounds.note(here, "i < nr_pages")
        room.found(here, "__bio_add_page")
        self.assertEqual(said, [])
        room.bounds.kept.clear()
        room.bounds.note(here, "i < more")
        room.found(here, "__bio_add_page")
        self.assertEqual(len(said), 1)
        room.report.print = None

    def test_vecs(self):
        here, said = Where("vecs", file="drivers/a.c"), []
        vecs.report.print = lambda where, words: said.append(words)
        vecs.note(here, "own", "alloc_page (GFP_KERNEL)")
        vecs.page(here, "own")
        vecs.page(Where("vecs", file="block/bio.c"), "pages [ i ]")
        self.assertEqual(said, [])
        vecs.page(here, "pages [ i ]")
        self.assertEqual(len(said), 1)
        vecs.report.print = None

    def test_unwind(self):
        here = Where("unwind")
        unwind.note_pages(here, "pages")
        unwind.values.note(here, "list", "& pages [ 1 ]")
        for given, wanted in (("unpin_user_pages (pages, n)", True), ("keep (list)", True),
                              ("page_to_pfn (pages [ 0 ])", False), ("s -> pages = pages", True)):
            self.assertEqual(unwind.hand(given, here), wanted, given)
        self.assertTrue(unwind.nothing("n <= 0", "n"))
        self.assertFalse(unwind.nothing("n", "n"))
        self.assertTrue(unwind.not_added("! bio_add_page (bio, pages [ i ], len, 0)", here))
        self.assertTrue(unwind.is_error("err < 0", "err"))


if __name__ == "__main__":
    unittest.main()
