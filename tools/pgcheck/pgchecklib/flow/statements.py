# SPDX-License-Identifier: GPL-2.0
"""Statements, on top of the expressions of parser.py."""
import re

from . import tree
from .lexer import tokens
from .parser import CannotRead, Parser, _SCOPES

_LOOP = re.compile(r"for_?each")


class Statements(Parser):
    """Reads blocks and what is in them; lost names the statements that could not be read."""

    def __init__(self, found):
        super().__init__(found)
        self.lost = []

    def block(self):
        at = self.take("{").at
        body = []
        while not self.skip("}"):
            start = self.pos
            try:
                self.statement(body)
            except CannotRead as error:
                self.lost.append(str(error))
                self.pos = start
                self.pass_over()
        return tree.Block(at, body)

    def pass_over(self):
        """Skips to the end of a statement that cannot be parsed."""
        start = self.pos
        while self.text() != "}" or self.kind() != "op":
            if self.text() in ("(", "[", "{"):
                braces = self.text() == "{"
                self.pos = self.matching(self.pos) + 1
                if braces and self.text() not in (";", ",", ")"):
                    return
            elif self.take().text == ";":
                return
        if self.pos == start:
            raise CannotRead("%r" % self.token)

    def one(self):
        """A statement where exactly one may stand."""
        at, body = self.token.at, []
        self.statement(body)
        while body and isinstance(body[-1], (tree.Label, tree.Case)):
            self.statement(body)
        return body[0] if len(body) == 1 else tree.Block(at, body)

    def statement(self, body):
        """Appends the next statement; a declaration is one for each variable."""
        token = self.token
        if token.kind == "op":
            if token.text == ";":
                self.take()
                return
            if token.text == "{":
                body.append(self.block())
                return
        method = getattr(self, "read_" + token.text, None) if token.kind == "name" else None
        if method:
            self.take()
            body.append(method(token.at))
        elif token.text in ("RETURN", "GOTO") and self.text(1) == "(":
            self.leave(body)
        elif token.kind == "name" and self.text(1) == ":" and self.text(2) != ":":
            self.pos += 2
            body.append(tree.Label(token.at, token.text))
            self.attributes()
        elif self.declares():
            body += self.declaration()
        else:
            self.simple(body)

    def leave(self, body):
        """Lustre's RETURN(rc); and GOTO(label, rc);"""
        token = self.take()
        args = self.arguments()
        self.skip(";")
        if token.text == "RETURN" and len(args) == 1:
            body.append(tree.Return(token.at, args[0]))
        elif token.text == "GOTO" and args and isinstance(args[0], tree.Name):
            body += [tree.Expression(token.at, arg) for arg in args[1:]]
            body.append(tree.Goto(token.at, args[0].text))

    def simple(self, body):
        """An expression, or a macro with a body behind it."""
        at = self.token.at
        if self.kind() == "name" and _LOOP.search(self.text()) and self.text(1) == "(":
            # Else "*x = y;" as the body of a loop would be a product.
            name = self.take()
            call = tree.Call(at, tree.Name(at, name.text), self.arguments())
            if not self.skip(";"):
                body.append(tree.Each(at, call, self.one()))
            else:
                body.append(tree.Expression(at, call))
            return
        # What guard(mutex)(&lock) declares has no name.
        value = self.expression()
        if self.skip(";"):
            body.append(tree.Expression(at, value))
        elif isinstance(value, tree.Call):
            self.after_macro(at, value, body)
        else:
            raise CannotRead("no ; before %r" % self.token)

    def after_macro(self, at, call, body):
        if _SCOPES.match(tree.called(call)):
            body.append(tree.Scope(at, call, self.one()))
        elif self.text() == "}" or self.kind() == "end":
            body.append(tree.Expression(at, call))      # a macro that brings its own ;
        elif self.found[self.pos - 1].text == ")" and tree.called(call).isupper() and \
                self.text() != "{":
            body.append(tree.Expression(at, call))
        else:
            body.append(tree.Each(at, call, self.one()))

    def condition(self):
        self.take("(")
        value = self.expression()
        self.take(")")
        return value

    def read_if(self, at):
        test = self.condition()
        yes = self.one()
        no = None
        if self.text() == "else" and self.kind() == "name":
            self.take()
            no = self.one()
        return tree.If(at, test, yes, no)

    def read_while(self, at):
        return tree.While(at, self.condition(), self.one())

    def read_do(self, at):
        body = self.one()
        self.take("while")
        test = self.condition()
        self.skip(";")
        return tree.Do(at, body, test)

    def read_for(self, at):
        self.take("(")
        if self.declares():
            first = tree.Block(at, self.declaration())
        else:
            first = None if self.text() == ";" else tree.Expression(at, self.expression())
            self.take(";")
        test = None if self.text() == ";" else self.expression()
        self.take(";")
        step = None if self.text() == ")" else self.expression()
        self.take(")")
        return tree.For(at, first, test, step, self.one())

    def read_switch(self, at):
        return tree.Switch(at, self.condition(), self.one())

    def read_case(self, at):
        value = self.conditional()
        if self.skip("..."):
            self.conditional()
        self.take(":")
        return tree.Case(at, value)

    def read_default(self, at):
        self.take(":")
        return tree.Case(at, None)

    def read_goto(self, at):
        self.skip("*")
        name = self.take().text
        while not self.skip(";"):
            self.take()
        return tree.Goto(at, name)

    def read_return(self, at):
        value = None if self.text() == ";" else self.initializer()
        self.take(";")
        return tree.Return(at, value)

    def read_break(self, at):
        self.take(";")
        return tree.Break(at)

    def read_continue(self, at):
        self.take(";")
        return tree.Continue(at)

    def read_asm(self, at):
        while self.text() != "(":
            self.take()
        self.pos = self.matching(self.pos) + 1
        self.skip(";")
        return tree.Block(at, [])

    read___asm__ = read_asm
    read_static_assert = read_asm
    read__Static_assert = read_asm
    read_fallthrough = lambda self, at: (self.skip(";"), tree.Block(at, []))[1]


def body(text, start, end, variant=0):
    """The block between two offsets, braces included, and what of it was not read."""
    reader = Statements(tokens(text, start, end, variant))
    try:
        return reader.block(), reader.lost
    except (CannotRead, RecursionError) as error:
        return tree.Block(start, []), [str(error)]


def macro(text, start, end):
    """What a macro stands for: an expression, or else statements; None if neither."""
    try:
        return _macro(text, start, end)
    except (CannotRead, RecursionError):
        return None


def _macro(text, start, end):
    found = tokens(text, start, end)
    reader = Statements(found)
    try:
        value = reader.expression()
        if reader.kind() == "end":
            return tree.Return(start, value)
    except CannotRead:
        pass
    reader = Statements(found)
    parts = []
    while reader.kind() != "end":
        if reader.text() == "do":
            reader.take()
            parts.append(reader.read_do(found[0].at))
        else:
            reader.statement(parts)
    return tree.Block(start, parts)
