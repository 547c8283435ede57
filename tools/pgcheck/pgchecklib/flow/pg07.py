# SPDX-License-Identifier: GPL-2.0
"""PG07: bi_vcnt or the first vec of a bio that was not built here.

A clone shares the table of another bio, and only bi_iter tells which part belongs to the
clone; bi_vcnt of a clone is 0.
"""
import re

from . import facts, tree
from .pg05 import core

RULE = "PG07"

_BUILDS = frozenset(facts.ADD) | frozenset(facts.ADD_NOFAIL) | frozenset((
    "bio_init", "bio_alloc", "bio_alloc_bioset", "bio_kmalloc", "bio_init_inline", "bio_reset",
    "bio_iov_iter_get_pages", "bio_add_virt_nofail", "bio_alloc_pages", "bio_map_kern", "bio_copy_kern",
    "bio_copy_user_iov", "bio_map_user_iov"))
_ENTRY = re.compile(r"(^|_)(submit_bio|make_request(_fn)?|queue_bio|q_submit_bio)$")
_FILLS = re.compile(r"\b(bv|bvec|vec)\w*->bv_(page|len)\s*=[^=]|bi_io_vec\[[^\]]*\]\.bv_\w+\s*=[^=]|bi_vcnt\s*(\+\+|=[^=])|\+\+\w+->bi_vcnt")
_ENDS = re.compile(r"(end_?io|endio|_end|_done|complete|completion|free|destroy|release|unbounce|_put|callback|finish)(_\w+)?$")
_BY_ITER = re.compile(r"bi_iter|bi_idx|BI_IDX|bvec_iter|bi_bvec_done|mp_bvec|__bvec_iter|bvec_nr_vecs|bi_inline_vecs")


def check(function, world):
    if core(function.unit.name) or function.is_macro or re.search(r"/include/linux/bio\.h$|bio[-_]integrity", function.unit.name):
        return
    for node, bio in _uses(function):
        why = _foreign(bio, function, world)
        if why == _UNKNOWN and _owns(node, function):
            continue
        if why:
            what = node.name if isinstance(node, tree.Member) else tree.called(node)
            yield node.at, "%s of a bio that %s; bi_iter says what is its own" % (what, why)
            return


_UNKNOWN = "this function did not build"


def _owns(node, function):
    """Does the function end, free or shorten the bio, as only its owner does?"""
    return isinstance(node, tree.Call) or bool(re.search(
        r"(put|free|release|unpin)\w*\(|bi_vcnt\s*(--|-=|\+\+|==)|--\w+->bi_vcnt|bi_size\s*[-+]?=[^=]", function.text))


def _uses(function):
    """(node, bio) of each place that uses the table instead of bi_iter."""
    skip = set()
    for node in tree.walk(function.body):
        if isinstance(node, tree.Call):
            name = tree.called(node)
            if name in facts.BIO_ALL and node.args:
                yield node, node.args[-2 if name.endswith("segment_all") and len(node.args) > 2 else
                                      1 if "for_each" in name and len(node.args) > 1 else 0]
            if _BY_ITER.search(name) or _BY_ITER.search(tree.text(node)) and "bi_io_vec" in tree.text(node):
                skip.update(tree.walk(node))
        elif isinstance(node, tree.Assign):
            skip.add(tree.bare(node.left))
            # The value is saved, to be restored later.
            if isinstance(tree.bare(node.right), tree.Member) and \
                    isinstance(tree.bare(node.left), (tree.Member,)):
                skip.add(tree.bare(node.right))
        elif isinstance(node, tree.Index) and _BY_ITER.search(tree.text(node.index)):
            skip.update(tree.walk(node))
        elif isinstance(node, tree.Binary) and _BY_ITER.search(tree.text(node)):
            skip.update(tree.walk(node))
        elif isinstance(node, (tree.Step,)):
            skip.add(tree.bare(node.value))
        if isinstance(node, tree.Member) and node.name in facts.VCNT and node not in skip and \
                not _only_asked(node, function):
            yield node, node.base


