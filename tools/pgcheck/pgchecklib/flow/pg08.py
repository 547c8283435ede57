# SPDX-License-Identifier: GPL-2.0
"""PG08: a vec is removed from a bio, and not all of its pages are released.

PG09: integrity data counts as one segment, and only its first vec is mapped.

PG10: a page is added under the number of another one.
"""
import re

from . import facts, tree
from .graph import reach
from .pg05 import core


class Trimmed:
    """PG08."""

    RULE = "PG08"

    @staticmethod
    def check(function, world):
        trims = [node for node in tree.walk(function.body) if takes_off(node)]
        if function.is_macro:
            return
        puts = [call for call in tree.calls(function.body) if _first_page(call, function)] \
            if "_vcnt" in function.text else []
        trims = trims or [node for node in tree.walk(function.body) if puts and _set_to(node)]
        if not trims:
            return
        if puts and not _all_pages(_around(function, trims, puts)):
            yield puts[0].at, "%s() of one page of a vec that is taken off; it can have more" % \
                tree.called(puts[0])
        elif not puts and _pinned_here(function) and not _all_pages(function.body):
            yield trims[0].at, "a vec is taken off, and its pages are not given back"


def takes_off(node):
    """bio->bi_vcnt--"""
    if isinstance(node, tree.Step) and node.op == "--":
        place = node.value
    elif isinstance(node, tree.Assign) and node.op == "-=":
        place = node.left
    else:
        return False
    place = tree.bare(place)
    return isinstance(place, tree.Member) and place.name in ("bi_vcnt", "bip_vcnt", "nr_bvecs", "nr_vecs", "bvec_cnt")


def _set_to(node):
    """bio->bi_vcnt = keep"""
    place = tree.bare(node.left) if isinstance(node, tree.Assign) and node.op == "=" else None
    return isinstance(place, tree.Member) and place.name in ("bi_vcnt", "bip_vcnt") and \
        isinstance(tree.bare(node.right), tree.Name)


def _first_page(call, function):
    name = tree.called(call)
    if name not in facts.PUT_ONE and not (name in (*facts.PUT_ARRAY, "unpin_user_folio") and len(call.args) > 1 and
                                          tree.number(call.args[1]) == 1):
        return False
    texts = [tree.text(value) for arg in call.args for value in [arg] + function.values.resolve(arg)]
    return any(re.search(r"(->|\.)bv_page\)?$", text.lstrip("&")) for text in texts)


def _around(function, trims, puts):
    """The smallest block that contains both the removal and the release."""
    found = function.body
    for node in tree.walk(function.body):
        if isinstance(node, tree.Block):
            inner = list(tree.walk(node))
            if any(one in inner for one in trims) and any(one in inner for one in puts):
                found = node
    return found


_ALL_PAGES = re.compile(r"bv_page \+|nth_page|^unpin_user_folio\(|^unpin_user_page_range|^bio_release_pages|"
                        r"^folio_put_refs|release_bvec|bvec_nr_pages|^bio_unpin_\w+|^bvec_unpin\(")


def _all_pages(node):
    """Does a block release as many pages as a vec has?"""
    for call in tree.calls(node):
        if _ALL_PAGES.search(tree.text(call)) and not (
                tree.called(call) == "unpin_user_folio" and tree.number(call.args[-1]) == 1):
            return True
        if re.match(r"^unpin_user_pages", tree.called(call)) and len(call.args) > 1 and \
                tree.number(call.args[1]) != 1:
            return True
    return False


def _pinned_here(function):
    return bool(re.search(r"\b(iov_iter_(extract|get)_\w+|pin_user_pages\w*|BIO_PAGE_PINNED)\b", function.text))


class FirstOfMetadata:
    """PG09."""

    RULE = "PG09"

    @staticmethod
    def check(function, world):
        if core(function.unit.name) or function.is_macro:
            return
        for call in tree.calls(function.body):
            if "unmap" in tree.called(call) or not re.search(r"dma_map|map_bvec|sg_set_page|sg_set_buf|map_page|map_single|virt_to_phys|bvec_phys|"
                             r"page_to_phys|bvec_set_page|kmap|bvec_virt", tree.called(call)):
                continue
            first = next((node for arg in call.args for node in _first_vec(arg, function, world)), None)
            if first is None:
                continue
            own = [step for step in function.graph.steps if step.expr is not None and
                   any(part is call for part in tree.walk(step.expr))]
            if own and own[0] in reach([function.graph.enter], _one_vec):
                yield first.at, "only the first vec of the integrity data is mapped; one segment can be several vecs"
                return


