# SPDX-License-Identifier: GPL-2.0
"""PG01: a segment grows on physical adjacency, and nothing has compared the pgmaps."""
import re

from . import facts, tree
from .addresses import Addresses, Adjacency, adjacency
from .graph import reach
from .guards import callers_compare, compares, guard, unguarded

RULE = "PG01"
MESSAGE = "segment grows on physical adjacency without a comparison of pgmaps"


def check(function, world):
    """(offset, message) of each finding in a function."""
    if function.name in facts.MERGES or function.name in facts.EXEMPT:
        return
    yield from _helpers(function, world)
    if _tester(function, world) and _for_others(function):
        yield function.at, "%s() calls pages mergeable without a comparison of pgmaps" % function.name
    found = set()
    for test in tests(function, world):
        one = _grown(function, world, test)
        if one:
            found.add(one.at)
        elif not found and _run(function, world, test):
            found.add(test[1].node.at)
    if found and not callers_compare(function, world):
        for at in sorted(found):
            yield at, MESSAGE


def _grown(function, world, test):
    """The growth that happens only if a test is true, or None."""
    step, found = test
    if found.weak and not _SEGMENTS.search(function.text):
        return None
    after = {way: next_ for next_, way in step.after}
    adjacent = found.way == "=="
    stop = lambda other: other is step
    if True not in after or False not in after:
        return None
    depends = reach([after[adjacent]], stop) - reach([after[not adjacent]], stop) - {step}
    related = lambda guard: _related(guard, found, function)
    if step not in unguarded([function.graph.enter], function, world, related):
        return None
    open_steps = unguarded([after[adjacent]], function, world, related)
    sites = [site for other in depends & open_steps if other.expr is not None
             for site in growth(other.expr, function, world)]
    return min(sites, key=lambda site: (-site[0], site[1].at))[1] if sites else None


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
    own = _addresses(function, world)
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


def _addresses(function, world):
    if "addresses" not in function.facts:
        function.facts["addresses"] = Addresses(function, world)
    return function.facts["addresses"]


def _related(found, test, function):
    """Does the comparison of pgmaps compare the pages of the test? True if unknown."""
    if not found.pages or not test.complete:
        return True
    own = {_root(text) for text in test.pages}
    for page in found.pages:
        names = set()
        for value in [page] + function.values.resolve(page):
            names |= {_root(tree.text(value))} | tree.names(value)
        if not names & own:
            return False
    return True


def _root(text):
    found = re.search(r"[A-Za-z_]\w*(?!\w|\()", text)
    return found.group(0) if found else text


# Tests.
def tests(function, world):
    """(step, Adjacency) of each condition that asks for adjacency."""
    found = []
    for step in function.graph.steps:
        if step.kind == "test" and step.expr is not None:
            one = way(step.expr, function, world)
            if one:
                found.append((step, one))
    return found + _by_flags(function, world, found)


def way(node, function, world, depth=3):
    """The Adjacency that a condition tests, directly or through a variable or a function."""
    node = tree.bare(node)
    if not depth:
        return None
    own = _addresses(function, world)
    found = adjacency(node, own)
    if found:
        return found
    if isinstance(node, tree.Unary) and node.op == "!":
        found = way(node.value, function, world, depth)
        return found and Adjacency("!=" if found.way == "==" else "==", node, found.pages,
                                   found.complete, found.weak)
    if isinstance(node, tree.Binary) and node.op == "&&":
        if guard(node, function, world):
            return None
        one = way(node.left, function, world, depth) or way(node.right, function, world, depth)
        return one if one and one.way == "==" else None
    if isinstance(node, tree.Binary) and node.op == "||":
        one = way(node.left, function, world, depth) or way(node.right, function, world, depth)
        return one if one and one.way == "!=" else None
    if isinstance(node, tree.Name):
        found = [way(value, function, world, depth - 1) for value in function.values.to.get(node.text, ())
                 if tree.number(value) is None]
        return found[0] if found and all(found) else None
    if isinstance(node, tree.Call):
        called = world.callee(function, node)
        if called and called is not function and _tester(called, world):
            pages = set().union(*(own.page_names(arg) for arg in node.args)) if node.args else set()
            return Adjacency(_tester(called, world), node, pages, False, called.facts["weak"])
    return None


