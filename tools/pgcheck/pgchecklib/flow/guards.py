# SPDX-License-Identifier: GPL-2.0
"""Comparisons of pgmaps, folios or pages: what makes a merge safe."""
import re

from . import facts, tree
from .graph import reach


class Guard:
    """A comparison of pgmaps. way: the answer of the test for equal ones; pages: the compared
    expressions, [] where they are not known."""

    def __init__(self, way, pages):
        self.way, self.pages = way, pages


def guard(node, function, world, depth=3):
    """The Guard that a condition is, or None."""
    node = tree.bare(node)
    if not depth:
        return None
    if isinstance(node, tree.Unary) and node.op == "!":
        found = guard(node.value, function, world, depth)
        return found and Guard(not found.way, found.pages)
    if isinstance(node, tree.Binary) and node.op in ("==", "!="):
        return _compared(node, function, world, depth)
    if isinstance(node, tree.Call):
        return _called(node, function, world)
    if isinstance(node, tree.Name):
        values = function.values.to.get(node.text, ())
        found = [guard(value, function, world, depth - 1) for value in values
                 if tree.number(value) is None]
        return found[0] if found and all(found) else None
    if isinstance(node, tree.Assign):
        return guard(node.right, function, world, depth)
    if isinstance(node, tree.Binary) and node.op == "&&":
        return guard(node.left, function, world, depth) or guard(node.right, function, world, depth)
    return None


def _called(node, function, world):
    name = tree.called(node)
    called = world.callee(function, node)
    if called:
        # A function of the run with that name counts only if its body compares.
        if called is function or not compares(called, world):
            return None
        places = facts.GUARD.get(name)
        pages = [node.args[n] for n in places if n < len(node.args)] if places else []
        return Guard(True, pages)
    if name in facts.GUARD:
        pages = [node.args[n] for n in facts.GUARD[name] if n < len(node.args)]
        # A page is always like itself.
        if len(pages) == 2 and tree.text(pages[0]) == tree.text(pages[1]):
            return None
        return Guard(True, pages)
    return None


_FOLIO = re.compile(r"(^|\W|_)(folio|head|hpage|compound)\w*(\[.*\])?$")
_PGMAP = re.compile(r"pgmap\w*(\(.*\))?$")
_PAGE = re.compile(r"(^|\W|_)(bv_)?page(\[.*\])?$|^sg_page\(|^\w*pages?\w*\[[^\]]*\]$|^skb_frag_page\(|^\*?\w*page\w*$")


def _compared(node, function, world, depth):
    left, right = tree.text(node.left), tree.text(node.right)
    if left == right:
        return None
    same = node.op == "=="
    number = tree.number(node.right)
    if number is not None:
        found = guard(node.left, function, world, depth)
        return found and Guard(found.way == (bool(number) == same), found.pages)
    if _is_identity(node.left, left) and _is_identity(node.right, right) or \
            _PGMAP.search(left) or _PGMAP.search(right):
        pages = [call.args[0] for call in (tree.bare(node.left), tree.bare(node.right))
                 if isinstance(call, tree.Call) and tree.called(call) in facts.IDENTITY and call.args]
        return Guard(same, pages if len(pages) == 2 else [])
    if _PAGE.search(left) and _PAGE.search(right) and not _further(node, function):
        return Guard(same, [])
    return None


def _is_identity(node, text):
    node = tree.bare(node)
    return isinstance(node, tree.Call) and tree.called(node) in facts.IDENTITY or \
        bool(_FOLIO.search(text)) or bool(_PGMAP.search(text))


def _further(node, function):
    """Is one side the page behind another one?"""
    for side in (node.left, node.right):
        for value in [side] + function.values.to.get(tree.text(side), []):
            for part in tree.walk(value):
                if isinstance(part, tree.Binary) and part.op in ("+", "-") or \
                        tree.called(part) in facts.NEXT_PAGE:
                    return True
        if tree.text(side) in function.values.opaque and not isinstance(tree.bare(side), tree.Index) and \
                re.search(r"next|expect", tree.text(side)):
            return True
    return False


def compares(function, world):
    """Does the result of a function tell whether two pgmaps are the same?"""
    if "compares" not in function.facts:
        function.facts["compares"] = False
        conditions = [value for value in function.returns()]
        conditions += [step.expr for step in function.graph.steps
                       if step.kind == "test" and step.expr is not None]
        conditions += [value for values in function.values.to.values() for value in values]
        function.facts["compares"] = any(
            guard(part, function, world) for value in conditions for part in tree.walk(value)
            if isinstance(part, (tree.Binary, tree.Call)))
    return function.facts["compares"]


def unguarded(starts, function, world, related=None):
    """The steps that can be reached from starts without a comparison that found equal pgmaps.
    related(guard) is false for a comparison of other pages."""
    def edge(step, way):
        if step.kind != "test":
            return True
        found = _step_guard(step, function, world)
        return not found or way != found.way or related is not None and not related(found)
    return reach(starts, edge=edge)


def _step_guard(step, function, world):
    known = function.facts.setdefault("guards", {})
    if step not in known:
        known[step] = guard(step.expr, function, world)
    return known[step]


def callers_compare(function, world):
    """Does each caller of a static function compare before it calls?"""
    if not function.static or function.is_macro:
        return False
    calls = world.callers(function)
    for caller, call in calls:
        open_steps = unguarded([caller.graph.enter], caller, world)
        for step in open_steps:
            expr = step.expr
            if expr is not None and any(part is call for part in tree.walk(expr)):
                return False
    return bool(calls)
