# SPDX-License-Identifier: GPL-2.0
"""The pages that a function took, the names for them, and what releases or hands them on."""
import re

from . import facts, tree
from .paths import POSITIVE, ZERO


class Taken:
    """A call that takes references: its step, where the result goes, the array, the count."""

    def __init__(self, call, step, function, places):
        self.call, self.step, self.function = call, step, function
        self.array = places[0](call) if callable(places[0]) else \
            call.args[places[0]] if len(call.args) > places[0] else None
        self.count = call.args[places[1]] if places[1] is not None and len(call.args) > places[1] else None
        self.counts = places[2]
        self.one = self.counts == "one" or self.count is not None and tree.number(self.count) == 1
        self.result = _result(call, step)
        self.names = _names(self.array, function) if self.array is not None else set()

    @property
    def name(self):
        return tree.called(self.call)

    def own_structure(self):
        """Are the pages in a structure that a local variable points to?"""
        base = tree.base(self.array) if self.array is not None else ""
        return base in self.function.values.types and self.function.param(base) is None


def _result(call, step):
    """The spelling of what the result is put in; None if it is only tested."""
    expr = step.expr
    if isinstance(expr, tree.Declare):
        return expr.name if expr.value is not None and tree.bare(expr.value) is call else None
    for part in tree.walk(expr):
        if isinstance(part, tree.Assign) and tree.bare(part.right) is call:
            return tree.text(part.left)
    return None


def _names(array, function):
    """All names under which the function can reach the pages."""
    text = tree.text(array).lstrip("&")
    names = {text, re.split(r"\[| \+ ", text.lstrip("("))[0]}
    for _ in range(3):
        for place, values in function.values.to.items():
            for value in values:
                names |= _more(place, tree.text(value), names)
    names |= _copied_to(function, names)
    # A call that gets the structure with the pages in it gets the pages as well.
    names |= {re.match(r"^\(?(\w+)", name).group(1) for name in set(names)
              if re.match(r"^\(?\w+(->|\.|\[)", name)}
    return {name for name in names if name and name not in ("NULL", "i", "0")}


def _copied_to(function, names):
    """Local variables to whose structures the function copies the pages: memcpy(c->pages, pages, n)"""
    bases = {tree.base(call.args[0]) for call in tree.calls(function.body, ("memcpy", "memmove"))
             if len(call.args) > 1 and isinstance(tree.bare(call.args[0]), tree.Member) and
             mentions(call.args[1], names)}
    return {base for base in bases if function.param(base) is None}


_ALIAS = r"^[&*(]*(?:page_folio\(|compound_head\()?[*&]?%s(?:\[.*?\]|\+\+| \+ .*)?\)*(?:\.\w+)?$"


def _more(place, value, names):
    found = set()
    if place in names and re.match(r"^&?\w+(\.\w+)?$", value):
        found.add(re.match(r"^&?(\w+)", value).group(1))
    if re.match(r"^\w+(\.\w+)?$", place) and \
            any(re.match(_ALIAS % re.escape(name), value) for name in names):
        found.add(place.split(".")[0])
    return found


def mentions(node, names):
    text = tree.text(node) if not isinstance(node, str) else node
    return any(re.search(r"(?<![\w.>])%s(?!\w|\()" % re.escape(name), text) for name in names)


