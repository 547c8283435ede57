# SPDX-License-Identifier: GPL-2.0
"""All files of a run, and which function a call goes to."""
from . import tree


class World:
    """Files by what they define and call. A unit is read when one of its functions is."""

    def __init__(self, units=(), entries=None):
        self.entries = list(units) if entries is None else entries
        self._global, self._callers, self._found = {}, {}, {}
        for entry in self.entries:
            for name in _defines(entry):
                self._global.setdefault(name, []).append(entry)
            for name in _calls(entry):
                self._callers.setdefault(name, []).append(entry)

    @staticmethod
    def shared(function):
        """Can other files call a function? A macro or an inline of a header is shared."""
        if function.unit.header:
            return True
        return not function.is_macro and \
            "static" not in function.unit.code[function.head:function.opened].split("(")[0]

    def find(self, unit, name):
        """The function of that name as this file sees it, or None. Where two files that are
        no neighbours define it, it is not known which is meant."""
        own = unit.functions.get(name)
        if own:
            return own
        key = _folder(unit.name), name
        if key not in self._found:
            found = self._global.get(name, ())
            if len(found) > 1:
                found = [entry for entry in found if _folder(entry.name) == key[0]] or found
            self._found[key] = _unit(found[0]).functions.get(name) if len(found) == 1 else None
        return self._found[key]

    def callee(self, function, call):
        """The function that a call in a function goes to, or None."""
        if not isinstance(call.fn, tree.Name) or function.param(call.fn.text) is not None:
            return None
        return self.find(function.unit, call.fn.text)

    def callers(self, function):
        """(caller, call) pairs of the run."""
        return [(other, call) for other in self.callers_of(function)
                for call in tree.calls(other.body, (function.name,))]

    def callers_of(self, function):
        """The functions that call a function; none of them is parsed for that."""
        if "callers" not in function.facts:
            entries = [entry for entry in self._callers.get(function.name, ())
                       if entry.name == function.unit.name] if not self.shared(function) else \
                self._callers.get(function.name, ())[:50]
            function.facts["callers"] = [
                other for entry in entries for other in _unit(entry).calling(function.name)
                if other is not function and self.find(other.unit, function.name) is function]
        return function.facts["callers"]


def _folder(name):
    return name.rpartition("/")[0]


def _unit(entry):
    return getattr(entry, "unit", entry)


def _defines(entry):
    index = getattr(entry, "index", None)
    if index is not None:
        return index["defines"]
    return [function.name for function in entry.functions.values() if World.shared(function)]


def _calls(entry):
    index = getattr(entry, "index", None)
    if index is not None:
        return index["calls"]
    return set().union(*(function.calls for function in entry.functions.values())) \
        if entry.functions else ()
