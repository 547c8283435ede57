# SPDX-License-Identifier: GPL-2.0
"""PG03: the result of adding to a bio is ignored, only asserted, or ends the I/O."""
import re

from . import facts, tree
from .adders import ERRNO, RAW, adder, refused
from .graph import reach
from .paths import NEGATIVE, ZERO, assign, follow, is_status, known_at, refine, sign

RULE = "PG03"


def check(function, world):
    calls = [(call, adder(call, function, world)) for call in tree.calls(function.body)]
    calls = [(call, kind) for call, kind in calls if kind]
    if not calls:
        return
    uses = _Uses(function, world)
    for call, kind in calls:
        what = uses.of(call)
        name = tree.called(call)
        if what:
            yield call.at, "the result of %s() is %s" % (name, what)
        elif _final(function, world, call, kind):
            yield call.at, ("warning", "%s() may refuse, which ends the I/O here although a new "
                            "bio would do" % name)


class _Uses:
    """What a function does with the results of calls."""

    def __init__(self, function, world):
        self.function, self.world = function, world
        self.around = {}            # call: the statement that it stands in
        self.stopped = set()        # calls in the argument of an assertion that goes on being a value
        self.note(function.body, None)

    def note(self, node, statement):
        if isinstance(node, (tree.Expression, tree.Declare, tree.If, tree.While, tree.Do, tree.For,
                             tree.Return, tree.Each, tree.Switch, tree.Scope)):
            statement = node
        if isinstance(node, tree.Call):
            self.around[node] = statement
            if self.stops(node):
                self.stopped.update(tree.calls(tree.Block(node.at, list(node.args))))
        for part in tree.children(node):
            self.note(part, statement)

    def of(self, call):
        """"ignored", "only asserted", "never read", "only logged", or ""."""
        statement = self.around[call]
        if call in self.stopped:
            return "only asserted"
        if isinstance(statement, tree.Expression):
            value = _plain(statement.value)
            if any(part is call for part in _dropped(value)):
                return "ignored"
            if self.asserts(value):
                return "only asserted"
            if isinstance(value, tree.Assign) and value.op == "=" and isinstance(tree.bare(value.left), tree.Name) \
                    and tree.bare(value.right) is call:
                return self.later(call, tree.text(value.left))
            if isinstance(value, tree.Assign) and value.op != "=" and self.sums(value):
                return "never read"
        if isinstance(statement, tree.Declare) and statement.value is not None and \
                any(part is call for part in tree.walk(statement.value)) and \
                not isinstance(tree.bare(statement.value), (tree.Choice, tree.Literal)):
            return self.later(call, statement.name)
        if isinstance(statement, tree.For) and statement.step is not None and any(
                part is call for part in _dropped(statement.step)):
            return "ignored"
        if isinstance(statement, tree.If) and self.logs(statement) and \
                any(part is call for part in tree.walk(statement.test)):
            return "only logged"
        return ""

    def stops(self, node):
        """Is a call a macro of the run that stops the machine if its argument is not true, and
        is the argument again if it is?"""
        called = self.world.callee(self.function, node)
        return bool(called) and called.is_macro and \
            bool(re.search(r"\b(BUG|BUG_ON|panic|__builtin_trap|lbug\w*)\s*\(", called.text))

    def sums(self, assign):
        """Is a local variable only added to?"""
        name = tree.text(assign.left)
        if name not in self.function.values.types or self.function.param(name) is not None or \
                name in self.function.values.given:
            return False
        written = {tree.bare(node.left) for node in tree.walk(self.function.body)
                   if isinstance(node, tree.Assign)}
        return not any(isinstance(node, tree.Name) and node.text == name and node not in written
                       for node in tree.walk(self.function.body))

    def asserts(self, node):
        """Is a statement nothing but an assertion?"""
        node = tree.bare(node) if not isinstance(node, tree.Call) else node
        if isinstance(node, tree.Call) and tree.called(node) in ("likely", "unlikely") and node.args:
            node = node.args[0]
        if not isinstance(node, tree.Call):
            return False
        if facts.ASSERT.match(tree.called(node)):
            return True
        called = self.world.callee(self.function, node)
        return bool(called) and called.is_macro and (bool(_COMPLAINS.search(called.text)) or any(
            _complains(self.world.find(called.unit, name)) for name in called.calls))

    def logs(self, node):
        if node.no is not None:
            return False
        parts = node.yes.body if isinstance(node.yes, tree.Block) else [node.yes]
        return bool(parts) and all(isinstance(part, tree.Expression) and
                                   facts.LOG.match(tree.called(tree.bare(part.value)) or "-")
                                   for part in parts)

    def later(self, call, name):
        """What happens to a variable that holds the result."""
        start = next(step for step in self.function.graph.steps if step.expr is not None and
                     any(part is call for part in tree.walk(step.expr)))
        reads, kinds = reach([after for after, _ in start.after],
                             lambda step: _sets(step, name) or step is start), set()
        for step in reads:
            if step is start and not _reads(step, name):
                continue
            if step.kind == "return" and step.value is not None and name in tree.names(step.value):
                return ""
            if step.expr is None or not _reads(step, name):
                continue
            expr = step.expr
            if _plain(expr) is not expr and isinstance(_plain(expr), tree.Name) or \
                    isinstance(expr, tree.Cast) and expr.type == "void":
                continue
            if self.asserts(expr):
                kinds.add("only asserted")
            elif isinstance(tree.bare(expr), tree.Call) and step.kind == "do" and \
                    facts.LOG.match(tree.called(tree.bare(expr))):
                kinds.add("only logged")
            elif step.kind == "test" and self.logged_test(step.expr):
                kinds.add("only logged")
            else:
                return ""
        return kinds.pop() if len(kinds) == 1 else "only asserted" if kinds else "never read"

    def logged_test(self, expr):
        """Does what follows this condition only write to the log?"""
        return any(isinstance(node, tree.If) and self.logs(node) and
                   any(part is expr for part in tree.walk(node.test))
                   for node in tree.walk(self.function.body))


