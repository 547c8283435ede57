# SPDX-License-Identifier: GPL-2.0
"""PG01: a segment grows on physical adjacency, and nothing has compared the pgmaps."""
import re

from . import facts, tree
from .adjacent import for_others, tester, tests, way
from .addresses import addresses_of
from .graph import reach
from .guards import callers_compare, compares, unguarded
from .lengths import SHIFTED, STARTS, by_assignment, by_step, grows_itself, is_length, own_length, rank, set_longer

RULE = "PG01"
MESSAGE = "segment grows on physical adjacency without a comparison of pgmaps"


def check(function, world):
    """(offset, message) of each finding in a function."""
    if function.name in facts.MERGES or function.name in facts.EXEMPT:
        return
    yield from _helpers(function, world)
    if tester(function, world) and for_others(function):
        yield function.at, "%s() calls pages mergeable without a comparison of pgmaps" % function.name
    found = set()
    for test in tests(function, world):
        one = _grown(function, world, test)
        if one:
            found.add(one.at)
        elif not found and _run(function, world, test):
            found.add(test[1].node.at)
    found |= {node.at for node in _by_choice(function, world)}
    if found and not callers_compare(function, world):
        for at in sorted(found):
            yield at, MESSAGE


def _grown(function, world, test):
    """The growth that happens only if a test is true, or None."""
    step, found = test
    if found.weak and not _SEGMENTS.search(function.text):
        return None
    branches = _branches(step, found)
    stop = lambda other: other is step
    if branches is None:
        return None
    adjacent, others = branches
    depends = reach(adjacent, stop) - reach(others, stop) - {step}
    related = lambda guard: _related(guard, found, function)
    if step not in unguarded([function.graph.enter], function, world, related):
        return None
    open_steps = unguarded(adjacent, function, world, related)
    sites = [site for other in depends & open_steps if other.expr is not None
             for site in growth(other.expr, function, world) + _counted(other.expr, found.node) +
             _mapped_as_one(other.expr, found.node)]
    return min(sites, key=lambda site: (-site[0], site[1].at))[1] if sites else None


def _by_choice(function, world):
    """length += adjacent ? PAGE_SIZE : 0"""
    open_steps = None
    for node in tree.walk(function.body):
        choice = tree.bare(node.right) if isinstance(node, tree.Assign) and node.op == "+=" else None
        one = way(choice.test, function, world) if isinstance(choice, tree.Choice) else None
        if not one or tree.number(choice.no if one.way == "==" else choice.yes) != 0:
            continue
        open_steps = open_steps or unguarded([function.graph.enter], function, world)
        if by_assignment(node, function) and any(
                step.expr is not None and any(part is node for part in tree.walk(step.expr)) for step in open_steps):
            yield node


def _branches(step, found):
    """(where the function goes for adjacent pages, where for others), or None."""
    if found.others is not None:
        return [after for after, _ in step.after], found.others
    after = {way: next_ for next_, way in step.after}
    if True not in after or False not in after:
        return None
    adjacent = found.way == "=="
    return [after[adjacent]], [after[not adjacent]]


def _mapped_as_one(expr, test):
    """map(device, page_to_phys(pages[0]), n << PAGE_SHIFT) after all pages were asked about"""
    return [(1, call) for call in tree.calls(expr) if isinstance(tree.bare(test), tree.Call) and
            facts.MAPS.search(tree.called(call)) and
            any(STARTS.search(tree.text(arg)) for arg in call.args) and
            any(SHIFTED.search(tree.text(arg)) for arg in call.args)]


def _counted(expr, test):
    """(rank, node) of each field that grows and that the test adds to an address."""
    fields = {tree.text(part) for part in tree.walk(test) if isinstance(part, tree.Member)}
    return [(1, node) for node in tree.walk(expr)
            if isinstance(node, tree.Step) and node.op == "++" and isinstance(tree.bare(node.value), tree.Member)
            and tree.text(node.value) in fields and not facts.STATISTICS.search(tree.text(node.value))]


# If only names of variables make a condition a test, the function must contain one of these.
_SEGMENTS = re.compile(r"scatterlist|bio_vec|\bbv(ec)?\b|\bsg_(next|set_page|page)\b|rq_for_each|struct bio\b")


