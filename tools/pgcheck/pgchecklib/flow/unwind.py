# SPDX-License-Identifier: GPL-2.0
"""The rest of PG06: bios that are freed with pages in them, releases of one page for many,
iterators at a wrong position."""
import re

from . import facts, tree
from .adders import RAW, adder, refused
from .graph import reach
from .pg08 import takes_off
from .paths import NEGATIVE, ZERO, assign, follow, place, refine, sign

# Calls after which other code owns the bio and its pages; not submit_bio_wait().
_ENDS = re.compile(r"submit_bio(_noacct|_noacct_nocheck)?$|_submit|^submit_|endio|release_pages|"
                   r"unbounce|unpin|issue|chain")
_PUTS = re.compile(r"(^|_)bio_put$|^bio_uninit$")


def check(function, world):
    yield from _bios(function)
    yield from _one_for_many(function)
    yield from _advanced_twice(function)
    yield from _not_reverted(function, world)
    yield from _short(function)


def _bios(function):
    """Finds bio_put() after a call that has filled the bio with pages."""
    for step in function.graph.steps:
        if step.expr is None:
            continue
        for call in tree.calls(step.expr):
            if not facts.FILL.match(tree.called(call)) or not call.args or \
                    re.search(r"_get_pages$", tree.called(call)) and "bio" not in tree.text(call.args[0]) + \
                    tree.called(call):
                continue
            bio = tree.text(call.args[0]).lstrip("&")
            line = function.unit.place(call.at)[0]
            for at in _put_full(function, step, call, bio):
                yield at, "the bio goes with the pages of %s() on line %d in it" % (tree.called(call), line)


def _put_full(function, step, call, bio):
    found = []

    def visit(at, env, data):
        if at is step:
            return None
        for other in tree.calls(at.expr) if at.expr is not None else ():
            name = tree.called(other)
            if _ENDS.search(name) and name != "submit_bio_wait":
                return None
            if _PUTS.search(name) and other.args and tree.text(other.args[0]).lstrip("&") == bio:
                found.append(other.at)
                return None
        if at.expr is not None and any(isinstance(part, tree.Assign) and tree.text(part.left) == bio
                                       for part in tree.walk(at.expr)):
            return None
        return data

    result = _holder_of(step.expr, call)
    if not result:
        return []
    starts = []
    for after, way in step.after:
        env = {result: ZERO}
        known = refine(step.expr, way, env) if step.kind == "test" else env
        if known is not None:
            starts.append((after, known, True))
    follow(starts, visit)
    return sorted(set(found))


_MANY = re.compile(r"^(for_each_sg|for_each_sgtable_sg|for_each_sgtable_dma_sg|bio_for_each_bvec(_all)?|"
                   r"rq_for_each_bvec|for_each_sg_dma)$")
_HEAD = re.compile(r"^(sg_page\((\w+(->|\.))*\w+\)|\w+(->|\.)bv_page|\w+(->\w+|\.\w+)*\[[^\[\]]+\]\.bv_page)$")


def _one_for_many(function):
    """unpin_user_page(sg_page(sg)): an entry can have more pages than its first one."""
    if any(takes_off(node) for node in tree.walk(function.body)):
        return                  # PG08 is about that
    for loop in tree.walk(function.body):
        if not isinstance(loop, (tree.Each, tree.For, tree.While)):
            continue
        if isinstance(loop, tree.Each) and not _MANY.match(tree.called(loop.call)):
            continue
        for call in tree.calls(loop.body):
            page = _one_page(call)
            if page is None:
                continue
            heads = [tree.text(value) for value in [page] + function.values.resolve(page)]
            if not any(_HEAD.match(head) for head in heads):
                continue
            if isinstance(loop, tree.Each) or any("bv_page" in head for head in heads) or \
                    tree.calls(loop, ("sg_next",)):
                if not _single(function, loop) and ("unpin" in tree.called(call) or _gets(function)):
                    yield call.at, ("%s() of the first page of an entry; the others stay pinned"
                                    % tree.called(call))


def _gets(function):
    """Does the file take references to pages of users? Pins are not given back by put_page()."""
    return bool(re.search(r"\bget_user_pages|\biov_iter_get_pages", function.unit.code))


def _one_page(call):
    """The page of a call that releases one page by its pointer, or None."""
    name = tree.called(call)
    if name in facts.PUT_ONE and call.args:
        return call.args[-1]
    if name == "unpin_user_folio" and len(call.args) > 1 and tree.number(call.args[1]) == 1:
        folio = tree.bare(call.args[0])
        return folio.args[0] if tree.called(folio) in facts.FOLIO and folio.args else folio
    if name in facts.PUT_ARRAY and len(call.args) > 1 and tree.number(call.args[1]) == 1:
        array = tree.bare(call.args[0])
        if isinstance(array, tree.Unary) and array.op == "&":
            inner = array.value
            if isinstance(inner, tree.Cast) and isinstance(inner.value, tree.Literal) and inner.value.parts:
                return inner.value.parts[0][1]
            return inner
    return None