_COMPLAINS = re.compile(r"\b(BUG|panic|WARN\w*|__builtin_trap|lbug\w*|dump_stack)\s*\(")


def _complains(called):
    """Is it a function that does not return, or a short one that warns?"""
    if not called or called.is_macro:
        return False
    return "__noreturn" in called.unit.code[called.head:called.opened] or \
        len(called.text) < 600 and not called.returns() and bool(_COMPLAINS.search(called.text))


def _dropped(node):
    """The parts of a statement whose value nothing uses."""
    node = _plain(node)
    yield node
    if isinstance(node, tree.Comma):
        for part in node.parts:
            yield from _dropped(part)
    elif isinstance(node, tree.Binary) and node.op in ("&&", "||"):
        yield from _dropped(node.right)
    elif isinstance(node, tree.Choice):
        yield from _dropped(node.yes)
        yield from _dropped(node.no)


def _plain(node):
    """The expression without (void), ! and casts."""
    while True:
        if isinstance(node, tree.Cast):
            node = node.value
        elif isinstance(node, tree.Unary) and node.op == "!":
            node = node.value
        else:
            return node


def _sets(step, name):
    """Does a step assign the variable?"""
    expr = step.expr
    if isinstance(expr, tree.Declare):
        return expr.name == name
    return expr is not None and any(isinstance(part, tree.Assign) and part.op == "=" and
                                    tree.text(part.left) == name for part in tree.walk(expr))


def _reads(step, name):
    expr = step.expr
    if isinstance(expr, tree.Declare):
        return expr.value is not None and name in tree.names(expr.value)
    found = [part.text for part in tree.walk(expr) if isinstance(part, tree.Name)]
    written = [tree.text(part.left) for part in tree.walk(expr)
               if isinstance(part, tree.Assign) and part.op == "="]
    return found.count(name) > written.count(name)


def _final(function, world, call, kind):
    """Does a refused add end a loop of adds with an error, without a new bio before?"""
    if _cannot(function, kind):
        return False
    steps = [step for step in function.graph.steps if step.expr is not None and
             any(part is call for part in tree.walk(step.expr))]
    if not steps:
        return False
    own = steps[0]
    names, tested = set(), [own] if own.kind == "test" else []
    if own.kind != "test":
        names = _holders(own, call)
        again = lambda step: any(_sets(step, name) for name in names)
        tested = [step for step in reach([after for after, _ in own.after], again) if step.kind == "test" and
                  refused(step.expr, call, kind.kind, names) is not None] if names else []
    for step in tested:
        way = refused(step.expr, call, kind.kind, names)
        if way is None:
            continue
        out = {label: after for after, label in step.after}
        envs = _again(own, step, not way, kind, function)
        if envs and _ends_in_error(out[way], step, way, function, world, names, kind.kind == ERRNO, envs):
            return True
    return False


def _again(own, step, accepted, kind, function):
    """The envs at the condition on paths that come back to it with the same bio, after an add
    that was accepted."""
    found, out = [], {label: after for after, label in step.after}

    def visit(at, env, data):
        if at is own and own is not step:
            return 2
        if at is step and (data == 2 or own is step):
            if env not in found and len(found) < 20:
                found.append(env)
            return None
        return None if _is_new(at, kind) else data

    starts = []
    for env in known_at(step, function):
        env = refine(step.expr, accepted, assign(step.expr, env))
        if env is not None:
            starts.append((out[accepted], env, 1))
    follow(starts, visit)
    return found