def _first_vec(node, function, world):
    """The places that read the first vec of a bip."""
    values = [node]
    base = tree.base(node)
    values += function.values.to.get(base, [])
    for call in [call for value in values for call in tree.calls(value)]:
        called = world.callee(function, call)
        if called and called is not function and len(called.text) < 400 and \
                any(True for value in called.returns() for _ in _first_vec(value, called, world)):
            yield call
    for value in values:
        if re.search(r"bvec_iter|bip_iter", tree.text(value)):
            continue                    # the vec that the iterator is at
        for part in tree.walk(value):
            if tree.called(part) in ("rq_integrity_vec", "bip_first_vec"):
                yield part
            elif isinstance(part, tree.Member) and part.name == "bip_vec" and not _other_index(value):
                yield part


def _other_index(value):
    return any(isinstance(part, tree.Index) and "bip_vec" in tree.text(part.base) and
               tree.number(part.index) != 0 for part in tree.walk(value)) or "bip_iter.bi_idx" in tree.text(value) or \
        any(isinstance(part, tree.Binary) and "bip_vec" in tree.text(part.left) for part in tree.walk(value))


def _one_vec(step):
    """Does a condition test the number of vecs, or the length of the first one?"""
    return step.kind == "test" and bool(re.search(
        r"bip_vcnt|bio_integrity_\w*vec|\bbv_len\b.*(==|>=|<|!=)|(==|>=|<|!=).*\bbv_len\b|bip_iter\.bi_size.*bv_len",
        tree.text(step.expr)))


class OtherNumber:
    """PG10."""

    RULE = "PG10"

    @staticmethod
    def check(function, world):
        for call in tree.calls(function.body):
            name = tree.called(call)
            places = facts.ADD.get(name) or facts.ADD_NOFAIL.get(name) or facts.SET.get(name)
            if not places or places[3] is None or len(call.args) <= max(places):
                continue
            page, offset = call.args[places[1]], call.args[places[3]]
            if "folio" in name and _within_page(page, offset, function):
                yield call.at, "the offset in a page is taken for one in its folio; the first page of the folio goes instead"
            elif (name in facts.ADD or name in facts.ADD_NOFAIL) and _same_each_round(call, page, function):
                yield call.at, "each round adds %s, whatever its number" % tree.text(page)
            elif _two_buffers(page, offset, function):
                yield call.at, "the page and the offset are those of two buffers"


_IN_FOLIO = re.compile(r"folio_page_idx|offset_in_folio|folio_pos|PAGE_SHIFT|PAGE_SIZE|page_idx|folio_off|offset_in_f|"
                       r"\bfi\.|\.offset|foff|folio_page_offset|page_to_(pfn|index)|->index|bio_offset|poff|pos\b|start\b")


def _within_page(folio, offset, function):
    """Is it page_folio(page) with an offset that counts from the page?"""
    if any(tree.called(tree.bare(value)) == "virt_to_folio" for value in function.values.resolve(folio)):
        return any(tree.called(tree.bare(value)) == "offset_in_page" for value in function.values.resolve(offset))
    sources = [call for value in function.values.resolve(folio) for call in [tree.bare(value)]
               if tree.called(call) in ("page_folio", "pgmap_page_folio") and call.args]
    if not sources:
        return False
    page = tree.text(sources[0].args[0])
    if re.search(r"compound_head|folio|head|virt_to_head|^bh->|b_page|\bhpage|^first", page):
        return False
    if tree.number(offset) is not None:
        return tree.number(offset) == 0 and bool(re.search(r"\[\w+\]$", page)) and \
            not re.search(r"folio_(size|nr_pages|test_large)|PageHead|PageTail|compound_order", function.text)
    if tree.called(tree.bare(offset)) == "offset_in_page":
        return True
    values = [tree.text(offset)] + [tree.text(value) for value in function.values.to.get(tree.base(offset), ())]
    if tree.base(offset) in function.values.opaque:
        return False
    if any(_IN_FOLIO.search(value) for value in values):
        return False
    return not re.search(r"folio_page_idx|folio_test_large|offset_in_folio|folio_nr_pages|get_contig_folio", function.text)


