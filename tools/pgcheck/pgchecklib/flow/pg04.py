# SPDX-License-Identifier: GPL-2.0
"""PG04: a bio is filled in a loop without asking for room, and the bound of the loop is not
the size of the bio's table."""
import re

from . import facts, tree
from .graph import reach
from .paths import follow
from .pg05 import core

RULE = "PG04"

# Functions that limit the size of a table, and functions whose result is not larger than any
# of their arguments.
_CLAMP = re.compile(r"^\(*(?!max|max_t|round_up|roundup|bio_segments|bio_add_max_vecs|DIV_ROUND|ALIGN|"
                    r"buf_pages|howmany)[a-z_]\w*\(")
_LEAST = re.compile(r"^\(*(min|min_t|min3|umin|bio_max_segs)\(")
_END = re.compile(r"(==|>=) [a-z]")
_COUNT = re.compile(r"(\b|_)(n|nr|num|cnt|count|n?vecs|pages|n?segs|segments|steps|size|len|bytes|sectors)(_|\b)|"
                    r"_(VECS|PAGES|SEGS)\b")
_DULL = frozenset("""i j bio sizeof int unsigned u32 u64 size_t long PAGE_SIZE PAGE_SHIFT SECTOR_SHIFT
    NULL GFP_KERNEL GFP_NOIO GFP_NOFS struct page folio bdev opf req""".split())


def check(function, world):
    for call in tree.calls(function.body, facts.ADD_NOFAIL):
        bio = call.args[0] if call.args else None
        if bio is None:
            continue
        own = [step for step in function.graph.steps if step.expr is not None and
               any(part is call for part in tree.walk(step.expr))]
        if not own:
            continue
        if _comes_back(own[0], [after for after, _ in own[0].after], bio, function, world) or \
                _called_in_a_loop(function, own[0], bio, world):
            if not sized(function):
                yield call.at, "%s() in a loop that is not bounded by the bio's table" % tree.called(call)


def _comes_back(step, starts, bio, function, world):
    """Does a path lead back to the step with the same bio, without a test for room?"""
    found = []

    def visit(at, env, data):
        if at is step:
            found.append(at)
            return None
        if at.kind == "test" and tree.names(at.expr) & counters and _to_the_size(at.expr, function):
            return None
        return None if _asks_or_new(at, bio, function, world) else data

    counters = _counters(function, bio)
    follow([(start, {}, True) for start in starts], visit)
    return bool(found)


def _to_the_size(test, function):
    """Has the limit of a count to do with the size of the table, as far as that is known?"""
    values, _, sizes, _ = _collect(function)
    sizes = [size for size in sizes if not _CLAMP.match(size)]
    known = _made_of(sizes, values, False) | _numbers(sizes)
    texts = [tree.text(test)] + [value for name, value in values if name in tree.names(test)]
    return not known or any(known & (_words(text) | _numbers([text])) for text in texts)


def _numbers(texts):
    return {number for text in texts for number in re.findall(r"\b\d\w*\b", text)}


def _counters(function, bio):
    """What is set to a number together with a new bio: it counts the vecs of that."""
    found = set()
    for node in tree.walk(function.body):
        if not isinstance(node, tree.Block):
            continue
        parts = [part.value for part in node.body if isinstance(part, tree.Expression) and
                 isinstance(part.value, tree.Assign) and part.value.op == "="]
        if any(tree.text(part.left) == tree.text(bio) and
               facts.TABLE_NAME.match(tree.called(tree.bare(part.right))) for part in parts):
            found |= {tree.text(part.left) for part in parts if isinstance(tree.bare(part.left), tree.Name)
                      and (tree.number(part.right) is not None or tree.text(part.right).isupper())}
    return found


def _asks_or_new(step, bio, function, world):
    if step.expr is None:
        return False
    name, expr = tree.text(bio), step.expr
    if _other_entry(expr, bio):
        return True
    if isinstance(expr, tree.Declare):
        return expr.name in (name, tree.base(bio)) and expr.value is not None and _fresh(expr.value)
    for part in tree.walk(expr):
        if isinstance(part, tree.Assign) and part.op == "=" and tree.text(part.left) == name and \
                _fresh(part.right):
            return True
        # The variable points to another structure, which has a bio of its own.
        if isinstance(part, tree.Assign) and part.op == "=" and tree.base(bio) == tree.text(part.left) and \
                tree.text(part.left) != name:
            return True
        if isinstance(part, tree.Call) and _is_new(part, bio, function, world):
            return True
        if isinstance(part, tree.Member) and part.name in ("bi_vcnt", "bi_max_vecs"):
            return True
    return step.kind == "test" and isinstance(expr, tree.Call) and \
        any(tree.text(arg) == tree.base(bio) for arg in expr.args) and _iterates(expr, bio)


def _other_entry(expr, bio):
    """Does i change, so that bios[i] is another bio?"""
    indexes = set().union(*(tree.names(part.index) for part in tree.walk(bio) if isinstance(part, tree.Index)))
    return bool(indexes) and any(
        tree.text(part.value if isinstance(part, tree.Step) else part.left) in indexes
        for part in tree.walk(expr) if isinstance(part, (tree.Step, tree.Assign)))


