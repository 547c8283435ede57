# SPDX-License-Identifier: GPL-2.0
"""PG05: a bio_vec is built by hand, or an ITER_BVEC of several pages from elsewhere, and it
becomes I/O of a block device or a file."""
import re

from . import facts, tree
from .guards import unguarded

RULE = "PG05"

_FIELDS = ("bv_page", "bv_len", "bv_offset")


def check(function, world):
    if core(function.unit.name) or function.is_macro:
        return
    places = list(_by_hand(function, world))
    places = [] if any(node == "own" for _, node in places) else places
    if places and not _goes_elsewhere(function, world):
        at, node = min(places, key=lambda place: place[0])
        what = "bio_init() or bio_add_page()" if node in facts.VCNT else "bvec_set_page() or bio_add_page()"
        yield at, "%s is set by hand; use %s" % (node, what)
    at = _vector(function, world)
    if at is not None:
        yield at, "an ITER_BVEC of pages from elsewhere; nothing has compared their pgmaps"


def core(name):
    """Is it a file of the block layer: block/* or its headers, but not in drivers?"""
    parts = name.split("/")
    if parts[-3:] in (["include", "linux", "bvec.h"], ["include", "linux", "bio.h"]):
        return True
    return parts[-2:-1] == ["block"] and "drivers" not in parts[-4:-2]


def _by_hand(function, world):
    """(offset, field) of each field of a vec or bio that is set; field is "own" where the
    page is one that the function allocated."""
    open_steps = None
    for node in tree.walk(function.body):
        if isinstance(node, tree.Assign):
            left = tree.bare(node.left)
        elif isinstance(node, tree.Step):
            left = tree.bare(node.value)
        else:
            continue
        if not isinstance(left, tree.Member):
            continue
        if left.name in facts.VCNT:
            if isinstance(node, tree.Step) and node.op == "++" or \
                    isinstance(node, tree.Assign) and node.op != "-=" and tree.text(node.right) != "0":
                if not _back(node) and not re.search(r"bi_size\s*=\s*0\s*;|\b(unpin|put)_\w+\([^;]*bv_page",
                                                     function.text):
                    yield left.at, left.name
        elif left.name == "bv_page":
            if _a_copy(left, function):
                continue
            if own_page(node.right, function):
                yield left.at, "own"
            else:
                yield left.at, left.name
        elif left.name in _FIELDS and left.name != "bv_page":
            if not left.arrow and isinstance(tree.bare(left.base), tree.Name):
                continue                # a copy of its own
            if open_steps is None:
                open_steps = unguarded([function.graph.enter], function, world)
            if any(step.expr is not None and any(part is node for part in tree.walk(step.expr))
                   for step in open_steps) and not _shorter(node):
                yield left.at, left.name


def _a_copy(left, function):
    """A field of a local variable whose address is not taken."""
    base = tree.bare(left.base)
    return not left.arrow and isinstance(base, tree.Name) and not any(
        isinstance(part, tree.Unary) and part.op == "&" and tree.text(part.value) == base.text
        for part in tree.walk(function.body))


def _shorter(node):
    """Is a vec only shortened? It then keeps its pages."""
    return isinstance(node, tree.Assign) and node.op == "-=" or isinstance(node, tree.Step) and node.op == "--"


def _back(node):
    """Does the bio get back a value that it had before?"""
    return isinstance(node, tree.Assign) and bool(re.search(
        r"(orig|saved?|old|backup|bak|bd)\w*(->|\.|_)\w*(vcnt|io_vec|vec)", tree.text(node.right)))


