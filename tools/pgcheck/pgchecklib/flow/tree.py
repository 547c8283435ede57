# SPDX-License-Identifier: GPL-2.0
"""The nodes of the tree that parser.py makes, and functions that examine expressions."""


class Node:
    """at is an offset in the file; fields names the children."""

    __slots__ = ("at",)
    fields = ()

    def __init__(self, at, *values):
        self.at = at
        for name, value in zip(self.fields, values):
            setattr(self, name, value)


def _node(name, *names):
    return type(name, (Node,), {"__slots__": names, "fields": names})


# Expressions.
Name = _node("Name", "text")
Number = _node("Number", "text")
String = _node("String", "text")
Call = _node("Call", "fn", "args")
Index = _node("Index", "base", "index")
Member = _node("Member", "base", "arrow", "name")
Unary = _node("Unary", "op", "value")
Step = _node("Step", "op", "value", "post")         # ++ and --
Binary = _node("Binary", "op", "left", "right")
Assign = _node("Assign", "op", "left", "right")
Choice = _node("Choice", "test", "yes", "no")
Cast = _node("Cast", "type", "value")
Comma = _node("Comma", "parts")
Type = _node("Type", "text")                        # sizeof(struct x), an argument of a macro
Literal = _node("Literal", "parts")                 # { .name = value }: (name or None, value)
Statements = _node("Statements", "body")            # ({ ... })

# Statements.
Block = _node("Block", "body")
Expression = _node("Expression", "value")
Declare = _node("Declare", "type", "name", "array", "value")
If = _node("If", "test", "yes", "no")
While = _node("While", "test", "body")
Do = _node("Do", "body", "test")
For = _node("For", "first", "test", "step", "body")
Each = _node("Each", "call", "body")                # list_for_each_entry(...) body
Scope = _node("Scope", "call", "body")              # scoped_guard(...) body
Switch = _node("Switch", "value", "body")
Case = _node("Case", "value")
Label = _node("Label", "name")
Goto = _node("Goto", "name")
Return = _node("Return", "value")
Break = _node("Break")
Continue = _node("Continue")


def children(node):
    """The nodes directly below."""
    for name in node.fields:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            for part in value:
                if isinstance(part, Node):
                    yield part
                elif isinstance(part, tuple) and isinstance(part[1], Node):
                    yield part[1]


def walk(node):
    """The node and all below it, in the order of the text."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(list(children(node))))


def substitute(node, values):
    """A copy of an expression in which variables stand for other expressions."""
    if isinstance(node, Name):
        return values.get(node.text, node)
    def copy(part):
        if isinstance(part, Node):
            return substitute(part, values)
        if isinstance(part, list):
            return [copy(one) for one in part]
        return (part[0], copy(part[1])) if isinstance(part, tuple) else part
    return type(node)(node.at, *(copy(getattr(node, name)) for name in node.fields))


def calls(node, names=None):
    """All calls below the node, or those of the given names."""
    return [part for part in walk(node) if isinstance(part, Call) and
            (names is None or called(part) in names)]


def called(node):
    """The name of the called function, "" if the callee is not a plain name."""
    if isinstance(node, Call):
        if isinstance(node.fn, Name):
            return node.fn.text
        if isinstance(node.fn, Member):
            return node.fn.name
    return ""


# Calls that return their argument unchanged.
_AROUND = ("likely", "unlikely", "READ_ONCE", "data_race", "WARN_ON", "WARN_ON_ONCE", "ACCESS_ONCE",
           "__builtin_expect")


def bare(node):
    """The expression without casts and likely()."""
    while True:
        if isinstance(node, Cast):
            node = node.value
        elif isinstance(node, Call) and node.args and called(node) in _AROUND:
            node = node.args[0]
        elif isinstance(node, Comma) and len(node.parts) == 1:
            node = node.parts[0]
        else:
            return node


def text(node):
    """One spelling for each expression, without casts."""
    node = bare(node)
    kind = type(node)
    if kind in (Name, Number, String, Type):
        return node.text
    if kind is Member:
        return text(node.base) + ("->" if node.arrow else ".") + node.name
    if kind is Index:
        return "%s[%s]" % (text(node.base), text(node.index))
    if kind is Call:
        return "%s(%s)" % (text(node.fn), ", ".join(map(text, node.args)))
    if kind is Unary:
        return node.op + text(node.value)
    if kind is Step:
        return text(node.value) + node.op if node.post else node.op + text(node.value)
    if kind in (Binary, Assign):
        return "(%s %s %s)" % (text(node.left), node.op, text(node.right))
    if kind is Choice:
        return "(%s ? %s : %s)" % (text(node.test), text(node.yes), text(node.no))
    if kind is Comma:
        return ", ".join(map(text, node.parts))
    return "..."


def base(node):
    """The variable that a place is part of: "bv" of bv[i].page, "" if there is none."""
    while True:
        node = bare(node)
        if isinstance(node, Name):
            return node.text
        if isinstance(node, (Member, Index)):
            node = node.base
        elif isinstance(node, Unary) and node.op in "*&":
            node = node.value
        elif isinstance(node, Step):
            node = node.value
        elif isinstance(node, Binary) and node.op in "+-":
            node = node.left
        else:
            return ""


def names(node):
    """All variables in an expression, without fields and called functions."""
    found = set()
    for part in walk(node):
        if isinstance(part, Name):
            found.add(part.text)
    for part in walk(node):
        if isinstance(part, Call) and isinstance(part.fn, Name):
            found.discard(part.fn.text)
    return found


def number(node):
    """The value of a number, or None."""
    node = bare(node)
    if isinstance(node, Unary) and node.op == "-":
        value = number(node.value)
        return None if value is None else -value
    if isinstance(node, Number):
        try:
            return int(node.text.rstrip("uUlL"), 0)
        except ValueError:
            return None
    if isinstance(node, Name):
        return {"NULL": 0, "false": 0, "true": 1}.get(node.text)
    return None