def _run(function, world, test):
    """Does the function store the end of a run of adjacent pages, and compute its length
    later?"""
    step, found = test
    return bool(found.pages) and step in unguarded(
        [function.graph.enter], function, world,
        lambda guard: _related(guard, found, function)) and _by_difference(function, world)


def _by_difference(function, world):
    """Is the length of a run the difference of its last and its first address?"""
    own = addresses_of(function, world)
    for node in tree.walk(function.body):
        if not isinstance(node, tree.Call) or tree.called(node) in ("min", "max", "min_t", "max_t") or \
                facts.LOG.match(tree.called(node)):
            continue
        for arg in [one for arg in node.args for one in function.values.resolve(arg)]:
            for part in tree.walk(arg):
                if isinstance(part, tree.Binary) and part.op == "-":
                    one, two = own.of(part.left), own.of(part.right)
                    if one and two and one.kind == two.kind == "address" and \
                            isinstance(tree.bare(part.left), tree.Name) and isinstance(tree.bare(part.right), tree.Name):
                        return True
    return False


def _related(found, test, function):
    """Does the comparison of pgmaps compare the pages of the test? True if unknown."""
    if not found.pages:
        return True
    if _other_entries(found, test, function):
        return False
    if not test.complete:
        return True
    own = {_root(text) for text in test.pages}
    for page in found.pages:
        names = set()
        for value in [page] + function.values.resolve(page):
            names |= {_root(tree.text(value))} | tree.names(value)
        if not names & own:
            return False
    return True


_ENTRY = re.compile(r"^((?:\w+(?:->|\.))*\w+)\[([^\[\]]+)\]$")


def _other_entries(found, test, function):
    """Does the guard compare only other entries of the table that the tested page is in?"""
    own = {text for text in test.pages if _ENTRY.match(text)}
    tables = {_ENTRY.match(text).group(1) for text in own}
    texts = [{tree.text(value) for value in [page] + function.values.resolve(page)} for page in found.pages]
    return bool(own) and all(
        any(_ENTRY.match(text) and _ENTRY.match(text).group(1) in tables for text in some) and not some & own
        for some in texts)


def _root(text):
    found = re.search(r"[A-Za-z_]\w*(?!\w|\()", text)
    return found.group(0) if found else text


# Growth.
def growth(expr, function, world):
    """(rank, node) of each place in an expression where a length grows."""
    found = []
    for node in tree.walk(expr):
        if isinstance(node, tree.Assign):
            found += by_assignment(node, function)
        elif isinstance(node, tree.Step) and node.op == "++":
            found += by_step(node, function)
        elif isinstance(node, tree.Call):
            found += _by_call(node, function, world)
    return found


def _by_call(node, function, world):
    name = tree.called(node)
    if name in facts.SET:
        which, table = facts.SET[name][2], facts.SET[name][0]
        if len(node.args) > which and own_length(node.args[which], node.args[table]):
            return [(2, node)]
        return []
    if name in facts.GROW and len(node.args) > 1:
        place = tree.bare(node.args[0])
        place = place.value if isinstance(place, tree.Unary) and place.op == "&" else place
        return [(rank(place, function), node)] if is_length(place, function, node.args[1]) else []
    called = world.callee(function, node)
    if called and called is not function and _grows(called, world) or set_longer(node):
        return [(1, node)]
    return []


def _grows(function, world):
    """Does the function lengthen a segment of its caller, without comparing?"""
    if "grows" not in function.facts:
        function.facts["grows"] = False
        function.facts["grows"] = len(function.text) < 2000 and grows_itself(function, world) and \
            not compares(function, world) and not tests(function, world)
    return function.facts["grows"]


# The block layer's own helpers.
def _helpers(function, world):
    if not function.calls & facts.MERGES.keys():
        return
    open_steps = unguarded([function.graph.enter], function, world)
    for step in open_steps:
        for call in tree.calls(step.expr, facts.MERGES) if step.expr is not None else ():
            own = world.callee(function, call)
            if own and re.search(r"_have_same_pgmap|_pgmap\(", own.text) or _old_kernel(function.unit):
                continue
            if not callers_compare(function, world):
                yield call.at, "%s() without a comparison of pgmaps before it" % tree.called(call)


def _old_kernel(unit):
    """Before 6.17 bvec_try_merge_page() compared by itself."""
    return unit.kernel is not None and unit.kernel < (6, 17)