class Ways:
    """What the steps of a function do with the pages of one call."""

    def __init__(self, taken, world):
        self.taken, self.world = taken, world
        self.function = taken.function
        self.loops = _release_loops(self.function, world)
        self.loops |= self.store_loops()

    def known(self):
        """The signs of variables while the function has the pages: a variable that holds them
        is not NULL, and one in which they are stored later does not hold them yet."""
        env = {name: POSITIVE for name in self.taken.names
               if re.match(r"^[A-Za-z_][\w.>-]*$", name)}
        for place, values in self.function.values.to.items():
            if re.match(r"^\w+(->|\.)[\w.>-]+$", place) and place not in self.taken.names and \
                    any(tree.text(value) in self.taken.names for value in values):
                env[place] = ZERO
        return env

    def store_loops(self):
        """Conditions of loops that store the pages somewhere."""
        found = set()
        for node in tree.walk(self.function.body):
            if isinstance(node, (tree.For, tree.While, tree.Each)) and \
                    not any(part is self.taken.call for part in tree.walk(node)) and \
                    any(self.stores(part) for part in tree.walk(node.body) if isinstance(part, tree.Assign)):
                test = node.call if isinstance(node, tree.Each) else node.test
                if test is not None:
                    found.update(tree.walk(test))
        return found

    def gives(self, step):
        """True if a step releases the pages or hands them on for good; the call, if it passes
        them to a function that may refuse them; False if the function keeps them."""
        expr = step.expr
        if expr is None:
            return False
        if expr in self.loops:
            return True
        for call in tree.calls(expr):
            if call is self.taken.call:
                continue
            if releases(call, self.function, self.world):
                return True
        for call in tree.calls(expr):
            if call is not self.taken.call and self.hands(call):
                return call
        return any(self.stores(part) for part in tree.walk(expr) if isinstance(part, tree.Assign))

    def hands(self, call):
        name = tree.called(call)
        if facts.LOOK.match(name) or name in facts.GET or facts.ITER_READS.match(name) or \
                facts.LOG.match(name) or facts.ASSERT.match(name):
            return False
        return any(mentions(arg, self.taken.names) for arg in call.args if not isinstance(arg, tree.Type))

    def about(self, call):
        """Has a call the pages among its arguments?"""
        return any(mentions(arg, self.taken.names) for arg in call.args)

    def one_of_several(self, call):
        """Does a loop pass on one page of the function's own array in each round? If one of
        these calls fails, the function still has the other pages."""
        if not self.own_array() or not any(
                any(part is call for part in tree.walk(node.body))
                for node in tree.walk(self.function.body) if isinstance(node, tree.For)
                and not any(part is self.taken.call for part in tree.walk(node))):
            return False
        values = self.function.values.to
        given = [value for arg in call.args for name in [tree.text(arg).lstrip("&")]
                 for place, some in values.items() if place == name or place.startswith(name + ".")
                 for value in some] + list(call.args)
        return any(isinstance(tree.bare(value), tree.Index) and
                   tree.number(tree.bare(value).index) is None and
                   mentions(tree.bare(value).base, self.taken.names) for value in given)

    def stores(self, node):
        """x->pages = pages; or, where the pages are the caller's, x->n = result;"""
        left = tree.bare(node.left)
        if not isinstance(left, (tree.Member, tree.Unary, tree.Index)) or node.op not in ("=", "+="):
            return False
        place = tree.text(left)
        if isinstance(left, tree.Index) and tree.base(left) in self.function.values.types and \
                self.function.param(tree.base(left)) is None:
            return False                        # an array of its own
        if self.taken.result and self.counts(node.right) and \
                not self.own_array() and tree.bare(node.right) is not self.taken.call:
            return True
        right = tree.bare(node.right)
        if right is self.taken.call or isinstance(right, tree.Call) and facts.LOOK.match(tree.called(right)):
            return False
        return mentions(right, self.taken.names - {tree.base(left)}) and \
            (not mentions(place, self.taken.names) or self.function.param(tree.base(left)) is not None)

    def counts(self, node):
        """Is it the result, or a local variable that was made of it?"""
        return any(mentions(value, {self.taken.result}) for value in
                   [node] + self.function.values.to.get(tree.text(node), []))

    def own_array(self):
        """Is the array a local variable, and no pointer into a structure of the caller?"""
        array = tree.base(self.taken.array) if self.taken.array is not None else ""
        inside = self.function.values.to.get(array, ())
        if inside and all(isinstance(tree.bare(value), tree.Unary) and tree.bare(value).op == "&" and
                          self.function.param(tree.base(tree.bare(value).value)) is not None
                          for value in inside):
            return False
        return array in self.function.values.types and self.function.param(array) is None


def releases(call, function, world, depth=2):
    """Does a call release pages, itself or in the functions of the run that it calls?"""
    name = tree.called(call)
    if facts.PUT.match(name):
        return True
    called = world.callee(function, call)
    return bool(called) and called is not function and puts(called, world, depth)


def puts(function, world, depth=2):
    """Does a function of the run release pages?"""
    if "puts" not in function.facts:
        function.facts["puts"] = False
        function.facts["puts"] = any(facts.PUT.match(name) for name in function.calls) or depth > 0 and any(
            puts(other, world, depth - 1) for other in
            filter(None, (world.find(function.unit, name) for name in function.calls))
            if other is not function and len(other.text) < 4000)
    return function.facts["puts"]


def _release_loops(function, world):
    """The conditions of loops that release pages. Such a loop is assumed to run."""
    found = set()
    for node in tree.walk(function.body):
        if isinstance(node, (tree.For, tree.While, tree.Each)):
            inner = [call for call in tree.calls(node.body) if releases(call, function, world)]
            inner = [call for call in inner if not tree.calls(node.body, facts.GET)]
            if inner:
                test = node.call if isinstance(node, tree.Each) else node.test
                if test is not None:
                    found.update(tree.walk(test))
    return found
