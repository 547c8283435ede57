# SPDX-License-Identifier: GPL-2.0
"""PG02: the kind of the first page decides for all pages."""
import re

from . import facts, tree
from .graph import reach

RULE = "PG02"


def check(function, world):
    asked = [(call, first) for call, first in _questions(function, world)
             if first and not _compared(call, function)]
    if not asked:
        return
    open_steps = _one_not_asked([function.graph.enter], function, world)
    for call, _ in asked:
        if any(step.expr is not None and any(part is call for part in tree.walk(step.expr))
               for step in open_steps) and not _callers_ask(function, world):
            yield call.at, "%s() of the first element decides for all of them" % tree.called(call)


def _questions(function, world):
    """(call, is the argument the first element) of each test of the kind of a page."""
    for call in tree.calls(function.body):
        which = asks(call, function, world)
        if which is not None and which < len(call.args):
            yield call, is_first(call.args[which], function, world)


def asks(call, function, world):
    """The number of the argument whose kind a call returns, or None."""
    name = tree.called(call)
    if name in facts.KIND:
        return facts.KIND[name]
    called = world.callee(function, call)
    if not called or called is function or not called.calls & facts.KIND.keys() and \
            not called.facts.get("asks"):
        return None
    if "asks" not in called.facts:
        called.facts["asks"] = None
        called.facts["asks"] = _find_asks(called, world)
    return called.facts["asks"]


def _find_asks(function, world):
    """A function that returns the kind of one of its parameters."""
    for value in function.returns():
        for call in tree.calls(value):
            which = asks(call, function, world)
            if which is None or which >= len(call.args):
                continue
            arg = tree.bare(call.args[which])
            while isinstance(arg, tree.Call) and tree.called(arg) in facts.FOLIO:
                arg = tree.bare(arg.args[0])
            if isinstance(arg, tree.Name) and function.param(arg.text) is not None:
                return function.param(arg.text)
    return None


_LIST = re.compile(r"^(\w*_)?(sg|sgl|sg_list|sglist|sgs|bvecs?|bvec_array|vecs?|bip_vec|pages|folios|page_array|page_list|"
                   r"bi_io_vec|upages|pvec|pages_list)$")


def is_first(node, function, world, depth=4):
    """Is this the first element of several, or made from it?"""
    node = tree.bare(node)
    if not depth:
        return False
    if isinstance(node, tree.Name):
        if node.text in function.values.moves:
            return False
        values = function.values.to.get(node.text, ())
        return bool(values) and all(is_first(value, function, world, depth - 1) for value in values)
    if isinstance(node, tree.Call):
        return _first_call(node, function, world, depth)
    if isinstance(node, tree.Choice):
        ways = [way for way in (node.yes, node.no) if tree.number(way) is None]
        return bool(ways) and all(is_first(way, function, world, depth - 1) for way in ways)
    if isinstance(node, tree.Member):
        if node.name in ("bv_page", "page"):
            return _loop_of_one(tree.base(node), function) or _table_start(node.base, function, node.arrow) or \
                is_first(node.base, function, world, depth - 1)
        return False
    if isinstance(node, tree.Index):
        return tree.number(node.index) == 0 and tree.bare(node.index) is not None and \
            _several(node.base, function)
    if isinstance(node, tree.Unary) and node.op == "*":
        inner = tree.bare(node.value)
        return isinstance(inner, (tree.Name, tree.Member)) and bool(_LIST.match(_name(inner))) and \
            tree.text(inner) not in function.values.moves and \
            (not isinstance(inner, tree.Name) or not function.values.to.get(inner.text)) or \
            isinstance(inner, tree.Name) and not _moved_before(node, inner.text, function) and \
            _is_list(inner.text, function)
    if isinstance(node, tree.Unary) and node.op == "&":
        return is_first(node.value, function, world, depth - 1)
    return False


def _first_call(node, function, world, depth):
    name = tree.called(node)
    if name in facts.FIRST:
        return True
    if not node.args:
        return False
    if name in ("bio_iter_iovec", "bio_iter_page"):
        return len(node.args) > 1 and tree.text(node.args[1]).endswith("bi_iter") and \
            not any(isinstance(part, (tree.For, tree.While, tree.Do, tree.Each))
                    for part in tree.walk(function.body))
    if name == "sg_page" or name == "pgmap_sg_page":
        return _table_start(node.args[0], function, True)
    if name in ("pgmap_bvec_page", "bvec_page"):
        return _table_start(node.args[0], function, True) or is_first(node.args[0], function, world, depth - 1)
    if name in facts.FOLIO or name in ("pgmap_plain_page", "pgmap_page"):
        return is_first(node.args[0], function, world, depth - 1)
    called = world.callee(function, node)
    if called and called is not function and len(called.text) < 1500:
        values = called.returns()
        return bool(values) and all(is_first(value, called, world, depth - 1) for value in values
                                    if tree.number(value) is None) and \
            not all(tree.number(value) is not None for value in values)
    return False


def _moved_before(node, name, function):
    """Can a variable have been changed when an expression is evaluated?"""
    if name not in function.values.moves:
        return False
    for step in function.graph.steps:
        if step.expr is not None and any(
                isinstance(part, (tree.Step, tree.Assign)) and
                tree.text(part.value if isinstance(part, tree.Step) else part.left) == name
                for part in tree.walk(step.expr)):
            if any(other.expr is not None and any(part is node for part in tree.walk(other.expr))
                   for other in [step, *reach([after for after, _ in step.after])]):
                return True
    return False


