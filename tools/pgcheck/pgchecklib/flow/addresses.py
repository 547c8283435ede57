# SPDX-License-Identifier: GPL-2.0
"""Where the addresses of pages come from, and which comparisons ask for adjacency."""
import re

from . import facts, tree

HERE, NEXT = 1, 2       # the address of a page, and one a length further on


class Address:
    """A value that is the address of pages. kind is "address", "page", or "name" if only the
    name of the variable tells that it is an address."""

    __slots__ = ("level", "kind", "pages")

    def __init__(self, level, kind, pages=()):
        self.level, self.kind, self.pages = level, kind, frozenset(pages)

    def further(self):
        return Address(NEXT, self.kind, self.pages)


def either(found):
    """What is one of several."""
    found = [one for one in found if one]
    if not found:
        return None
    kinds = [one.kind for one in found]
    return Address(max(one.level for one in found),
                   next((kind for kind in ("address", "page") if kind in kinds), "name"),
                   frozenset().union(*(one.pages for one in found)))


class Addresses:
    """Finds the addresses in one function."""

    def __init__(self, function, world):
        self.function, self.world = function, world
        self.busy = set()
        self.known = {}

    def of(self, node):
        """The Address that an expression is, or None."""
        node = tree.bare(node)
        method = getattr(self, "of_" + type(node).__name__, None)
        return method(node) if method else None

    def of_Call(self, node):
        name = tree.called(node)
        if name in facts.ADDRESS and len(node.args) > facts.ADDRESS[name]:
            return Address(HERE, "address", self.page_names(node.args[facts.ADDRESS[name]]))
        if name in facts.SAME_ADDRESS and len(node.args) > facts.SAME_ADDRESS[name]:
            return self.of(node.args[facts.SAME_ADDRESS[name]])
        if name in facts.PAGE:
            which = facts.PAGE[name]
            pages = self.page_names(node.args[which]) if which is not None and node.args else ()
            further = name in facts.NEXT_PAGE and len(node.args) > 1 and \
                tree.number(node.args[1]) != 0
            return Address(NEXT if further else HERE, "page", pages)
        if name in ("max", "min", "max_t", "min_t", "umin", "umax"):
            return either(map(self.of, node.args))
        return self.of_callee(node)

    def of_callee(self, node):
        """A function that returns the address of one of its parameters."""
        called = self.world.callee(self.function, node)
        if not called or called is self.function:
            return None
        if "address" not in called.facts:
            called.facts["address"] = None
            own = Addresses(called, self.world)
            returned = [own.of(value) for value in called.returns()]
            returned = [one for one in returned if one and one.kind == "address"]
            called.facts["address"] = either(returned)
        found = called.facts["address"]
        if not found:
            return None
        pages = set()
        for (_, name), arg in zip(called.params, node.args):
            if any(re.match(r"%s\b" % re.escape(name), page) for page in found.pages):
                pages |= self.page_names(arg)
        return Address(found.level, found.kind, pages)

    def of_Name(self, node):
        return self.of_place(node, node.text)

    def of_Member(self, node):
        if node.name == "bv_page":
            return Address(HERE, "page", self.page_names(node))
        return self.of_place(node, node.name)

    def of_Index(self, node):
        return self.of_place(node, tree.text(node.base).split(">")[-1].split(".")[-1])

    def of_place(self, node, name):
        """A variable or a field is what this function stores in it."""
        place = tree.text(node)
        if place in self.busy:
            return None
        if place not in self.known:
            self.busy.add(place)
            self.known[place] = self.stored(node, place, name)
            self.busy.discard(place)
        return self.known[place]

    def stored(self, node, place, name):
        values = self.function.values
        found = either(self.of(value) for value in values.to.get(place, ()))
        if not found and isinstance(node, tree.Name):
            found = self.from_callers(name)
        if not found and isinstance(node, (tree.Member, tree.Index)):
            found = self.from_field(node)
        if found and found.kind == "page" and found.level == HERE and \
                not isinstance(node, tree.Name) and not self.is_page(node):
            return None
        if found and place in values.opaque and found.kind == "address":
            return found.further()
        if found:
            return found
        if self.is_page(node):
            return Address(HERE, "page", self.page_names(node))
        if name and facts.ADDRESS_NAME.match(name) and not facts.COUNT_NAME.match(name) and \
                (self.about_pages() or isinstance(node, tree.Name)):
            return Address(NEXT if facts.NEXT_NAME.search(name) else HERE, "name")
        return None

    def from_callers(self, name):
        """A parameter is what the callers pass."""
        number = self.function.param(name)
        if number is None or self.function.is_macro:
            return None
        key = "argument %d" % number
        if key not in self.function.facts:
            self.function.facts[key] = None
            found = []
            for caller, call in self.world.callers(self.function)[:20]:
                if len(call.args) > number and caller is not self.function:
                    one = Addresses(caller, self.world).of(call.args[number])
                    if one and one.kind == "address":
                        found.append(Address(one.level, "address"))
            self.function.facts[key] = either(found)
        return self.function.facts[key]

    def from_field(self, node):
        """A field in which functions of the file store the address of a page."""
        field = node
        while isinstance(field, tree.Index):
            field = tree.bare(field.base)
        if not isinstance(field, tree.Member) or field.name in ("page", "addr", "start", "data"):
            return None
        return field_addresses(self.function.unit, self.world).get(field.name)

    def is_page(self, node):
        """Has the variable the type of a page, or, if its type is unknown, such a name?"""
        node = tree.bare(node)
        types = self.function.values.types
        if isinstance(node, tree.Name):
            kind = types.get(node.text)
            return kind is not None and bool(re.match(r"(const )?struct page\*$", kind)) or \
                self.function.is_macro and bool(facts.PAGE_NAME.match(node.text))
        if isinstance(node, tree.Index):
            inner = tree.bare(node.base)
            if isinstance(inner, tree.Name):
                kind = types.get(inner.text, "")
                return "struct page" in kind and kind.count("*") + (inner.text in self.function.values.arrays) >= 2
            return isinstance(inner, tree.Member) and \
                bool(re.match(r"^\w*pages$", inner.name)) and not facts.COUNT_NAME.match(inner.name)
        if isinstance(node, tree.Member):
            return bool(re.match(r"^(\w*_)?(bv_)?page$", node.name)) and not facts.COUNT_NAME.match(node.name)
        return isinstance(node, tree.Unary) and node.op == "*" and \
            "struct page" in types.get(tree.base(node), "")

    def about_pages(self):
        """Does the function mention pages or bios? If not, its addresses are of other things."""
        if "pages" not in self.function.facts:
            self.function.facts["pages"] = bool(re.search(
                r"struct (page|folio|bio_vec|scatterlist|sg_table|bio|request)\b|page_to_|pfn_to_page|"
                r"\bfolio_|\b(for_each_)?sg_|\bbv_|\bbvec_|rq_for_each", self.function.text))
        return self.function.facts["pages"]

    def of_Unary(self, node):
        if node.op == "*":
            if self.is_page(node):
                return Address(HERE, "page", self.page_names(node))
            return self.of_place(node, "")
        return None

    def of_Step(self, node):
        found = self.of(node.value)
        return found.further() if found and not node.post else found

    def of_Choice(self, node):
        return either((self.of(node.yes), self.of(node.no)))

    def of_Assign(self, node):
        return self.of(node.right)

    def of_Binary(self, node):
        left, right = self.of(node.left), self.of(node.right)
        if node.op in ("+", "-"):
            if node.op == "-" and left and right:
                return None
            one, other = (left, node.right) if left else (right, node.left)
            if not one or tree.number(other) == 0:
                return one
            if one.kind == "page" and not self.points(node.left if left else node.right):
                return None
            return one.further()
        if node.op in ("<<", ">>") and left:
            return left if re.search(r"PAGE_SHIFT$|^12$", tree.text(node.right)) else None
        if node.op in ("*", "/") and left:
            return left if tree.text(node.right).endswith("PAGE_SIZE") else None
        return None

    def points(self, node):
        """In "page + n", is page a pointer to one struct page?"""
        found = self.function.values.types.get(tree.base(node), "")
        node = tree.bare(node)
        return not isinstance(node, tree.Name) or "**" not in found

    def page_names(self, node):
        """The names of the variables by which the function reaches a page."""
        found = set()
        for value in [node] + self.function.values.resolve(node):
            found.add(tree.text(value))
            inner = tree.bare(value)
            if isinstance(inner, tree.Call) and inner.args:
                found |= {tree.text(arg) for arg in inner.args}
        return {text for text in found if text}


