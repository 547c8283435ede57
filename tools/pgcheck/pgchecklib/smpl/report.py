# SPDX-License-Identifier: GPL-2.0
"""The findings of a semantic patch, and the texts that it notes, by place."""
from .text import plain


def function(where):
    """The key for everything that is noted for one function."""
    return where.file, where.current_element


def place(where):
    """The key for everything that is noted for one position."""
    return where.file, where.line, where.column


class Report:
    """The findings of a rule. Modes that print set print; the mode patch asks has() and
    affects()."""

    def __init__(self):
        self.found, self.functions, self.print = set(), set(), None

    def say(self, where, text):
        """Notes a finding and prints it, once for each place."""
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
    """The assignments of each function, as {left: [right, ...]}."""

    def __init__(self, form=plain):
        self.form, self.kept = form, {}

    def note(self, where, left, right):
        """Notes an assignment or declaration."""
        mine = self.kept.setdefault(function(where), {})
        mine.setdefault(self.form(left), []).append(self.form(right))

    def of(self, where, left=None):
        """All assignments of a function, or the values that it assigns to one variable."""
        mine = self.kept.get(function(where), {})
        return mine if left is None else mine.get(self.form(left), [])


class Texts:
    """Texts of one kind, by function."""

    def __init__(self, form=plain):
        self.form, self.kept = form, {}

    def note(self, where, text):
        """Notes one more text."""
        self.kept.setdefault(function(where), set()).add(self.form(text))

    def of(self, where):
        """All texts of a function."""
        return self.kept.get(function(where), set())
