# SPDX-License-Identifier: GPL-2.0
"""PG06: pages were taken, and an error return neither releases them nor hands them on."""
import re

from . import facts, tree, unwind
from .adders import ERRNO, RAW, adder, refused
from .graph import reach
from .pages import Taken, Ways
from .paths import NEGATIVE, POSITIVE, ZERO, assign, follow, known_at, place, refine, sign

RULE = "PG06"

_LEFT = "pages of %s() on line %d are neither released nor reverted on this way out"
_BEFORE = "pages that %s() on line %d took before are neither released nor reverted on this way out"


def check(function, world):
    seen = set()
    for at, message in _all(function, world):
        line = function.unit.place(at)[0]
        if line not in seen:
            seen.add(line)
            yield at, message


def _all(function, world):
    for step in function.graph.steps:
        if step.expr is None:
            continue
        for call in tree.calls(step.expr):
            places = taking(call, function, world)
            if places:
                taken = Taken(call, step, function, places)
                if taken.counts == "zero" and not taken.own_structure():
                    continue
                yield from _kept(taken, world)
    yield from unwind.check(function, world)


def taking(call, function, world):
    """facts.GET of a call, also of a function of the run that returns the result of one."""
    name = tree.called(call)
    if name in facts.GET:
        return facts.GET[name]
    called = world.callee(function, call)
    if not called or called is function or len(called.text) > 1500 or \
            not called.calls & facts.GET.keys():
        return None
    if "takes" not in called.facts:
        called.facts["takes"] = _find_takes(called)
    return called.facts["takes"]


def _find_takes(function):
    """return pin_user_pages_fast(addr, n, flags, pages);"""
    for value in function.returns():
        for end in [value] + function.values.resolve(value):
            call = tree.bare(end)
            places = facts.GET.get(tree.called(call))
            if not places or len(call.args) <= places[0]:
                continue
            array = call.args[places[0]]
            count = function.param(tree.base(call.args[places[1]])) if places[1] is not None else None
            if function.param(tree.base(array)) is not None:
                return (lambda outer: outer_place(array, function, outer)), count, places[2]
    return _pins_for_caller(function)


def _pins_for_caller(function):
    """A function that returns 0 once it has pinned pages into a structure of its caller."""
    for step in function.graph.steps:
        for call in tree.calls(step.expr, facts.GET) if step.expr is not None else ():
            places = facts.GET[tree.called(call)]
            array = tree.bare(call.args[places[0]]) if len(call.args) > places[0] else None
            if not isinstance(array, tree.Member) or function.param(tree.base(array)) is None:
                continue
            kept = reach([after for after, _ in step.after], lambda other: other.expr is not None and any(
                facts.PUT.match(tree.called(one)) for one in tree.calls(other.expr)))
            if any(end.kind == "return" and end.value is not None and tree.number(end.value) == 0 for end in kept):
                return (lambda outer: outer_place(array, function, outer)), None, "zero"
    return None


def outer_place(node, function, call):
    """What an expression of a called function is in the function that calls it."""
    return tree.substitute(node, {name: arg for (_, name), arg in zip(function.params, call.args)})


class _Search:
    """Follows the paths from one call on which the function keeps the pages."""

    def __init__(self, taken, world):
        self.taken, self.ways = taken, Ways(taken, world)
        self.found, self.world = [], world
        self.steps = {}

    # Data: (given, where the error came from, was it taken before).
    # given is the place of the result of a call that the pages went to.
    def visit(self, step, env, data):
        given, error, again = data
        if step is self.taken.step:
            return (None, None, True) if given is None else None
        if step.kind == "return" and given is None:
            self.leave(step, env, error, again)
        if given is None:
            gives = self.ways.gives(step)
            if gives is True:
                return None
            if gives:
                return self.handed(step, gives, data)
        elif step.expr is not None and (_sets(step.expr, given) or self.ways.gives(step) is True):
            return None
        if step.expr is not None:
            error = self.new_error(step, env, error)
        return given, error, again

    def handed(self, step, call, data):
        """Passes the pages to a function that may refuse them, if its result is tested."""
        called = self.world.callee(self.taken.function, call)
        if called and not _may_fail(called) and not self.ways.one_of_several(call):
            return None
        one = adder(call, self.taken.function, self.world)
        if one and one.kind == RAW and step.kind == "test":
            way = refused(step.expr, call, RAW)
            return ("refused" if way else "accepted", data[1], data[2]) if way is not None else None
        given = _holder(step.expr, call)
        if given:
            return given, None, data[2]
        if step.kind == "test" and (facts.FAILS.match(tree.called(call)) or
                                    not called and self.keeps(step)):
            return data
        return None

    def keeps(self, step):
        """Does one way out of a condition give the pages back, so that the call in the condition
        has not taken them over?"""
        ends = [any(other.expr is not None and other is not step and
                    any(facts.PUT.match(tree.called(one)) and self.ways.about(one)
                        for one in tree.calls(other.expr))
                    for other in reach([after], lambda other: other is step))
                for after, _ in step.after]
        return self.taken.one and len(ends) == 2 and ends[0] != ends[1]

    def new_error(self, step, env, error):
        """The step that sets a variable to an error."""
        for part in tree.walk(step.expr):
            if isinstance(part, tree.Assign) and part.op == "=" and sign(part.right, env) == NEGATIVE:
                self.steps[part.at] = _start(step)
                return step
        return error

    def edge(self, step, way, envs, data):
        given, error, again = data
        before, known = envs
        if given in ("refused", "accepted"):
            return (None, error, again) if way == (given == "refused") else None
        if _unpinned(step.expr, way):
            return None
        if self.taken.one and given is None and not again and self.one(step.expr, way):
            return None
        changed = [name for name in known if known[name] == NEGATIVE and before.get(name) != NEGATIVE]
        if not changed and step.expr is not None:
            name = place(step.expr)
            # if (err) after err = call(): an error, if it is one at all.
            if way and name and known.get(name) == frozenset("-+") and self.of_call(name):
                known[name] = NEGATIVE
                changed = [name]
        if given is not None:
            if given in changed:
                return None, step, again
            return data
        return (given, step if changed else error, again)

    def of_call(self, name):
        """Does a variable hold the result of a call that returns 0 or an errno?"""
        values = self.taken.function.values.to.get(name, ())
        return any(isinstance(tree.bare(value), tree.Call) and tree.called(tree.bare(value)) not in facts.GET
                   for value in values) and bool(re.match(r"^(ret|rc|err|error|res|r|status|retval|result|rv)\w*$", name))

    def one(self, expr, way):
        """Has the call asked for one page and got none, after this answer?"""
        node = tree.bare(expr)
        if not isinstance(node, tree.Binary) or tree.number(node.right) != 1:
            return False
        left = tree.bare(node.left)
        mine = left is self.taken.call or place(left) == self.taken.result and self.taken.result
        return bool(mine) and (node.op, way) in (("!=", True), ("==", False), ("<", True))

    def leave(self, step, env, error, again):
        value = step.value
        if value is None:
            return
        inner = tree.bare(value)
        if isinstance(inner, tree.Name) and inner.text in ("NULL", "false") or \
                sign(value, env) == NEGATIVE and isinstance(inner, (tree.Unary, tree.Call, tree.Number)):
            self.found.append((step.at, again))
        elif sign(value, env) == NEGATIVE or again and tree.text(value) == self.taken.result and \
                "-" in sign(value, env) and "+" not in sign(value, env):
            self.found.append((_start(error) if error is not None else step.at, again))


