# SPDX-License-Identifier: GPL-2.0
"""Calls that add to a bio and may be refused, directly or through functions of the run."""
import re

from . import facts, tree

RAW, ERRNO = "raw", "errno"     # 0 or false is a refusal; a negative number is one


class Adder:
    """A call that adds. bio and page are its arguments, or None where they are not known."""

    def __init__(self, kind, bio=None, page=None):
        self.kind, self.bio, self.page = kind, bio, page


def adder(call, function, world):
    """The Adder that a call is, or None."""
    name = tree.called(call)
    places = facts.ADD.get(name) or facts.MUST_CHECK.get(name)
    if places and isinstance(call.fn, tree.Name):
        args = dict(enumerate(call.args))
        return Adder(RAW, args.get(places[0]), args.get(places[1]))
    called = world.callee(function, call)
    if not called or called is function or len(called.text) > 2500:
        return None
    if "adds" not in called.facts:
        called.facts["adds"] = None
        called.facts["adds"] = _kind(called, world)
    kind = called.facts["adds"]
    return Adder(kind) if kind else None


# A function with one of these does I/O of its own, and its result is that of the I/O.
_WHOLE_IO = frozenset(("bio_alloc", "bio_alloc_bioset", "bio_kmalloc", "bio_init", "submit_bio",
                       "submit_bio_wait", "bio_reset"))


def _kind(function, world):
    if not any(name in facts.ADD or name in facts.MUST_CHECK or _may_add(name, function, world)
               for name in function.calls):
        return None
    inner = [call for call in tree.calls(function.body) if adder(call, function, world)]
    if not inner or function.calls & _WHOLE_IO:
        return None
    for value in function.returns():
        for end in function.values.resolve(value):
            if _is_answer(end, inner):
                return adder(inner[0], function, world).kind
            kind = _of_choice(end, inner, function) or _of_test(end, inner)
            if kind:
                return kind
    return next((kind for kind, returns in ((ERRNO, _returns_error), (RAW, _returns_false))
                 if _refusal_is(returns, function, inner)), None)


def _may_add(name, function, world):
    called = world.find(function.unit, name)
    return bool(called and called.calls & facts.ADD.keys())


def _is_answer(value, inner):
    """Is a value the result of an add, or a comparison of it with the length?"""
    value = tree.bare(value)
    if any(value is call for call in inner):
        return True
    return isinstance(value, tree.Binary) and value.op == "==" and tree.number(value.right) != 0 and \
        any(tree.bare(side) is call for side in (value.left, value.right) for call in inner)


def _of_choice(value, inner, function):
    """The kind of "return added == length ? 0 : -ENOBUFS;", or None."""
    if not isinstance(value, tree.Choice):
        return None
    names = {place for place, values in function.values.to.items()
             if any(tree.bare(one) is call for one in values for call in inner)}
    for call in inner:
        way = refused(value.test, call, RAW, names)
        if way is not None:
            refusal = tree.bare(value.yes if way else value.no)
            if isinstance(refusal, tree.Unary) and refusal.op == "-":
                return ERRNO
            return RAW if tree.number(refusal) == 0 else None
    return None


def _of_test(value, inner):
    """The kind of "return !bio_add_page(...);" or of another test of the result, or None."""
    for call in inner:
        way = refused(value, call, RAW)
        if way is not None:
            return ERRNO if way else RAW
    return None


def _refusal_is(returns, function, inner):
    """Does the function have an "if (refused) return -E...;" with nothing else but logging?"""
    holders = {place: call for call in inner for place, values in function.values.to.items()
               if any(tree.bare(value) is call for value in values)}
    for node in tree.walk(function.body):
        if isinstance(node, tree.If):
            names = tree.names(node.test) & holders.keys()
            part = [call for call in inner if any(call is one for one in tree.walk(node.test))] + \
                [holders[name] for name in sorted(names)]
            if part and refused(node.test, part[0], RAW, names) is True and returns(node.yes):
                return True
    return False


def _last(node):
    """The returned value, if returning is all that a branch does; else None."""
    parts = node.body if isinstance(node, tree.Block) else [node]
    if not parts or not isinstance(parts[-1], tree.Return) or \
            any(not isinstance(part, tree.Expression) or not facts.LOG.match(tree.called(tree.bare(part.value)))
                for part in parts[:-1]):
        return None
    return parts[-1].value


def _returns_error(node):
    value = tree.bare(_last(node))
    return isinstance(value, tree.Unary) and value.op == "-"


def _returns_false(node):
    value = _last(node)
    return value is not None and tree.number(value) == 0


_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def refused(node, call, kind, names=()):
    """Whether the add was refused if a condition is true, or if it is false; None if the
    condition does not test the result. names are the variables that hold the result."""
    node = tree.bare(node)
    mine = lambda value: tree.bare(value) is call or tree.text(value) in names or \
        isinstance(tree.bare(value), tree.Assign) and mine(tree.bare(value).right)
    if isinstance(node, tree.Unary) and node.op == "!":
        found = refused(node.value, call, kind, names)
        return None if found is None else not found
    if isinstance(node, tree.Assign):
        return refused(node.right, call, kind, names)
    if mine(node):
        return kind == ERRNO
    if isinstance(node, tree.Call) and node.args and node is not call and \
            re.search(r"expect|ensure|verify", tree.called(node)):
        return refused(node.args[-1], call, kind, names)
    if isinstance(node, tree.Call) and tree.called(node) in ("IS_ERR", "IS_ERR_VALUE") and \
            node.args and mine(node.args[0]):
        return True
    if isinstance(node, tree.Binary) and node.op in _TURNED:
        op, other = node.op, node.right
        if not mine(node.left):
            if not mine(node.right):
                return None
            op, other = _TURNED[op], node.left
        return _compared(op, tree.number(other) == 0, kind)
    return None


def _compared(op, zero, kind):
    if kind == ERRNO:
        return {"<": True, "!=": True, "==": False, ">=": False, "<=": True, ">": False}[op] \
            if zero else None
    if op in ("==", "!="):
        return (op == "==") == zero
    return op in ("<", "<=")
