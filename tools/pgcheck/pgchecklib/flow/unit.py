# SPDX-License-Identifier: GPL-2.0
"""One file: its functions and macros as trees and graphs."""
import bisect
import re

from .. import csource

from . import facts, statements, tree
from .graph import Graph
from .lexer import tokens

_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_BRANCH = re.compile(r"^[ \t]*#[ \t]*(else|elif|ifndef|if\b.*(!|VERSION))", re.MULTILINE)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\(([^)]*)\)((?:\\\n|[^\n])*)", re.MULTILINE)


class Function:
    """A function, or a function-like macro, whose parameters have no types.

    The body is parsed when it is first needed; for most functions it never is.
    """

    def __init__(self, unit, name, span, is_macro=False, variant=0):
        self.unit, self.name, self.is_macro, self.variant = unit, name, is_macro, variant
        self.head, self.opened, self.closed = span
        self.facts = {}                 # what summary.py has found out
        self._body = self._lost = self._head = self._graph = self._values = self._calls = None

    def __repr__(self):
        return self.name

    def __lt__(self, other):
        return (self.unit.name, self.head) < (other.unit.name, other.head)

    @property
    def text(self):
        return self.unit.code[self.head:self.closed + 1]

    @property
    def body(self):
        if self._body is None:
            if self.is_macro:
                body = statements.macro(self.unit.text, self.opened, self.closed)
                self._body, self._lost = body or tree.Block(self.opened, []), []
            else:
                self._body, self._lost = statements.body(
                    self.unit.text, self.opened, self.closed + 1, self.variant)
        return self._body

    @property
    def lost(self):
        """The statements that could not be read."""
        return self._lost if self.body else self._lost

    def other(self):
        """The function with the other branches of its conditionals; None if it has none."""
        if self.is_macro or not _BRANCH.search(self.text):
            return None
        return Function(self.unit, self.name, (self.head, self.opened, self.closed), False, 1)

    @property
    def static(self):
        return self._heading()[0]

    @property
    def params(self):
        return self._heading()[1]

    @property
    def at(self):
        return self._heading()[2]

    def _heading(self):
        if self._head is None:
            self._head = self.unit.heading(self)
        return self._head

    @property
    def calls(self):
        """The names of what is called, or looks like it."""
        if self._calls is None:
            self._calls = frozenset(_CALL.findall(self.text))
        return self._calls

    @property
    def graph(self):
        if self._graph is None:
            self._graph = Graph(self.body)
        return self._graph

    @property
    def values(self):
        if self._values is None:
            self._values = Values(self)
        return self._values

    def param(self, name):
        """The number of a parameter, or None."""
        for number, (_, own) in enumerate(self.params):
            if own == name:
                return number
        return None

    def inlined(self, call):
        """The expression that a call of the function stands for, if the function does nothing
        but return one; else None."""
        body = self.body
        if isinstance(body, tree.Block):
            body = body.body[0] if len(body.body) == 1 else None
        if not isinstance(body, tree.Return) or body.value is None or len(call.args) != len(self.params):
            return None
        return tree.substitute(body.value, {name: arg for (_, name), arg in zip(self.params, call.args)})

    def returns(self):
        """What the function returns, as trees."""
        return [node.value for node in tree.walk(self.body)
                if isinstance(node, tree.Return) and node.value is not None]


