# SPDX-License-Identifier: GPL-2.0
"""What a semantic patch has found and noted, by place."""
from .text import plain


def function(where):
    """What is kept of one function is kept under this."""
    return where.file, where.current_element


def place(where):
    """What is kept of one position is kept under this."""
    return where.file, where.line, where.column


class Report:
    """The findings of a rule. The modes that print set how; those that change lines ask
    which were found."""

    def __init__(self):
        self.found, self.functions, self.print = set(), set(), None

    def say(self, where, text):
        """Notes a finding and prints it, a place once."""
        if place(where) in self.found:
            return
        self.found.add(place(where))
        self.functions.add(function(where))
        if self.print:
            self.print(where, text)

    def has(self, where):
        """Is there a finding at this place?"""
        return place(where) in self.found

    def affects(self, where):
        """Is there a finding in the function of this place?"""
        return function(where) in self.functions


class Values:
    """What each function assigns, as {left: [right, ...]}."""

    def __init__(self, form=plain):
        self.form, self.kept = form, {}

    def note(self, where, left, right):
        """One assignment or declaration."""
        mine = self.kept.setdefault(function(where), {})
        mine.setdefault(self.form(left), []).append(self.form(right))

    def of(self, where, left=None):
        """Those of a function, or what it assigns to one variable."""
        mine = self.kept.get(function(where), {})
        return mine if left is None else mine.get(self.form(left), [])


class Texts:
    """Texts of one kind, by function."""

    def __init__(self, form=plain):
        self.form, self.kept = form, {}

    def note(self, where, text):
        """One more of them."""
        self.kept.setdefault(function(where), set()).add(self.form(text))

    def of(self, where):
        """All of a function."""
        return self.kept.get(function(where), set())