def own_page(node, function):
    """Is it a page that the function has allocated, or a field that only gets such pages?"""
    for value in function.values.resolve(node):
        if any(facts.OWN.match(tree.called(part)) or tree.called(part) == "ZERO_PAGE"
               for part in tree.walk(value)) or tree.number(value) == 0:
            return True
    place = re.sub(r"\[.*", "", tree.text(node))
    if "alloc_pages_bulk" in function.text and re.search(
            r"alloc_pages_bulk\w*\([^;]*%s\)" % re.escape(place), function.text):
        return True
    values = [value for name, found in function.values.to.items()
              if re.sub(r"\[.*", "", name) == place for value in found]
    field = re.match(r"^.*(?:->|\.)(\w+)$", place)
    if not values and field:
        values = [value for other in function.unit.functions.values()
                  if re.search(r"(->|\.)\s*%s\b" % field.group(1), other.text)
                  for name, found in other.values.to.items()
                  if re.match(r"^.*(->|\.)%s(\[.*)?$" % field.group(1), name) for value in found]
    def mine(value):
        return tree.number(value) == 0 or any(
            facts.OWN.match(tree.called(part)) or re.search(r"alloc", tree.called(part))
            for part in tree.walk(value))
    return bool(values) and any("alloc" in tree.text(value) for value in values) and \
        all(mine(value) for value in values)


# Where the vectors go.
def _goes_elsewhere(function, world, depth=2):
    """Do the vecs that the function fills go to a socket, a cipher or a copy, not to a bio?"""
    text = function.text
    if re.search(r"\bbi_(io_vec|vcnt)\b|\bstruct (bio|request)\b|\bbio_\w+\(|\bsubmit_bio|blk_|"
                 r"\bvfs_iter_|(read|write)_iter\b|call_(read|write)_iter|\bkiocb\b|\bio_buffer_register", text):
        return False
    if "iov_iter_bvec" in text:
        return bool(facts.VEC_OTHER.search(" ".join(sorted(function.calls))))
    words = " ".join(sorted(function.calls)) + " " + function.unit.name
    if facts.VEC_OTHER.search(words) or re.search(r"/net/|lnet|sunrpc|ptlrpc|smb|ceph|9p|rxrpc|crypto|gss|iscsi.*tcp", words):
        return True
    if depth:
        callers = world.callers_of(function)
        if callers and all(_goes_elsewhere(caller, world, depth - 1) for caller in callers):
            return True
    return not _known_to_be_io(function)


def _known_to_be_io(function):
    """A table of vecs that is a parameter or a field can be one for I/O."""
    return any("bio_vec" in kind for kind, _ in function.params) or \
        bool(re.search(r"struct bio_vec\b|(->|\.)bvecs?\b", function.text))


def _vector(function, world):
    """Where an ITER_BVEC is made of several pages that the function put together."""
    for call in tree.calls(function.body, ("iov_iter_bvec",)):
        if len(call.args) < 5 or tree.number(call.args[3]) == 1:
            continue
        if function.calls & facts.COMPATIBLE.keys() or _socket(function) or re.search(r"msg", tree.text(call.args[0])):
            continue
        table = call.args[2]
        filled = [page for page, place in _fills(function) if _same_table(place, table, function)]
        if filled and not all(own_page(page, function) for page in filled):
            return call.at
    return None


def _socket(function):
    words = " ".join(sorted(function.calls))
    return bool(facts.VEC_OTHER.search(words)) and not facts.VEC_IO.search(
        " ".join(name for name in function.calls if facts.VEC_IO.match(name)))


def _fills(function):
    """(page, element) of all vecs that are set in the function."""
    for node in tree.walk(function.body):
        if isinstance(node, tree.Call) and tree.called(node) in ("bvec_set_page", "bvec_set_folio") and \
                len(node.args) > 1:
            yield node.args[1], node.args[0]
        elif isinstance(node, tree.Assign) and isinstance(tree.bare(node.left), tree.Index):
            inner = tree.bare(node.right)
            page = node.right
            if isinstance(inner, tree.Literal):
                page = next((value for name, value in inner.parts if name == "bv_page"), None)
            if page is not None:
                yield page, node.left


def _same_table(place, table, function):
    base, wanted = tree.base(place), tree.text(table)
    if base == tree.base(table):
        return tree.text(place).lstrip("&").startswith(wanted.lstrip("&")) or base == wanted
    return any(tree.text(value) == wanted for value in function.values.to.get(base, ()))