def _same_each_round(call, page, function):
    """Does a loop with a counter add the same page of an array in each round?"""
    if _ONE_ON_PURPOSE.search(tree.text(page)):
        return False
    loop = _innermost(call, function)
    if isinstance(tree.bare(page), tree.Name):
        return loop is not None and _same_bytes(call, page, loop, function)
    inner = _numbered(page)
    if not isinstance(inner, tree.Index):
        return False
    if loop is None or not isinstance(loop, tree.For) or loop.step is None:
        return False
    changed = {tree.base(part.value if isinstance(part, tree.Step) else part.left)
               for part in tree.walk(loop) if isinstance(part, (tree.Step, tree.Assign))}
    changed |= {arg.text for part in tree.walk(loop.body) if isinstance(part, tree.Unary) and part.op == "&"
                for arg in [tree.bare(part.value)] if isinstance(arg, tree.Name)}
    if tree.names(inner.index) & changed or tree.base(inner) in changed or \
            any(isinstance(part, tree.Step) for part in tree.walk(page)):
        return False
    counters = {tree.base(part.value) for part in tree.walk(loop.step) if isinstance(part, tree.Step)}
    offset = (facts.ADD.get(tree.called(call)) or facts.ADD_NOFAIL[tree.called(call)])[3]
    return bool(counters) and not (offset is not None and len(call.args) > offset and
                                   tree.names(call.args[offset]) & counters)


# A page of zeros may be added many times.
_ONE_ON_PURPOSE = re.compile(r"zero|dummy|pad|scratch|sink|trash|pattern|fill", re.IGNORECASE)


def _numbered(page):
    """A page of an array, or of a folio, as an Index."""
    inner = tree.bare(page)
    inner = tree.bare(inner.base) if isinstance(inner, tree.Member) else inner
    if tree.called(inner) in facts.NEXT_PAGE and len(inner.args) == 2:
        return tree.Index(inner.at, inner.args[0], inner.args[1])
    return inner


def _same_bytes(call, page, loop, function):
    """Are the same bytes of one page added to one bio in each round of a loop that counts? page
    is a variable."""
    places = facts.ADD.get(tree.called(call)) or facts.ADD_NOFAIL[tree.called(call)]
    bio, offset = call.args[places[0]], call.args[places[3]]
    changed = {tree.base(part.value if isinstance(part, tree.Step) else part.left)
               for part in tree.walk(loop) if isinstance(part, (tree.Step, tree.Assign))}
    changed |= {part.name for part in tree.walk(loop) if isinstance(part, tree.Declare)}
    if not isinstance(loop, (tree.While, tree.For, tree.Do)) or loop.test is None:
        return False
    bound = tree.names(loop.test)
    counted = [part for part in tree.walk(loop) if isinstance(part, tree.Step) and tree.names(part.value) & bound or
               isinstance(part, tree.Assign) and part.op in ("-=", "+=") and tree.names(part.left) & bound]
    return bool(counted) and tree.number(offset) is not None and \
        function.param(tree.text(page)) is not None and not (tree.names(page) | tree.names(bio)) & changed and \
        not any(facts.NEW_BIO.search(tree.called(part)) for part in tree.calls(loop.body))


def _innermost(call, function):
    found = None
    for node in tree.walk(function.body):
        if isinstance(node, (tree.For, tree.While, tree.Do, tree.Each)) and \
                any(part is call for part in tree.walk(node.body)):
            found = node
    return found


def _two_buffers(page, offset, function):
    """virt_to_page(a) with offset_in_page(b)"""
    pages = [call for call in function.values.resolve(page)
             if tree.called(call) in ("virt_to_page", "vmalloc_to_page") and call.args]
    offsets = [call for call in function.values.resolve(offset)
               if tree.called(call) == "offset_in_page" and call.args]
    if len(pages) != 1 or len(offsets) != 1:
        return False
    one, two = _places(pages[0].args[0], function), _places(offsets[0].args[0], function)
    return bool(one and two) and not one & two


def _places(node, function, depth=3):
    """The variables and fields that an expression is made of, and those they are set to."""
    found = set()
    if isinstance(node, (tree.Name, tree.Member)):
        found.add(tree.text(node))
        if depth:
            for value in function.values.to.get(tree.text(node), ()):
                found |= _places(value, function, depth - 1)
    elif not isinstance(node, tree.Call):
        for part in tree.children(node):
            found |= _places(part, function, depth)
    else:
        for part in node.args:
            found |= _places(part, function, depth)
    return found


CHECKS = (Trimmed, FirstOfMetadata, OtherNumber)
