# SPDX-License-Identifier: GPL-2.0
"""The control-flow graph of a function.

Conditions are split at && and ||, so that each test has two successors. The graph is built
from its end: each part is told its successor.
"""
from . import tree

_ENDS = ("BUG", "panic", "__builtin_unreachable", "unreachable", "BUG_ON_UNREACHABLE", "do_exit")


class Step:
    """A node of the graph. kind is enter, exit, do, test or return; expr is the expression
    that is evaluated, value what a return returns. after holds (successor, way) pairs, where
    way is True or False after a test."""

    __slots__ = ("kind", "node", "expr", "after", "value")

    def __init__(self, kind, node=None, expr=None):
        self.kind, self.node, self.expr = kind, node, expr
        self.after, self.value = [], None

    @property
    def at(self):
        return self.node.at if self.node is not None else -1


def _splits(node):
    """Has the expression a part that is evaluated only under a condition (&&, ||, ?:)?"""
    return any(isinstance(part, tree.Choice) or isinstance(part, tree.Binary) and
               part.op in ("&&", "||") for part in tree.walk(node))


class Graph:
    """Of one function body."""

    def __init__(self, body):
        self.steps, self.labels = [], {}
        self.exit = self.step("exit")
        self.enter = self.step("enter")
        self.breaks, self.continues, self.cases = [], [], []
        self.enter.after.append((self.build(body, self.exit), None))
        self._before = None

    def step(self, kind, node=None, expr=None, after=None):
        made = Step(kind, node, expr)
        if after is not None:
            made.after.append((after, None))
        self.steps.append(made)
        return made

    @property
    def before(self):
        """The steps before each step, as (step, way)."""
        if self._before is None:
            self._before = {step: [] for step in self.steps}
            for step in self.steps:
                for after, way in step.after:
                    self._before[after].append((step, way))
        return self._before

    def label(self, name):
        if name not in self.labels:
            self.labels[name] = self.step("do")
        return self.labels[name]

    # Statements.
    def build(self, node, after):
        if node is None:
            return after
        return getattr(self, "build_" + type(node).__name__, self.build_value)(node, after)

    def build_value(self, node, after):
        return self.evaluate(node, after)

    def build_Block(self, node, after):
        for part in reversed(node.body):
            after = self.build(part, after)
        return after

    def build_Expression(self, node, after):
        if tree.called(tree.bare(node.value)) in _ENDS:
            return self.step("do", node, node.value)
        return self.evaluate(node.value, after)

    def build_Declare(self, node, after):
        return self.step("do", node, node, after)

    def build_If(self, node, after):
        return self.test(node.test, self.build(node.yes, after), self.build(node.no, after))

    def loop(self, head, body, out, again):
        """The body of a loop; again is where "continue" goes."""
        self.breaks.append(out)
        self.continues.append(again)
        entry = self.build(body, again)
        self.breaks.pop()
        self.continues.pop()
        head.after.append((entry, None))
        return entry

    def build_While(self, node, after):
        head, inner = self.step("do"), self.step("do")
        self.loop(inner, node.body, after, head)
        head.after.append((self.test(node.test, inner, after), None))
        return head

    def build_Do(self, node, after):
        head, again = self.step("do"), self.step("do")
        self.loop(head, node.body, after, again)
        again.after.append((self.test(node.test, head, after), None))
        return head

    def build_For(self, node, after):
        head, inner, again = self.step("do"), self.step("do"), self.step("do")
        self.loop(inner, node.body, after, again)
        again.after.append((self.build(node.step, head) if node.step else head, None))
        test = self.test(node.test, inner, after) if node.test else inner
        head.after.append((test, None))
        return self.build(node.first, head)

    def build_Each(self, node, after):
        head, inner = self.step("test", node.call, node.call), self.step("do")
        self.loop(inner, node.body, after, head)
        head.after += [(inner, True), (after, False)]
        return head

    def build_Scope(self, node, after):
        return self.step("do", node.call, node.call, self.build(node.body, after))

    def build_Switch(self, node, after):
        head = self.step("do", node, node.value)
        self.breaks.append(after)
        self.cases.append([])
        self.build(node.body, after)
        self.breaks.pop()
        cases = self.cases.pop()
        head.after += [(step, None) for step, _ in cases]
        if not any(value is None for _, value in cases):
            head.after.append((after, None))
        return head

    def build_Case(self, node, after):
        made = self.step("do", node, None, after)
        if self.cases:
            self.cases[-1].append((made, node.value))
        return made

    def build_Label(self, node, after):
        made = self.label(node.name)
        made.after.append((after, None))
        return made

    def build_Goto(self, node, after):
        return self.label(node.name)

    def build_Return(self, node, after):
        made = self.step("return", node, None, self.exit)
        made.value = node.value
        if node.value is None:
            return made
        if not _splits(node.value):
            made.expr = node.value
            return made
        return self.evaluate(node.value, made)

    def build_Break(self, node, after):
        return self.breaks[-1] if self.breaks else after

    def build_Continue(self, node, after):
        return self.continues[-1] if self.continues else after

    # Expressions.
    def evaluate(self, node, after):
        inner = tree.bare(node)
        if isinstance(inner, tree.Comma):
            for part in reversed(inner.parts):
                after = self.evaluate(part, after)
            return after
        if isinstance(inner, tree.Binary) and inner.op in ("&&", "||"):
            right = self.evaluate(inner.right, after)
            return self.test(inner.left, *((right, after) if inner.op == "&&" else (after, right)))
        if isinstance(inner, tree.Choice):
            return self.test(inner.test, self.evaluate(inner.yes, after),
                             self.evaluate(inner.no, after))
        if isinstance(inner, tree.Statements):
            return self.build(inner.body, after)
        if isinstance(inner, tree.Unary) and inner.op == "!" and _splits(inner.value):
            return self.evaluate(inner.value, after)
        return self.step("do", node, node, after)

    def test(self, node, yes, no):
        inner = tree.bare(node)
        if isinstance(inner, tree.Unary) and inner.op == "!":
            return self.test(inner.value, no, yes)
        if isinstance(inner, tree.Binary) and inner.op == "&&":
            return self.test(inner.left, self.test(inner.right, yes, no), no)
        if isinstance(inner, tree.Binary) and inner.op == "||":
            return self.test(inner.left, yes, self.test(inner.right, yes, no))
        if isinstance(inner, tree.Choice):
            return self.test(inner.test, self.test(inner.yes, yes, no),
                             self.test(inner.no, yes, no))
        if isinstance(inner, tree.Comma):
            after = self.test(inner.parts[-1], yes, no)
            for part in reversed(inner.parts[:-1]):
                after = self.evaluate(part, after)
            return after
        known = tree.number(inner)
        if known is not None:
            return yes if known else no
        made = self.step("test", inner, inner)
        made.after += [(yes, True), (no, False)]
        return made


def reach(starts, stop=None, edge=None):
    """All steps that can be reached from starts. The walk does not go on behind a step for
    which stop is true, nor along an edge for which edge(step, way) is false."""
    found, todo = set(), list(starts)
    while todo:
        step = todo.pop()
        if step in found:
            continue
        found.add(step)
        if stop and stop(step):
            continue
        todo += [after for after, way in step.after
                 if after not in found and (edge is None or edge(step, way))]
    return found
