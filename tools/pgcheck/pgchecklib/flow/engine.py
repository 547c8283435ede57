# SPDX-License-Identifier: GPL-2.0
"""Runs the checks over the units of a run."""
import re

from . import facts, pg01, pg02, pg03, pg04, pg05, pg06, pg07, pg08
from .addresses import field_addresses
from .unit import Unit
from .world import World

CHECKS = (pg01, pg02, pg03, pg04, pg05, pg06, pg07) + pg08.CHECKS


class Found:
    """A finding: the rule, the function, the line and column, what to say."""

    __slots__ = ("rule", "unit", "function", "line", "column", "message", "severity")

    def __init__(self, rule, function, at, message):
        self.rule, self.unit, self.function = rule, function.unit.name, function.name
        self.line, self.column = function.unit.place(at)
        self.severity = None
        if isinstance(message, tuple):
            self.severity, message = message
        self.message = message

    def key(self):
        return self.line, self.column, self.rule


def concerned(unit, rule, world):
    """The functions of a unit that have one of the words of a rule in them, that call one of
    these or are called by one."""
    return [function for function in sorted(unit.functions.values())
            if any(_has(other, rule, world) for other in _near(function, world))]


def _near(function, world):
    """The function, those that it calls and those that call it."""
    if "near" not in function.facts:
        called = (world.find(function.unit, name) for name in function.calls)
        function.facts["near"] = [function, *filter(None, called), *world.callers_of(function)]
    return function.facts["near"]


def _has(function, rule, world):
    """Does a function have one of the words of a rule in it?"""
    key = "has " + rule
    if key not in function.facts:
        function.facts[key] = bool(facts.PATTERN[rule].search(
            function.unit.code, function.head, function.closed + 1)) and facts.also(
                rule, function.text)
        if rule == pg01.RULE and not function.facts[key]:
            function.facts[key] = _compares_fields(function, world)
    return function.facts[key]


def _compares_fields(function, world):
    """Does a function compare fields that addresses of pages are stored in?"""
    fields = field_addresses(function.unit, world)
    return bool(fields) and not function.is_macro and bool(re.search(
        r"(?:->|\.)(?:%s)\b[^;{]*[=!]=|[=!]=[^;{]*(?:->|\.)(?:%s)\b" % (("|".join(sorted(fields)),) * 2),
        function.text))


def check_unit(unit, world, rules):
    """(functions looked at, functions lost, findings) of a unit."""
    looked, found = {}, {}
    for check in CHECKS:
        if check.RULE not in rules:
            continue
        for function in concerned(unit, check.RULE, world):
            looked[function] = True
            for variant in filter(None, (function, function.other())):
                for at, message in check.check(variant, world):
                    one = Found(check.RULE, function, at, message)
                    found.setdefault(one.key(), one)
    looked = [function for function in sorted(looked) if not function.is_macro]
    return (looked, [function for function in looked if function.lost],
            [found[key] for key in sorted(found)])


def check(units, rules=None, world=None):
    """The findings in units that are a world of their own."""
    world = world or World(units)
    return [one for unit in units
            for one in check_unit(unit, world, rules or [check.RULE for check in CHECKS])[2]]