def _single(function, loop):
    """Has each entry exactly one page? True if the loop runs over the pages of an entry, or if
    the file puts one page into each entry."""
    inner = " ".join(tree.text(call) for call in tree.calls(loop.body))
    if re.search(r"\+ i\b|nth_page|folio_page|PAGE_SHIFT", inner):
        return True
    if any(isinstance(part, (tree.For, tree.While, tree.Each)) for part in tree.walk(loop.body)):
        return True
    code = function.unit.code
    if re.search(r"sg_alloc_(append_)?table_from_pages|bio_iov_iter_get_pages|iov_iter_extract_bvecs|"
                 r"extract_iter_to_sg", code):
        return False
    if re.search(r"(bvec_set_page|sg_set_page)\([^;]*(<< ?PAGE_SHIFT|\* ?PAGE_SIZE|folio_size|page_size\()", code):
        return False
    return bool(re.search(r"(bvec_set_page|sg_set_page)\([^;]*\bpages?\b|\bbv_page = \w*pages?\b", code))


def _advanced_twice(function):
    """iov_iter_advance() after a call that has moved the iterator itself."""
    for step in function.graph.steps:
        for call in tree.calls(step.expr, facts.ADVANCES) if step.expr is not None else ():
            iterator = tree.text(call.args[0]) if call.args else ""

            def back(other):
                return other is step or other.expr is not None and any(
                    tree.called(one) in facts.REVERT or re.match(r"^iov_iter_(init|bvec|kvec|ubuf|xarray|folio_queue)$",
                                                                 tree.called(one))
                    or tree.called(one) in facts.ADVANCES for one in tree.calls(other.expr)) or \
                    other.expr is not None and any(
                        isinstance(part, tree.Assign) and tree.text(part.left) in (iterator, "*" + iterator,
                                                                                   iterator.lstrip("&"))
                        for part in tree.walk(other.expr))

            for other in reach([after for after, _ in step.after], back):
                for one in tree.calls(other.expr, ("iov_iter_advance",)) if other.expr is not None else ():
                    if one.args and other is not step and iterator in [
                            tree.text(value) for value in [one.args[0]] + function.values.resolve(one.args[0])]:
                        yield one.at, "iov_iter_advance() after %s() on line %d, which has moved the iterator" % (
                            tree.called(call), function.unit.place(call.at)[0])


def _not_reverted(function, world):
    """Finds a bio that refuses pages which are then released, while the iterator is not moved
    back."""
    takes = [(step, call) for step in function.graph.steps if step.expr is not None
             for call in tree.calls(step.expr, facts.ADVANCES)]
    if not takes:
        return
    for step in function.graph.steps:
        if step.kind != "test":
            continue
        for call in tree.calls(step.expr):
            kind = adder(call, function, world)
            if not kind or kind.kind != RAW:
                continue
            way = refused(step.expr, call, RAW)
            if way is not None and _leaves(function, step, way, [one for one, _ in takes]):
                yield call.at, "the iterator stays behind pages that %s() has refused" % tree.called(call)


def _short(function):
    """if (sent < got) return sent; without a word to the iterator that is behind all of got"""
    if re.search(r"\biov_iter_(revert|restore|save_state)\b", function.unit.code):
        return
    for step in function.graph.steps:
        for call in tree.calls(step.expr, facts.ADVANCES) if step.expr is not None else ():
            got = _holder_of(step.expr, call)
            if not got or not call.args or function.param(tree.text(call.args[0])) is None:
                continue
            for test in reach([after for after, _ in step.after], lambda other: other is step):
                node = tree.bare(test.expr) if test.kind == "test" else None
                if not isinstance(node, tree.Binary) or node.op not in ("<", "!=") or tree.text(node.right) != got:
                    continue
                sent = tree.text(node.left)
                out = {label: after for after, label in test.after}
                if any(isinstance(tree.bare(value), tree.Call) and tree.bare(value) is not call
                       for value in function.values.to.get(sent, ())) and any(
                        end.kind == "return" and end.value is not None and tree.text(end.value) == sent
                        for end in reach([out[True]], lambda other: other is step)):
                    yield node.at, "the iterator stays behind what %s() on line %d took and was not sent" % (
                        tree.called(call), function.unit.place(call.at)[0])


def _holder_of(expr, call):
    """The variable that a step puts the result of a call in, or None."""
    for part in tree.walk(expr):
        if isinstance(part, tree.Declare) and part.value is not None and tree.bare(part.value) is call:
            return part.name
        if isinstance(part, tree.Assign) and tree.bare(part.right) is call:
            return place(part.left)
    return None


def _leaves(function, step, way, takes):
    found = []

    def visit(at, env, data):
        if at in takes or at is step:
            return None
        names = [tree.called(call) for call in tree.calls(at.expr)] if at.expr is not None else []
        if any(name in facts.REVERT or facts.NEW_BIO.search(name) or name.startswith("iov_iter_") for name in names):
            return None
        put = data or any(facts.PUT.match(name) for name in names)
        if at.kind == "return" and put and at.value is not None and sign(at.value, env) != NEGATIVE and \
                tree.number(at.value) in (None, 0) and not isinstance(tree.bare(at.value), tree.Unary):
            found.append(at)
        return put

    out = {label: after for after, label in step.after}
    follow([(out[way], {}, False)], visit)
    return bool(found)
