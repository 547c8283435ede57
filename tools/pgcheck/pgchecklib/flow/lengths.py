# SPDX-License-Identifier: GPL-2.0
"""Which variables and fields are lengths of segments, and where they grow."""
import re

from . import facts, tree
from .addresses import in_own_order


def by_assignment(node, function):
    left = tree.text(node.left)
    if node.op == "+=":
        grows = True
    elif node.op == "=":
        parts = [tree.text(in_own_order(part)) for part in tree.walk(node.right) if isinstance(part, tree.Binary)
                 and part.op == "+" for part in (part.left, part.right)]
        grows = left in parts
    else:
        return []
    return [(rank(node.left, function), node)] if grows and is_length(node.left, function, node.right) else []


def by_step(node, function):
    return [(rank(node.value, function), node)] if is_length(node.value, function, None) else []


def rank(place, function):
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


def is_length(place, function, addend):
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
STARTS = re.compile(r"^(PFN_PHYS|page_to_phys|sg_phys|bvec_phys)\(|<< ?PAGE_SHIFT$")
SHIFTED = re.compile(r"<< \w*PAGE_SHIFT|\* \w*PAGE_SIZE|<< 12\b")


def _ends_as_length(name, function):
    """Does a local variable become the length of a segment, or what the function returns?"""
    key = "length " + name
    if key not in function.facts:
        function.facts[key] = any(_uses_as_length(node, name, function)
                                  for node in tree.walk(function.body))
    return function.facts[key]


def _values(node):
    """The expression and its parts, without the structures whose fields it takes."""
    yield node
    for part in tree.children(node):
        if not isinstance(node, tree.Member) or isinstance(tree.bare(part), tree.Member):
            yield from _values(part)


def _uses_as_length(node, name, function):
    mine = lambda value: any(isinstance(part, tree.Name) and part.text == name for part in _values(value))
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
        return any(mine(arg) and (SHIFTED.search(tree.text(arg)) or "PFN_PHYS" in tree.text(arg))
                   for arg in node.args) or \
            any(tree.text(arg) == name for arg in node.args) and \
            any(STARTS.search(tree.text(arg)) for arg in node.args)
    if isinstance(node, tree.Return) and node.value is not None and \
            re.match(r"(const )?struct (page ?\*\*|scatterlist ?\*|bio_vec ?\*)",
                     function.values.types.get(name, "")):
        return any(isinstance(part, tree.Binary) and part.op == "-" and tree.text(part.left) == name
                   for part in tree.walk(node.value))
    if isinstance(node, tree.Return) and node.value is not None:
        value = tree.bare(node.value)
        return isinstance(value, tree.Name) and value.text == name and \
            bool(re.search(r"pfn|page", function.text, re.IGNORECASE)) and not re.match(r"^(ret|rc|err|error|res|result|found|nents|nsegs?|nr_segs?|segs?|i|j|k)$", name)
    if isinstance(node, tree.Assign) and node.op == "=" and mine(node.right):
        last = _last(node.left)
        left = tree.bare(node.left)
        return not isinstance(left, tree.Name) and bool(facts.LENGTH_NAME.search(last)) and \
            tree.text(node.right) != tree.text(node.left) and \
            not re.match(r"^(n(r|um)?_?(sgs?|segs?|ents?|chunks|bvecs?|vecs|sges?|ranges|runs)|nents|count|cnt|nr|num)$", last)
    return False


def set_longer(node):
    """set_len(entry, get_len(entry) + more)"""
    if len(node.args) < 2 or not re.search(r"set|put|len|size|write|update", tree.called(node)):
        return False
    entry = tree.text(node.args[0])
    return any(tree.called(tree.bare(side)) and tree.text(tree.bare(side).args[0]) == entry
               if isinstance(tree.bare(side), tree.Call) and tree.bare(side).args else False
               for arg in node.args[1:] for part in [tree.bare(arg)]
               if isinstance(part, tree.Binary) and part.op == "+" for side in (part.left, part.right)) or \
        any(own_length(arg, node.args[0]) for arg in node.args[1:])


def own_length(length, table):
    """Is the new length the old length of the entry plus something?"""
    base = tree.base(table)
    return any(isinstance(part, tree.Binary) and part.op == "+" and
               any(isinstance(tree.bare(side), tree.Member) and tree.base(side) == base and
                   facts.LENGTH_NAME.search(tree.bare(side).name) for side in (part.left, part.right))
               for part in tree.walk(length))


def grows_itself(function, world):
    for node in tree.walk(function.body):
        place = node.left if isinstance(node, tree.Assign) else node.value if isinstance(node, tree.Step) else None
        if place is None or isinstance(tree.bare(place), tree.Name):
            continue
        found = by_assignment(node, function) if isinstance(node, tree.Assign) else \
            by_step(node, function) if node.op == "++" else []
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