def _holders(step, call):
    """The variable that a step puts the result of a call in."""
    expr = step.expr
    if isinstance(expr, tree.Declare):
        return {expr.name}
    return {tree.text(part.left) for part in tree.walk(expr) if isinstance(part, tree.Assign) and
            tree.bare(part.right) is call}


def _cannot(function, kind):
    """Is a refusal impossible or final? Pages that the function has allocated are not refused
    by a bio whose table it has sized, and zone append has to be one bio."""
    if "REQ_OP_ZONE_APPEND" in function.text:
        return True
    if kind.page is None:
        return False
    return any(facts.OWN.match(tree.called(tree.bare(value))) or
               re.search(r"alloc\w*_(page|folio)|(page|folio)\w*_alloc|_alloc\w*(page|folio)",
                         tree.called(tree.bare(value)))
               for value in [kind.page] + function.values.to.get(tree.text(kind.page), []))


def _is_new(step, kind):
    """Does a step take another bio, or submit the old one?"""
    if step.expr is None:
        return False
    if any(facts.NEW_BIO.search(tree.called(call)) and not facts.OWN.match(tree.called(call)) and
           not re.search(r"page|folio|kmalloc|kzalloc|kcalloc", tree.called(call))
           for call in tree.calls(step.expr)):
        return True
    bio = kind.bio
    return bio is not None and any(isinstance(part, tree.Assign) and part.op == "=" and
                                   tree.text(part.left) == tree.text(bio)
                                   for part in tree.walk(step.expr))


_ASKED = "?"    # an error status may be due to what a call has said since


def _ends_in_error(start, step, way, function, world, names, errno, envs):
    """Does a path lead from a refusal to a return of an error?"""
    found = []
    kind = adder_of(step, function, world)

    heads = _loop_heads(step, function)

    def visit(at, env, data):
        if at.expr is not None:
            if at.expr in heads and not data - {_ASKED}:
                return None             # to the next round, with no error noted
            if _is_new(at, kind) or any(adder(call, function, world) for call in tree.calls(at.expr)):
                return None
            if isinstance(at.expr, tree.Assign) and is_status(at.expr.right) and _ASKED not in data:
                found.append(at)
            data = _errors(at, env, data, step)
            if at.kind == "test" and tree.calls(at.expr):
                data = data | {_ASKED}
        # An error that stands before the call belongs to the next try.
        if at.kind == "return" and at.value is not None and at.at >= step.at:
            value = tree.bare(at.value)
            if sign(at.value, env) == NEGATIVE and tree.text(value) != "-EAGAIN" and (
                    not isinstance(value, tree.Name) or value.text in data or is_status(value)):
                found.append(at)
        return data

    starts = []
    for env in envs:
        env = refine(step.expr, way, assign(step.expr, env))
        if env is not None:
            result = NEGATIVE if errno else ZERO
            env = dict(env, **{name: result for name in names})
            starts.append((start, env, frozenset(name for name in env if env[name] == NEGATIVE)))
    first = _first_values(function)
    follow(starts, visit, lambda at, taken, _, data:
           None if taken and tree.text(at.expr) in first else data)
    return bool(found)


def _loop_heads(step, function):
    """The conditions of the loops around a step."""
    found = set()
    for node in tree.walk(function.body):
        if isinstance(node, (tree.For, tree.While, tree.Do, tree.Each)) and \
                any(part is step.expr for part in tree.walk(node.body)):
            test = node.call if isinstance(node, tree.Each) else node.test
            found.update(tree.walk(test) if test is not None else ())
    return found


def _errors(at, env, known, step):
    """The variables that hold an error after the refusal, or held one before."""
    if not isinstance(at.expr, tree.Assign):
        return known
    name = tree.text(at.expr.left)
    # EAGAIN asks the caller to come again, with a new bio.
    error = sign(at.expr.right, env) == NEGATIVE and at.at >= step.at and tree.text(at.expr.right) != "-EAGAIN"
    return known | {name} if error else known - {name}


def _first_values(function):
    """The conditions that are true in the first round of a loop: p == buf."""
    found = set()
    for node in tree.walk(function.body):
        first = node.first if isinstance(node, tree.For) else None
        value = first.value if isinstance(first, tree.Expression) else None
        if isinstance(value, tree.Assign):
            left, right = tree.text(value.left), tree.text(value.right)
            found |= {"(%s == %s)" % (left, right), "(%s == %s)" % (right, left)}
    return found


def adder_of(step, function, world):
    """The Adder of a step, or an empty one if the step does not add."""
    from .adders import Adder
    for call in tree.calls(step.expr):
        found = adder(call, function, world)
        if found:
            return found
    return Adder(RAW)
