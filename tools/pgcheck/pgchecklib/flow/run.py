# SPDX-License-Identifier: GPL-2.0
"""The checks of this package as part of a run of pgcheck.

The findings in a file depend on the functions of other files that it calls, and on those that
call its functions. So the key of a result in the cache covers that file and these functions.
"""
import hashlib
import os
import re

from .. import parallel

from . import engine
from .unit import Unit
from .world import World

_WORD = re.compile(r"\w+")
# So many files are worth a process of their own.
SHARE = 8


def index(unit):
    """What other files have to know of a unit: what it defines, and what that calls."""
    defined = {}
    for function in unit.functions.values():
        if world_wide(function):
            defined[function.name] = hashlib.sha256(function.text.encode(
                "utf-8", "surrogatepass")).hexdigest()[:16]
    called = set().union(*(function.calls for function in unit.functions.values())) \
        if unit.functions else set()
    return {"defines": defined, "calls": sorted(called)}


def world_wide(function):
    """Can another file call it?"""
    return World.shared(function)


class Entry:
    """A file that concerns the checks; unit is read when it is needed."""

    def __init__(self, name, mark, index, read, kernel=None):
        self.name, self.mark, self.index, self.read = name, mark, index, read
        self.kernel = kernel            # (7, 3) where the file is part of a kernel's source
        self._unit = None

    @property
    def unit(self):
        if self._unit is None:
            self._unit = Unit(self.name, self.read())
            self._unit.kernel = self.kernel
        return self._unit


class Result:
    """Of one file: entries of reports, (line, name) of the functions looked at and lost."""

    def __init__(self, reports, functions, lost):
        self.reports, self.functions, self.lost = reports, functions, lost

    def data(self):
        return [self.reports, self.functions, self.lost]


class Flow:
    """The checks over the files of a run."""

    def __init__(self, rules, cache, jobs):
        self.severity = {rule.id: rule.severity for rule in rules}
        self.cache, self.jobs = cache, jobs

    def run(self, entries):
        """{name: Result}"""
        found, todo = {}, []
        keys = _Keys(entries)
        for entry in entries:
            key = keys.of(entry)
            data = self.cache.get("flow", entry.name, key)
            if data is None:
                todo.append((entry, key))
            else:
                found[entry.name] = Result(*data)
        world = World(entries=entries)
        for (entry, key), result in zip(todo, self._results(world, [entry for entry, _ in todo])):
            found[entry.name] = result
            self.cache.put(result.data(), "flow", entry.name, key)
        return found

    def _results(self, world, entries):
        """One Result for each entry, in their order."""
        if self.jobs == 1 or len(entries) < SHARE:
            return [self._one(world, entry) for entry in entries]
        # Neighbours call one another: a share is a part of the sorted list.
        found = parallel.map_all(lambda entry: self._one(world, entry).data(), entries, self.jobs)
        return [Result(*data) for data in found]

    def _one(self, world, entry):
        unit = entry.unit
        looked, lost, found = engine.check_unit(unit, world, self.severity)
        return Result([self._entry(unit, one) for one in found],
                      [[unit.place(one.at)[0], one.name] for one in looked],
                      [[unit.place(one.at)[0], one.name] for one in lost])

    def _entry(self, unit, found):
        line = unit.line(found.line)
        word = _WORD.match(line, found.column - 1)
        return {"line": found.line, "col": found.column,
                "end": word.end() + 1 if word else found.column + 1,
                "severity": found.severity or self.severity[found.rule], "message": found.message,
                "rule": found.rule, "source": line, "function": found.function}


def kernel_of(folder, known):
    """The version of the kernel whose source a directory is part of, or None. known keeps
    the answers."""
    if folder not in known:
        above = os.path.dirname(folder)
        known[folder] = _version(folder) or (kernel_of(above, known) if above != folder else None)
    return known[folder]


def _version(folder):
    """Of the Makefile in the top directory of a kernel's source."""
    try:
        with open(os.path.join(folder, "Makefile"), encoding="utf-8", errors="replace") as file:
            head = file.read(400)
    except OSError:
        return None
    found = re.search(r"^VERSION = (\d+)\nPATCHLEVEL = (\d+)\n", head, re.MULTILINE)
    return (int(found.group(1)), int(found.group(2))) if found else None


class _Keys:
    """Keys of the results of files."""

    def __init__(self, entries):
        self.defined, self.called = {}, {}
        for entry in entries:
            for name, mark in entry.index["defines"].items():
                self.defined.setdefault(name, []).append((entry.name, mark))
            for name in entry.index["calls"]:
                self.called.setdefault(name, []).append((entry.name, entry.mark))

    def of(self, entry):
        made = hashlib.sha256(("%s %s\n" % (entry.mark, entry.kernel)).encode())
        for name in entry.index["calls"]:
            for other in self.defined.get(name, ()):
                if other[0] != entry.name:
                    made.update(("%s %s %s\n" % ((name,) + other)).encode("utf-8", "surrogateescape"))
        for name in sorted(entry.index["defines"]):
            for other in sorted(self.called.get(name, ())):
                if other[0] != entry.name:
                    made.update(("%s %s %s\n" % ((name,) + other)).encode("utf-8", "surrogateescape"))
        return made.hexdigest()