def _only_asked(node, function):
    """Is it only "if (bio->bi_vcnt)" or an assertion?"""
    for part in tree.walk(function.body):
        if isinstance(part, tree.Call) and (facts.ASSERT.match(tree.called(part)) or facts.LOG.match(tree.called(part))) \
                and any(one is node for one in tree.walk(part)):
            return True
        if isinstance(part, tree.If) and (tree.bare(part.test) is node or isinstance(
                tree.bare(part.test), tree.Unary) and tree.bare(tree.bare(part.test).value) is node):
            return True
    return False


def _foreign(bio, function, world, depth=2):
    """The reason why the function has not built the bio; "" if it may have."""
    text, name = tree.text(bio).lstrip("&"), tree.base(bio)
    inner = tree.bare(bio)
    built = any(call.args and any(tree.text(arg).lstrip("&") == text for arg in call.args)
                for call in tree.calls(function.body, _BUILDS))
    if isinstance(inner, tree.Member) and inner.name in ("bio", "biotail") and \
            _is_request(inner.base, function):
        return "came with a request"
    if not isinstance(inner, tree.Name):
        return ""
    values = function.values.to.get(name, ())
    for value in values:
        value = tree.bare(value)
        if tree.called(value) in facts.CLONE:
            return "was cloned"
        if re.match(r"^bio_list_(pop|peek|get)$", tree.called(value)) and \
                re.search(r"\.(submit_bio|map)\s*=", function.unit.code):
            return "was submitted to this driver"
        if isinstance(value, tree.Member) and value.name in ("bio", "biotail") and _is_request(value.base, function):
            return "came with a request"
    if built:
        return ""
    for node in tree.walk(function.body):
        if isinstance(node, tree.Call) and tree.called(node) in ("bio_init_clone", "__bio_clone_fast") and \
                any(tree.text(arg).lstrip("&") == name for arg in node.args[:2]):
            return "was cloned"
        if isinstance(node, tree.Each) and tree.called(node.call) == "__rq_for_each_bio" and \
                node.call.args and tree.text(node.call.args[0]) == name:
            return "came with a request"
    number = function.param(name)
    if number is None or values or _FILLS.search(function.text):
        return ""
    return _of_parameter(function, number, world, depth)


def _ends_clones(function):
    """Is it the bi_end_io of clones alone?"""
    if not re.search(r"bi_end_io\s*=\s*%s\b" % function.name, function.unit.code):
        return False
    found = []
    for other in function.unit.functions.values():
        if other.is_macro or not re.search(r"bi_end_io\s*=\s*%s\b" % function.name, other.text):
            continue
        for node in tree.walk(other.body):
            if isinstance(node, tree.Assign) and tree.text(node.right) == function.name:
                bio = tree.base(node.left)
                values = [tree.called(tree.bare(value)) for value in other.values.to.get(bio, ())
                          if tree.number(value) is None]
                found.append(bool(values) and all(value in facts.CLONE for value in values))
    return bool(found) and all(found)


def _is_request(node, function):
    kind = function.values.types.get(tree.base(node), "")
    return re.match(r"struct request ?\*$", kind) is not None or \
        bool(re.match(r"^(rq|req|request)$", tree.text(node))) and "struct request" in kind or \
        bool(re.search(r"(->|\.)(rq|request)$", tree.text(node)))


def _of_parameter(function, number, world, depth):
    """Where the callers' arguments for a parameter come from."""
    code = function.unit.code
    if not re.match(r"(const )?struct bio ?\*$", function.params[number][0]):
        return ""
    if _ends_clones(function):
        return "was cloned"
    if function.params[0][0].startswith("struct dm_target"):
        return "was submitted to this driver"
    if _ENDS.search(function.name):
        return ""
    if re.search(r"\.(submit_bio|map)\s*=\s*%s\b|make_request\w*\([^;]*\b%s\b" % ((function.name,) * 2), code):
        return "was submitted to this driver"
    if re.search(r"bi_end_io\s*=\s*%s\b" % function.name, code):
        return ""
    callers = world.callers(function)
    if callers and depth:
        found = [_foreign(call.args[number], caller, world, depth - 1) for caller, call in callers
                 if len(call.args) > number]
        return next(filter(None, found), "")
    if callers:
        return ""
    if _ENTRY.search(function.name):
        return "was submitted to this driver"
    if any(other.calls & _BUILDS for other in function.unit.functions.values()):
        return ""
    return _UNKNOWN