def _iterates(call, bio):
    """Does the variable of an iterator change in each round?"""
    return bool(re.match(r"^\w*for_each\w*$", tree.called(call))) and tree.base(bio) != tree.text(bio)


def _is_new(call, bio, function, world):
    name = tree.called(call)
    if name in ("bio_init", "bio_reset", "bio_init_inline") or \
            re.search(r"(bio|io|vecs?)_(is_)?full|full\w*bio|has_room|bio_add_max_vecs", name):
        return True
    if re.search(r"(^|_)(submit|flush|do_io|issue|send)(_|$)", name) and \
            any(tree.text(arg).lstrip("&") in (tree.base(bio), tree.text(bio).lstrip("&")) for arg in call.args):
        return True
    if re.search(r"(alloc|new|next|get|chain|start|begin|open|init)\w*_?(bio|io|wbio|rbio)s?\b|io\w*_(alloc|new|init)", name) and \
            any(tree.text(arg).lstrip("&") == tree.base(bio) for arg in call.args):
        return True
    called = world.callee(function, call)
    return bool(called) and called is not function and len(called.text) < 1200 and \
        bool(re.search(r"\bbi_(vcnt|max_vecs)\b|\bbio_full\b", called.text)) and \
        not called.calls & facts.ADD_NOFAIL.keys()


def _fresh(node):
    """Is it a new bio, and not one that was filled before and is kept in a structure?"""
    return not re.match(r"^&?\w+((->|\.)\w+)+$", tree.text(node))


def _called_in_a_loop(function, step, bio, world):
    """Does a function of the run add to its caller's bio, and is called in a loop?"""
    if function.is_macro or core(function.unit.name) or \
            step not in reach([function.graph.enter], lambda other: _asks_or_new(other, bio, function, world)):
        return False
    bases = {tree.base(value) for value in [bio] + function.values.to.get(tree.base(bio), [])}
    if not any(function.param(base) is not None for base in bases):
        return False
    for caller, call in world.callers(function):
        own = [one for one in caller.graph.steps if one.expr is not None and
               any(part is call for part in tree.walk(one.expr))]
        if own and own[0] in reach([after for after, _ in own[0].after], lambda other: other is own[0] or
                                   _makes(other)):
            return True
    return False


def _makes(step):
    return step.expr is not None and any(
        facts.TABLE_NAME.match(tree.called(part)) or tree.called(part) == "bio_full" or
        isinstance(part, tree.Member) and part.name == "bi_vcnt" for part in tree.walk(step.expr))


# Sizes and bounds, as texts.
def _words(text):
    """The variables, fields and constants of a text that can be a count."""
    found = re.findall(r"(?<![\w>.])[A-Za-z_]\w*(?:(?:->|\.)\w+)*\b(?!\()", text)
    return {re.split(r"->|\.", name)[-1] for name in found} - _DULL


def _made_of(texts, values, cut):
    """The words of the texts and, recursively, of the expressions assigned to them. A limited
    table size does not count as its old value; a limited bound of a loop does."""
    words = set()
    for _ in range(4):
        for text in texts:
            words |= _words(text)
        texts = [value for name, value in values if name in words and
                 (not _CLAMP.match(value) or cut and _LEAST.match(value))]
    return words


def sized(function):
    """Was the table made as large as the loop is long?"""
    if "sized" not in function.facts:
        values, bounds, sizes, lists = _collect(function)
        if any(size in bound for size in sizes for bound in bounds if _CLAMP.match(size)):
            function.facts["sized"] = True
            return True
        sizes = [size for size in sizes if not _CLAMP.match(size)]
        table = _made_of(sizes, values, False) | {"bi_max_vecs"}
        function.facts["sized"] = bool(table & _made_of(bounds, values + lists, True))
    return function.facts["sized"]


def _collect(function):
    values, bounds, sizes, lists = [], [], [], []
    for node in tree.walk(function.body):
        if isinstance(node, tree.Assign) and node.op == "=" and isinstance(tree.bare(node.left), tree.Name):
            values.append((tree.text(node.left), tree.text(node.right)))
        elif isinstance(node, tree.Declare) and node.value is not None:
            values.append((node.name, tree.text(node.value)))
        elif isinstance(node, (tree.For, tree.While, tree.Do)) and node.test is not None:
            bounds.append(tree.text(node.test))
        elif isinstance(node, tree.If) and _END.search(tree.text(node.test)):
            bounds.append(tree.text(node.test))
        elif isinstance(node, tree.Each):
            bounds.append(", ".join(map(tree.text, node.call.args)))
        elif isinstance(node, tree.Call):
            _of_call(node, sizes, lists)
    return values, bounds, sizes, lists


def _of_call(node, sizes, lists):
    name, args = tree.called(node), [tree.text(arg) for arg in node.args]
    if name in facts.TABLE:
        sizes += args[facts.TABLE[name]:][:1]
    elif facts.TABLE_NAME.match(name):
        sizes += [arg for arg in args if _COUNT.search(arg)]
    # A list is as long as the count that was passed to the call that filled it.
    for number, arg in enumerate(node.args):
        arg = tree.bare(arg)
        if isinstance(arg, tree.Unary) and arg.op == "&":
            lists.append((tree.text(arg.value), ", ".join(args[:number] + args[number + 1:])))