def _by_flags(function, world, known):
    """Conditions on a variable that is set to true for adjacent pages alone."""
    flags, found = {}, []
    for step, one in known:
        after = {label: next_ for next_, label in step.after}
        if len(after) < 2:
            continue
        stop = lambda other: other is step
        depends = reach([after[one.way == "=="]], stop) - reach([after[one.way != "=="]], stop)
        for other in depends:
            expr = other.expr
            if isinstance(expr, tree.Assign) and expr.op == "=" and tree.number(expr.right) == 1 and \
                    isinstance(tree.bare(expr.left), tree.Name) and \
                    not guard(step.expr, function, world):
                flags.setdefault(tree.text(expr.left), []).append((expr, one))
    for name, sets in flags.items():
        true = [value for value in function.values.to.get(name, ()) if tree.number(value) != 0]
        if len(true) != len(sets):
            continue
        found += [(step, Adjacency("==", step.expr, sets[0][1].pages, False))
                  for step in function.graph.steps if step.kind == "test" and
                  isinstance(tree.bare(step.expr), tree.Name) and tree.text(step.expr) == name]
    return found


def _tester(function, world):
    """"==" or "!=" if the function tells whether pages are adjacent and does not compare
    their pgmaps; else None."""
    if "tester" not in function.facts:
        function.facts["tester"] = None
        function.facts["tester"] = _find_tester(function, world)
    return function.facts["tester"]


def _find_tester(function, world):
    if not re.search(r"==|!=", function.text) or function.name in facts.EXEMPT:
        return None
    returned = function.returns()
    if not returned or compares(function, world) or _grows_itself(function, world):
        return None
    for value in returned:
        one = way(value, function, world)
        if one:
            function.facts["weak"] = one.weak
            return one.way
    function.facts["weak"] = False
    numbers = {tree.number(value) for value in returned}
    if 0 not in numbers or not numbers <= {0, 1, None} or not numbers - {0}:
        return None
    for step, one in tests(function, world):
        after = {label: next_ for next_, label in step.after}
        if len(after) < 2 or one.weak:
            continue
        ends = [other for other in reach([after[one.way != "=="]], lambda other: other is step)
                if other.kind == "return"]
        if ends and all(end.value is not None and tree.number(end.value) == 0 for end in ends):
            return "=="
    return None


def _for_others(function):
    """A test of pages that other files can use."""
    pages = sum(1 for kind, _ in function.params
                if re.search(r"struct (bio_vec|scatterlist|page) ?\*$", kind))
    return pages >= 2 and not function.is_macro and (function.unit.header or not function.static)


# Growth.
_PLAIN = ("+", "<<", "*", "-")


def growth(expr, function, world):
    """(rank, node) of each place in an expression where a length grows."""
    found = []
    for node in tree.walk(expr):
        if isinstance(node, tree.Assign):
            found += _by_assignment(node, function)
        elif isinstance(node, tree.Step) and node.op == "++":
            found += _by_step(node, function)
        elif isinstance(node, tree.Call):
            found += _by_call(node, function, world)
    return found


def _by_assignment(node, function):
    left = tree.text(node.left)
    if node.op == "+=":
        grows = True
    elif node.op == "=":
        parts = [tree.text(part) for part in tree.walk(node.right) if isinstance(part, tree.Binary)
                 and part.op == "+" for part in (part.left, part.right)]
        grows = left in parts
    else:
        return []
    return [(_rank(node.left, function), node)] if grows and _is_length(node.left, function, node.right) else []


def _by_step(node, function):
    return [(_rank(node.value, function), node)] if _is_length(node.value, function, None) else []


def _rank(place, function):
    name = _last(place)
    return 2 if re.match(r"^(bv_len|length|len|dma_length|size|num_pages|npages|nr_pages)$", name) else 1


def _last(place):
    """The name of the field, or of the variable."""
    place = tree.bare(place)
    while isinstance(place, (tree.Index, tree.Unary, tree.Step)):
        place = tree.bare(place.base if isinstance(place, tree.Index) else place.value)
    if isinstance(place, tree.Call):
        return tree.called(place)
    return place.name if isinstance(place, tree.Member) else place.text if isinstance(place, tree.Name) else ""


def _is_length(place, function, addend):
    """Is it the length of something, rather than a position, an index or a statistic?"""
    place, name, text = tree.bare(place), _last(place), tree.text(place)
    if facts.STATISTICS.search(text):
        return False
    if isinstance(place, tree.Name):
        return _ends_as_length(place.text, function)
    if _is_index(text, function):
        return False
    if isinstance(place, tree.Call):
        return name in ("sg_dma_len",)
    if facts.ADDRESS_NAME.match(name) and not facts.COUNT_NAME.match(name) and name not in ("npfns", "nr_pfns"):
        return False
    if addend is None or tree.number(addend) is not None:
        return bool(facts.LENGTH_NAME.search(name))
    return not re.search(r"(pos|iova|addr|offset|off|sector|index|idx|ptr|vaddr|start|lba)$", name)


def _is_index(text, function):
    """Is the variable used as index of an array?"""
    if "indexes" not in function.facts:
        found = set()
        for node in tree.walk(function.body):
            if isinstance(node, tree.Index):
                inner = tree.bare(node.index)
                inner = inner.value if isinstance(inner, tree.Step) else inner
                found.add(tree.text(inner))
        function.facts["indexes"] = found
    return text in function.facts["indexes"]