def _unpinned(expr, way):
    """Is this the way for an iterator whose pages are not pinned?"""
    name = tree.called(tree.bare(expr))
    return name in ("iov_iter_extract_will_pin", "user_backed_iter") and not way or \
        name == "iov_iter_is_kvec" and way


def _start(step):
    """Where the statement or condition of a step begins."""
    return min([part.at for part in tree.walk(step.expr)] + ([step.at] if step.kind != "test" else []))


def _holder(expr, call):
    """Where the result of a call goes, if it is looked at by itself."""
    if isinstance(expr, tree.Declare):
        return expr.name if expr.value is not None and tree.bare(expr.value) is call else None
    for part in tree.walk(expr):
        if isinstance(part, tree.Assign) and tree.bare(part.right) is call:
            return place(part.left)
    return None


def _sets(expr, name):
    return any(isinstance(part, tree.Assign) and tree.text(part.left) == name for part in tree.walk(expr))


def _may_fail(function):
    """Can a function of the run return an error and leave the pages to its caller?"""
    return any(facts.OWN is None or tree.number(value) != 0 for value in function.returns()) and \
        not any(facts.PUT.match(name) for name in function.calls) and \
        not re.search(r"\b\w*(free|release|destroy|put|cleanup|teardown|unmap)\w*\s*\(", function.text)


def _kept(taken, world):
    """The error returns on which the function still has the pages."""
    search = _Search(taken, world)
    if search.ways.gives(taken.step) is True:
        return
    starts = []
    for env in known_at(taken.step, taken.function):
        env = dict(assign(taken.step.expr, env), **search.ways.known())
        if taken.result:
            env[taken.result] = ZERO if taken.counts == "zero" else POSITIVE
        env.update(_answer(taken))
        for after, way in taken.step.after:
            if taken.step.kind == "test" and not _got(taken, way):
                continue
            known = refine(taken.step.expr, way, env) if taken.step.kind == "test" and taken.result else env
            if known is not None:
                starts.append((after, known, (None, None, False)))
    if not follow(starts, search.visit, search.edge):
        return
    line = taken.function.unit.place(taken.call.at)[0]
    for at, again in sorted(search.found):
        yield at, (_BEFORE if again else _LEFT) % (taken.name, line)


def _answer(taken):
    """What holds the answer to a comparison of the result: ok = pin(...) == 1;"""
    for part in tree.walk(taken.step.expr):
        value = tree.bare(part.right) if isinstance(part, tree.Assign) and part.op == "=" else \
            tree.bare(part.value) if isinstance(part, tree.Declare) and part.value is not None else None
        if isinstance(value, tree.Binary) and tree.bare(value.left) is taken.call and tree.number(value.right) is not None:
            name = part.name if isinstance(part, tree.Declare) else place(part.left)
            if name and value.op in ("==", ">", ">="):
                return {name: POSITIVE}
            if name and value.op in ("<", "<=") or name and value.op == "!=" and taken.one:
                return {name: ZERO}
    return {}


def _got(taken, way):
    """Can the call have taken pages if the condition around it had this answer?"""
    node = tree.bare(taken.step.expr)
    if taken.counts == "zero" and taken.result is None:
        return (refused(node, taken.call, ERRNO) is True) != way
    if taken.result or not isinstance(node, tree.Binary):
        return taken.result is not None or way
    if tree.bare(node.left) is not taken.call:
        return True
    value = tree.number(node.right)
    if value is None:
        return True
    if taken.one and value == 1:
        return (node.op, way) in (("==", True), ("!=", False), (">=", True), ("<", False))
    return {("<", 0): not way, ("<=", 0): not way, (">", 0): way, (">=", 0): way, ("!=", 0): way,
            ("==", 0): not way, ("<", 1): not way, (">=", 1): way}.get((node.op, value), True)