def _loop_of_one(name, function):
    """Is it the variable of a loop that always ends in its first round?"""
    for node in tree.walk(function.body):
        if isinstance(node, tree.Each) and node.call.args and tree.text(node.call.args[0]) == name and \
                isinstance(node.body, tree.Block) and node.body.body:
            return isinstance(node.body.body[-1], (tree.Break, tree.Return)) and not any(
                isinstance(part, tree.Continue) for part in tree.walk(node.body))
    return False


def _name(node):
    node = tree.bare(node)
    return node.name if isinstance(node, tree.Member) else node.text if isinstance(node, tree.Name) else ""


def _several(node, function):
    """Can the array have more than one element?"""
    node = tree.bare(node)
    if isinstance(node, tree.Name):
        sizes = [part.array for part in tree.walk(function.body)
                 if isinstance(part, tree.Declare) and part.name == node.text and part.array is not None]
        return not any(tree.number(size) == 1 for size in sizes)
    return isinstance(node, tree.Member)


def _table_start(node, function, pointer):
    """Does an expression stand for the start of a list or table of entries?"""
    node = tree.bare(node)
    text = tree.text(node)
    if isinstance(node, tree.Unary) and node.op == "&":
        return isinstance(tree.bare(node.value), tree.Index) and \
            tree.number(tree.bare(node.value).index) == 0
    if isinstance(node, tree.Index):
        return tree.number(node.index) == 0 and bool(_LIST.match(_name(node.base)))
    if isinstance(node, tree.Call):
        return tree.called(node) in facts.FIRST or bool(re.search(r"(^|_)sgl(ist)?$", tree.called(node)))
    if not pointer or text in function.values.moves:
        return False
    if isinstance(node, tree.Name):
        values = function.values.to.get(node.text)
        if values:
            return all(_table_start(value, function, True) for value in values
                       if tree.number(value) is None)
        return bool(_LIST.match(node.text)) or _is_list(node.text, function)
    return isinstance(node, tree.Member) and bool(_LIST.match(node.name))


def _is_list(name, function):
    """Is a parameter a list, as a call gets it together with a count?"""
    kind = function.values.types.get(name, "")
    if function.param(name) is None or \
            not re.match(r"(const )?struct ((scatterlist|bio_vec) ?\*|(page|folio) ?\*\*)$", kind):
        return False
    if name in function.values.moves or any(
            isinstance(node, tree.Index) and tree.text(node.base) == name and
            tree.number(node.index) is None for node in tree.walk(function.body)):
        return True
    for call in tree.calls(function.body):
        texts = [tree.text(arg) for arg in call.args]
        if name in texts and len(texts) > texts.index(name) + 1 and \
                tree.called(call) not in ("sg_set_page", "bvec_set_page", "sg_init_one"):
            after = texts[texts.index(name) + 1:]
            if any(re.match(r"^(\w+(->|\.))*\w*(n|cnt|count|nr|num|nents|len)\w*$", text) for text in after):
                return True
    return False


def _compared(call, function):
    """Is the answer only compared with that for another page?"""
    texts = set()
    for node in tree.walk(function.body):
        if isinstance(node, tree.Binary) and node.op in ("==", "!="):
            sides = [list(tree.walk(side)) for side in (node.left, node.right)]
            for own, other in (sides, reversed(sides)):
                if any(part is call for part in own) and \
                        any(tree.called(part) == tree.called(call) for part in other):
                    return True
        if isinstance(node, (tree.Assign, tree.Declare)):
            value = node.right if isinstance(node, tree.Assign) else node.value
            if value is not None and any(part is call for part in tree.walk(value)):
                texts.add(tree.text(node.left) if isinstance(node, tree.Assign) else node.name)
    # The answer is stored, to be compared with those for the other pages.
    for node in tree.walk(function.body):
        if isinstance(node, tree.Binary) and node.op in ("==", "!=") and \
                (tree.text(node.left) in texts or tree.text(node.right) in texts) and \
                tree.calls(node, (tree.called(call),)):
            return True
    return False


def _one(node):
    """Whether there is only one element if a condition is true, or if it is false; None if
    the condition does not test that."""
    node = tree.bare(node)
    if isinstance(node, tree.Call) and tree.called(node) == "iov_iter_extract_bvecs":
        return True
    if not isinstance(node, tree.Binary) or tree.number(node.right) not in (1, 2):
        return None
    left = tree.bare(node.left)
    counted = tree.called(left) in facts.COUNTED if isinstance(left, tree.Call) else \
        isinstance(left, (tree.Name, tree.Member)) and bool(facts.COUNTS.search(_name(left)))
    if not counted:
        return None
    return {("==", 1): True, ("<=", 1): True, ("!=", 1): False, (">", 1): False, ("<", 2): True,
            (">=", 2): False}.get((node.op, tree.number(node.right)))


def _one_not_asked(starts, function, world):
    """The steps that can be reached without a test that there is only one element."""
    def stop(step):
        return step.expr is not None and bool(tree.calls(step.expr, ("iov_iter_extract_bvecs",)))

    def edge(step, way):
        return step.kind != "test" or _one(step.expr) is None or _one(step.expr) != way
    return reach(starts, stop, edge)


def _callers_ask(function, world):
    if not function.static or function.is_macro:
        return False
    calls = world.callers(function)
    for caller, call in calls:
        for step in _one_not_asked([caller.graph.enter], caller, world):
            if step.expr is not None and any(part is call for part in tree.walk(step.expr)):
                return False
    return bool(calls)