# Calls that map: their arguments are a start and a length.
_STARTS = re.compile(r"^(PFN_PHYS|page_to_phys|sg_phys|bvec_phys)\(|<< ?PAGE_SHIFT$")
_SHIFTED = re.compile(r"<< \w*PAGE_SHIFT|\* \w*PAGE_SIZE|<< 12\b")


def _ends_as_length(name, function):
    """Does a local variable become the length of a segment, or what the function returns?"""
    key = "length " + name
    if key not in function.facts:
        function.facts[key] = any(_uses_as_length(node, name, function)
                                  for node in tree.walk(function.body))
    return function.facts[key]


def _uses_as_length(node, name, function):
    mine = lambda value: name in tree.names(value)
    if isinstance(node, tree.Call):
        called = tree.called(node)
        if called in facts.SET:
            which = facts.SET[called][2]
            return len(node.args) > which and mine(node.args[which])
        if called in facts.ADD:
            which = facts.ADD[called][2]
            return len(node.args) > which and mine(node.args[which])
        if facts.LOG.match(called) or facts.LOOK.match(called):
            return False
        if not facts.MAPS.search(called):
            return False
        return any(mine(arg) and (_SHIFTED.search(tree.text(arg)) or "PFN_PHYS" in tree.text(arg))
                   for arg in node.args) or \
            any(tree.text(arg) == name for arg in node.args) and \
            any(_STARTS.search(tree.text(arg)) for arg in node.args)
    if isinstance(node, tree.Return) and node.value is not None:
        value = tree.bare(node.value)
        return isinstance(value, tree.Name) and value.text == name and function.text.count("pfn") + \
            function.text.count("pages") > 0 and "int" in function.values.types.get(name, "int") + "int" and \
            not re.match(r"^(ret|rc|err|error|res|result|found|nents|nsegs?|nr_segs?|segs?|i|j|k)$", name)
    if isinstance(node, tree.Assign) and node.op == "=" and mine(node.right):
        last = _last(node.left)
        left = tree.bare(node.left)
        return not isinstance(left, tree.Name) and bool(facts.LENGTH_NAME.search(last)) and \
            tree.text(node.right) != tree.text(node.left) and \
            not re.match(r"^(n(r|um)?_?(sgs?|segs?|ents?|chunks|bvecs?|vecs|sges?|ranges|runs)|nents|count|cnt|nr|num)$", last)
    return False


def _by_call(node, function, world):
    name = tree.called(node)
    if name in facts.SET:
        which, table = facts.SET[name][2], facts.SET[name][0]
        if len(node.args) > which and _own_length(node.args[which], node.args[table]):
            return [(2, node)]
        return []
    if name in facts.GROW and len(node.args) > 1:
        place = tree.bare(node.args[0])
        place = place.value if isinstance(place, tree.Unary) and place.op == "&" else place
        return [(_rank(place, function), node)] if _is_length(place, function, node.args[1]) else []
    called = world.callee(function, node)
    if called and called is not function and _grows(called, world):
        return [(1, node)]
    return []


def _own_length(length, table):
    """Is the new length the old length of the entry plus something?"""
    base = tree.base(table)
    return any(isinstance(part, tree.Binary) and part.op == "+" and
               any(isinstance(tree.bare(side), tree.Member) and tree.base(side) == base and
                   facts.LENGTH_NAME.search(tree.bare(side).name) for side in (part.left, part.right))
               for part in tree.walk(length))


def _grows(function, world):
    """Does the function lengthen a segment of its caller, without comparing?"""
    if "grows" not in function.facts:
        function.facts["grows"] = False
        function.facts["grows"] = len(function.text) < 2000 and _grows_itself(function, world) and \
            not compares(function, world) and not tests(function, world)
    return function.facts["grows"]


def _grows_itself(function, world):
    for node in tree.walk(function.body):
        place = node.left if isinstance(node, tree.Assign) else node.value if isinstance(node, tree.Step) else None
        if place is None or isinstance(tree.bare(place), tree.Name):
            continue
        found = _by_assignment(node, function) if isinstance(node, tree.Assign) else \
            _by_step(node, function) if node.op == "++" else []
        if found and (function.param(tree.base(place)) is not None or isinstance(tree.bare(place), tree.Call)) \
                and _length_of_caller(place):
            return True
    return False


def _length_of_caller(place):
    """Is it a field by its name, or what a parameter points to?"""
    names = r"(bv_len|length|len|size|num_pages|npages|nr_pages|bytes)$"
    if isinstance(tree.bare(place), tree.Unary):
        return bool(facts.LENGTH_NAME.search(_last(place)))
    return bool(re.search(names, _last(place)))


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
