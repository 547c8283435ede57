# SPDX-License-Identifier: GPL-2.0
"""Conditions that ask whether pages are adjacent, and functions that answer that."""
import re

from . import facts, tree
from .addresses import Adjacency, addresses_of, adjacency
from .graph import reach
from .guards import compares, guard
from .lengths import grows_itself


def tests(function, world):
    """(step, Adjacency) of each condition that asks for adjacency."""
    found = []
    for step in function.graph.steps:
        if step.kind == "test" and step.expr is not None:
            one = way(step.expr, function, world)
            if one:
                found.append((step, one))
    return found + _by_flags(function, world, found) + _by_cases(function, world)


def way(node, function, world, depth=3):
    """The Adjacency that a condition tests, directly or through a variable or a function."""
    node = tree.bare(node)
    if not depth:
        return None
    own = addresses_of(function, world)
    found = adjacency(node, own) or _by_relation(node, function, world)
    if found:
        return found
    if isinstance(node, tree.Unary) and node.op == "!":
        found = way(node.value, function, world, depth)
        return found and Adjacency("!=" if found.way == "==" else "==", node, found.pages,
                                   found.complete, found.weak)
    if isinstance(node, tree.Binary) and node.op == "&&":
        if guard(node, function, world):
            return None
        one = way(node.left, function, world, depth) or way(node.right, function, world, depth)
        return one if one and one.way == "==" else None
    if isinstance(node, tree.Binary) and node.op == "||":
        one = way(node.left, function, world, depth) or way(node.right, function, world, depth)
        return one if one and one.way == "!=" else None
    if isinstance(node, tree.Name):
        found = [way(value, function, world, depth - 1)
                 for value in [*function.values.to.get(node.text, ())] + _ands(node.text, function)
                 if tree.number(value) is None]
        return found[0] if found and all(found) else None
    if isinstance(node, tree.Call):
        called = world.callee(function, node)
        inner = called.inlined(node) if called and called.is_macro and called.name not in facts.EXEMPT else None
        found = inner is not None and way(inner, function, world, depth - 1)
        if found:
            return found
        if called and called is not function and tester(called, world):
            pages = set().union(*(own.page_names(arg) for arg in node.args)) if node.args else set()
            return Adjacency(tester(called, world), node, pages, False, called.facts["weak"])
    return None


def _ands(name, function):
    """What a variable is combined with: all &= ..."""
    return [node.right for node in tree.walk(function.body) if isinstance(node, tree.Assign) and
            node.op == "&=" and tree.text(node.left) == name]


def _by_flags(function, world, known):
    """Conditions on a variable that is set to true for adjacent pages alone."""
    flags, found = {}, []
    for step, one in known:
        after = {label: next_ for next_, label in step.after}
        if len(after) < 2:
            continue
        stop = lambda other: other is step
        depends = reach([after[one.way == "=="]], stop) - reach([after[one.way != "=="]], stop)
        for other in depends:
            expr = other.expr
            if isinstance(expr, tree.Assign) and expr.op == "=" and tree.number(expr.right) == 1 and \
                    isinstance(tree.bare(expr.left), tree.Name) and \
                    not guard(step.expr, function, world):
                flags.setdefault(tree.text(expr.left), []).append((expr, one))
    for name, sets in flags.items():
        true = [value for value in function.values.to.get(name, ()) if tree.number(value) != 0]
        if len(true) != len(sets):
            continue
        found += [(step, Adjacency("==", step.expr, sets[0][1].pages, False))
                  for step in function.graph.steps if step.kind == "test" and
                  isinstance(tree.bare(step.expr), tree.Name) and tree.text(step.expr) == name]
    return found


def _by_relation(node, function, world):
    """relate(a, b) == ADJACENT"""
    if not isinstance(node, tree.Binary) or node.op not in ("==", "!="):
        return None
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if tree.text(other).isupper():
            for call in function.values.resolve(side):
                if tree.text(other) in _relations(call, function, world):
                    return Adjacency(node.op, node, (), False)
    return None


def _by_cases(function, world):
    """The cases of a switch over what a function tells of two pages."""
    found = []
    for step in function.graph.steps:
        if not isinstance(step.node, tree.Switch) or step.expr is not step.node.value:
            continue
        near = set()
        for value in [step.expr] + function.values.resolve(step.expr):
            for call in tree.calls(value):
                near |= _relations(call, function, world)
        for case, _ in step.after:
            if near and isinstance(case.node, tree.Case) and case.node.value is not None and \
                    tree.text(case.node.value) in near:
                one = Adjacency("==", case.node.value, (), False)
                one.others = [other for other, _ in step.after if other is not case]
                found.append((case, one))
    return found


def _relations(call, function, world):
    """The constants that the called function returns for adjacent pages alone, if it does not
    compare their pgmaps."""
    called = world.callee(function, call) if isinstance(call, tree.Call) else None
    if not called or called is function or called.is_macro:
        return frozenset()
    if "relations" not in called.facts:
        called.facts["relations"] = frozenset()
        names = {part.text for value in called.returns() for part in tree.walk(value)
                 if isinstance(part, tree.Name) and part.text.isupper()}
        if len(names) > 1 and not compares(called, world):
            called.facts["relations"] = frozenset(_find_relations(called, world))
    return called.facts["relations"]


def _find_relations(function, world):
    for value in function.returns():
        one = way(value.test, function, world) if isinstance(value, tree.Choice) else None
        if one:
            yield tree.text(value.yes if one.way == "==" else value.no)
    for step, one in tests(function, world):
        after = {label: next_ for next_, label in step.after}
        if len(after) < 2:
            continue
        stop = lambda other: other is step
        for end in reach([after[one.way == "=="]], stop) - reach([after[one.way != "=="]], stop):
            if end.kind == "return" and isinstance(end.value, tree.Name) and end.value.text.isupper():
                yield end.value.text


def tester(function, world):
    """"==" or "!=" if the function tells whether pages are adjacent and does not compare
    their pgmaps; else None."""
    if "tester" not in function.facts:
        function.facts["tester"] = None
        function.facts["tester"] = _find_tester(function, world)
    return function.facts["tester"]


def _find_tester(function, world):
    if not re.search(r"==|!=", function.text) or function.name in facts.EXEMPT:
        return None
    returned = function.returns()
    if not returned or compares(function, world) or grows_itself(function, world):
        return None
    for value in returned:
        one = way(value, function, world)
        if one:
            function.facts["weak"] = one.weak
            return one.way
    function.facts["weak"] = False
    numbers = {tree.number(value) for value in returned}
    if 0 not in numbers or not numbers <= {0, 1, None} or not numbers - {0}:
        return None
    for step, one in tests(function, world):
        after = {label: next_ for next_, label in step.after}
        if len(after) < 2 or one.weak:
            continue
        ends = [other for other in reach([after[one.way != "=="]], lambda other: other is step)
                if other.kind == "return"]
        if ends and all(end.value is not None and tree.number(end.value) == 0 for end in ends):
            return "=="
    return None


def for_others(function):
    """A test of pages that other files can use."""
    pages = sum(1 for kind, _ in function.params
                if re.search(r"struct (bio_vec|scatterlist|page) ?\*$", kind))
    return pages >= 2 and not function.is_macro and (function.unit.header or not function.static)