class Values:
    """The values that a function assigns to its variables and fields.

    to[place] has the assigned trees, by the spelling of the place. opaque are the places that
    also change in other ways: by ++, as an iterator, or through their address; moves are those
    of opaque that change in the first two ways.
    """

    def __init__(self, function):
        self.to, self.opaque, self.types, self.arrays = {}, set(), {}, set()
        self.given = set()
        self.params = {name for _, name in function.params}
        for kind, name in function.params:
            self.types[name] = kind
        for node in tree.walk(function.body):
            self.note(node)
        self.moves = frozenset(self.opaque)
        self.opaque |= self.given

    def note(self, node):
        if isinstance(node, tree.Declare):
            self.types[node.name] = node.type
            if node.array is not None:
                self.arrays.add(node.name)
            if node.value is not None:
                self.to.setdefault(node.name, []).append(node.value)
                self.parts(node.name + ".", node.value)
        elif isinstance(node, tree.Assign):
            place = tree.text(node.left)
            if node.op == "=":
                self.to.setdefault(place, []).append(node.right)
                left = tree.bare(node.left)
                self.parts(tree.text(left.value) + "->" if isinstance(left, tree.Unary) and left.op == "*"
                           else place + ".", node.right)
            else:
                self.opaque.add(place)
        elif isinstance(node, tree.Step):
            self.opaque.add(tree.text(node.value))
        elif isinstance(node, tree.Each):
            places = facts.EACH.get(tree.called(node.call))
            self.opaque.update(arg.text for number, arg in enumerate(node.call.args)
                               if isinstance(arg, tree.Name) and
                               (number in places if places else arg.text not in self.params))
        elif isinstance(node, tree.Call):
            for arg in node.args:
                arg = tree.bare(arg)
                if isinstance(arg, tree.Unary) and arg.op == "&":
                    self.given.add(tree.text(arg.value))

    def parts(self, place, value):
        """Notes the fields of { .a = 1, .b = 2 }."""
        value = tree.bare(value)
        if isinstance(value, tree.Literal):
            for name, part in value.parts:
                if name and isinstance(part, tree.Node):
                    self.to.setdefault(place + name, []).append(part)

    def only(self, name):
        """What a variable is set to wherever it is set; [] if that is not known."""
        return [] if name in self.opaque else self.to.get(name, [])

    def resolve(self, node, depth=3):
        """The expressions that this one can stand for, by way of local variables."""
        inner = tree.bare(node)
        if depth and isinstance(inner, tree.Name):
            found = self.only(inner.text)
            if found:
                return [end for value in found for end in self.resolve(value, depth - 1)]
        return [inner]


class Unit:
    """A file."""

    def __init__(self, name, text):
        self.name, self.text, self.kernel, self._calling = name, text, None, None
        self.code = csource.without_comments(text)
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.functions = {}
        for found in csource.functions(text):
            # Of two that have the name, one is in the other branch of a conditional.
            self.functions.setdefault(found.name, Function(
                self, found.name, (found.head, found.opened, found.closed)))
        for found in _MACRO.finditer(self.code):
            self.functions.setdefault(found.group(1), Function(
                self, found.group(1), (found.start(1), found.start(3), found.end(3)), True))

    def calling(self, name):
        """The functions that call a name."""
        if self._calling is None:
            self._calling = {}
            for function in self.functions.values():
                for called in function.calls:
                    self._calling.setdefault(called, []).append(function)
        return self._calling.get(name, ())

    @property
    def header(self):
        return self.name.endswith(".h")

    def heading(self, function):
        """(is it static, its parameters, where its name stands)"""
        if function.is_macro:
            return self._macro_heading(function)
        words = tokens(self.text, function.head, function.opened)
        texts = [token.text for token in words]
        at = next((n for n, word in enumerate(texts) if word == function.name and
                   texts[n + 1:n + 2] == ["("]), 0)
        params, part, depth = [], [], 0
        for word in words[at + 1:]:
            depth += {"(": 1, ")": -1}.get(word.text, 0)
            if word.text == "," and depth == 1 or not depth:
                params.append(_param(part))
                part = []
                if not depth:
                    break
            elif depth > 1 or word.text != "(":
                part.append(word)
        return "static" in texts[:at], [p for p in params if p], words[at].at

    def _macro_heading(self, function):
        inner = self.code[function.head:function.opened]
        params = inner[inner.index("(") + 1:inner.rindex(")")].split(",")
        return not self.header, [("", word.strip().rstrip(".") or "__VA_ARGS__")
                                 for word in params], function.head

    def line(self, number):
        """The text of a line."""
        end = self.starts[number] - 1 if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1]:end]

    def place(self, at):
        """Line and column of an offset, from 1."""
        line = bisect.bisect_right(self.starts, at)
        return line, at - self.starts[line - 1] + 1


def _param(words):
    """(type, name) of one parameter."""
    names = [word.text for word in words if word.kind == "name"]
    if not names or names == ["void"]:
        return None
    skip = ("__user", "__maybe_unused", "__always_unused", "__unused", "__rcu", "const")
    names = [name for name in names if name not in skip] or names
    stars = "".join("*" for word in words if word.text in ("*", "["))
    return " ".join(names[:-1]) + stars, names[-1]