def addresses_of(function, world):
    """The Addresses of a function, made once."""
    if "addresses" not in function.facts:
        function.facts["addresses"] = Addresses(function, world)
    return function.facts["addresses"]


def field_addresses(unit, world):
    """Fields of the unit that addresses of pages are stored in."""
    if not hasattr(unit, "field_addresses"):
        unit.field_addresses = {}
        for function in unit.functions.values():
            if not function.calls & facts.ADDRESS.keys():
                continue
            own = Addresses(function, world)
            for place, values in list(function.values.to.items()):
                field = re.match(r".*(?:->|\.)(\w+)(?:\[[^\]]*\])*$", place)
                if not field:
                    continue
                found = either(own.of(value) for value in values)
                if found and found.kind == "address":
                    unit.field_addresses[field.group(1)] = Address(found.level, "address")
    return unit.field_addresses


# Xen's frames and virtual addresses; whether the struct pages of a range are one array.
_OTHERS = re.compile(r"bfn|virt|\bpfn_to_page\(", re.IGNORECASE)


class Adjacency:
    """A comparison that is true (way "==") or false ("!=") for adjacent pages. complete: all
    compared pages are known; weak: only the names of the variables tell that these are
    addresses; others: where the condition is a case of a switch, the other cases."""

    def __init__(self, way, node, pages, complete, weak=False):
        self.way, self.node, self.pages, self.complete = way, node, pages, complete
        self.weak, self.others = weak, None


def adjacency(node, addresses):
    """The Adjacency that an expression asks for, or None."""
    node = tree.bare(node)
    if isinstance(node, tree.Unary) and node.op == "!":
        found = adjacency(node.value, addresses)
        if found:
            found.way = "!=" if found.way == "==" else "=="
        return found
    if isinstance(node, tree.Assign):
        return adjacency(node.right, addresses)
    if not isinstance(node, tree.Binary) or node.op not in ("==", "!=") or \
            _OTHERS.search(tree.text(node)):
        return None
    return _difference(node, addresses) or _sum(node, addresses)


def _difference(node, addresses):
    """a - b == 1"""
    left = tree.bare(node.left)
    if isinstance(left, tree.Binary) and left.op == "-":
        one, two = addresses.of(left.left), addresses.of(left.right)
        if one and two and one.kind == two.kind and one.kind != "name" and \
                tree.number(node.right) != 0 and (one.kind == "address" or tree.number(node.right) == 1):
            return Adjacency(node.op, node, one.pages | two.pages, bool(one.pages and two.pages))
    return None


def _sum(node, addresses):
    """a + length == b"""
    left, right = addresses.of(node.left), addresses.of(node.right)
    if any(side and _alloc(side, addresses) for side in (left, right)):
        return None
    for one, two, other in ((left, right, node.right), (right, left, node.left)):
        if not one:
            continue
        if two and (one.kind == "page") != (two.kind == "page"):
            continue
        weak = bool(two) and (one.kind, two.kind) == ("name", "name")
        if weak and not _plain_sum(node):
            continue
        if two and NEXT in (one.level, two.level):
            if one.kind == "page" and one.level == two.level == NEXT:
                continue
            return Adjacency(node.op, node, one.pages | two.pages,
                             bool(one.pages and two.pages), weak)
        if not two and one.kind == "address" and _end(other, addresses):
            return Adjacency(node.op, node, one.pages, False)
    return None


def _plain_sum(node):
    """previous_pfn + length == pfn, all of them variables"""
    sides = [tree.bare(side) for side in (node.left, node.right)]
    sums = [side for side in sides if isinstance(side, tree.Binary) and side.op == "+"]
    return len(sums) == 1 and isinstance(tree.bare(sums[0].left), tree.Name) and \
        any(isinstance(side, tree.Name) for side in sides)


def _end(node, addresses):
    """Is it the sum of a start and a length, about which nothing else is known?"""
    node = tree.bare(node)
    if isinstance(node, tree.Name):
        return any(_end(value, addresses) for value in addresses.function.values.to.get(node.text, ())
                   if not isinstance(tree.bare(value), tree.Name))
    return isinstance(node, tree.Binary) and node.op == "+" and \
        any(isinstance(in_own_order(part), (tree.Member, tree.Index, tree.Name, tree.Binary, tree.Unary))
            for part in (node.left, node.right)) and tree.number(node.left) is None


def in_own_order(node):
    """Without le64_to_cpu() and the like around it."""
    node = tree.bare(node)
    while tree.called(node) in facts.SAME_ADDRESS and len(node.args) == 1:
        node = tree.bare(node.args[0])
    return node


def _alloc(found, addresses):
    """Is one of the pages always one that the function has allocated?"""
    values = addresses.function.values
    for page in found.pages:
        mine = values.to.get(page, ())
        if mine and all(facts.OWN.match(tree.called(tree.bare(value))) or
                        tree.number(value) == 0 for value in mine):
            return True
    return False
