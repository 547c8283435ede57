# SPDX-License-Identifier: GPL-2.0
"""Follows the paths through a function and tracks the signs of its variables.

A variable that was tested negative stays negative until it is assigned again. So a path that
returns an error can be told from one that does not.
"""
import re

from . import tree

ALL = frozenset("-0+")
NEGATIVE, ZERO, POSITIVE = frozenset("-"), frozenset("0"), frozenset("+")
LIMIT = 6000            # states of one search; beyond that nothing is said

_STATUS = re.compile(r"^(NVME_SC|BLK_STS|TCM|VM_FAULT|DMERR|DM_MAPIO_KILL)(_(?!SUCCESS|OK|NOTSUPP_FIRST|NO_SENSE)\w+)?$")
_ERRNO = re.compile(r"^E[A-Z0-9]{2,}$")
_TOLD = {"IS_ERR": NEGATIVE, "IS_ERR_VALUE": NEGATIVE, "IS_ERR_OR_NULL": frozenset("-0")}


def sign(node, env):
    """The signs that an expression can have. An error is negative, whatever its type."""
    node = tree.bare(node)
    value = tree.number(node)
    if value is not None:
        return NEGATIVE if value < 0 else POSITIVE if value else ZERO
    if place(node) and not isinstance(node, tree.Assign):
        return NEGATIVE if is_status(node) else env.get(tree.text(node), ALL)
    if isinstance(node, tree.Unary) and node.op == "-":
        inner = tree.bare(node.value)
        if isinstance(inner, tree.Name) and (_ERRNO.match(inner.text) or inner.text.isupper()):
            return NEGATIVE
        return frozenset({"-": "+", "+": "-", "0": "0"}[one] for one in sign(inner, env))
    if isinstance(node, tree.Call):
        name = tree.called(node)
        if name in ("ERR_PTR", "PTR_ERR", "ERR_CAST", "errno_to_blk_status", "blk_status_to_errno",
                    "errno_to_nvme_status") and node.args:
            return sign(node.args[0], env)
        return ALL
    if isinstance(node, tree.Choice):
        return _of_choice(node, env)
    if isinstance(node, tree.Assign):
        return sign(node.right, env)
    if isinstance(node, tree.Binary) and node.op in ("==", "!=", "<", ">", "<=", ">=", "&&", "||"):
        return frozenset("0+")
    return ALL


def is_status(node):
    """Is it an error status that is not an errno, such as BLK_STS_IOERR?"""
    node = tree.bare(node)
    return isinstance(node, tree.Name) and bool(_STATUS.match(node.text))


def _of_choice(node, env):
    yes, no = refine(node.test, True, env), refine(node.test, False, env)
    found = frozenset()
    if yes is not None:
        found |= sign(node.yes, yes)
    if no is not None:
        found |= sign(node.no, no)
    return found or ALL


def place(node):
    """The spelling of a variable or field that a test is about, or None."""
    node = tree.bare(node)
    if isinstance(node, tree.Assign):
        node = tree.bare(node.left)
    known = isinstance(node, (tree.Name, tree.Member)) or \
        isinstance(node, tree.Index) and tree.number(node.index) is not None or \
        isinstance(node, tree.Unary) and node.op == "*"
    return tree.text(node) if known else None


_SIGNS = {("<", 0): NEGATIVE, ("<=", 0): frozenset("-0"), (">", 0): POSITIVE, (">=", 0): frozenset("0+"),
          ("==", 0): ZERO, ("!=", 0): frozenset("-+"), ("<", 1): frozenset("-0"), (">=", 1): POSITIVE,
          ("==", 1): POSITIVE, ("<=", 1): ALL, (">", 1): POSITIVE}
_OTHER = {("<", 0): frozenset("0+"), ("<=", 0): POSITIVE, (">", 0): frozenset("-0"), (">=", 0): NEGATIVE,
          ("==", 0): frozenset("-+"), ("!=", 0): ZERO, ("<", 1): POSITIVE, (">=", 1): frozenset("-0"),
          ("==", 1): ALL, ("!=", 1): POSITIVE}
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def refine(node, way, env):
    """env after a condition had this answer, or None if it cannot have it."""
    node = tree.bare(node)
    if isinstance(node, tree.Unary) and node.op == "!":
        return refine(node.value, not way, env)
    name, signs = None, None
    if isinstance(node, tree.Call) and tree.called(node) in _TOLD and node.args:
        name = place(node.args[0])
        told = _TOLD[tree.called(node)]
        signs = told if way else ALL - told
    elif isinstance(node, tree.Binary) and node.op in _TURNED:
        name, signs = _of_comparison(node, way)
    elif isinstance(node, tree.Binary) and node.op == "&&" and way:
        env = refine(node.left, True, env)
        return env and refine(node.right, True, env)
    elif isinstance(node, tree.Binary) and node.op == "||" and not way:
        env = refine(node.left, False, env)
        return env and refine(node.right, False, env)
    elif place(node):
        name, signs = place(node), frozenset("-+") if way else ZERO
    if name is None or signs is None:
        return _once(node, way, env)
    left = env.get(name, ALL) & signs
    if not left:
        return None
    return dict(env, **{name: left}) if left != env.get(name, ALL) else env


def _once(node, way, env):
    """A comparison keeps its answer as long as neither of its sides changes."""
    if not isinstance(node, tree.Binary) or node.op not in ("==", "!=") or \
            any(isinstance(part, (tree.Call, tree.Assign, tree.Step)) for part in tree.walk(node)):
        return env
    key = "?%s == %s" % (tree.text(node.left), tree.text(node.right))
    answer = POSITIVE if way == (node.op == "==") else ZERO
    if env.get(key, answer) != answer:
        return None
    return dict(env, **{key: answer})


def _of_comparison(node, way):
    left, op, right = node.left, node.op, node.right
    if tree.number(left) is not None or place(left) is None:
        left, op, right = right, _TURNED[op], left
    name, value = place(left), tree.number(right)
    if name is None:
        return None, None
    if value in (0, 1):
        table = _SIGNS if way else _OTHER
        return name, table.get((op, value))
    if sign(right, {}) == NEGATIVE and op in ("==", "!=") and (op == "==") == way:
        return name, NEGATIVE
    return None, None


def assign(node, env):
    """env after what an expression or declaration sets."""
    for part in tree.walk(node):
        if isinstance(part, tree.Assign):
            name = place(part.left)
            if name:
                signs = sign(part.right, env)
                if part.op == "+=":
                    signs = _sum(env.get(name, ALL), signs)
                elif part.op != "=":
                    signs = ALL
                env = _set(env, name, signs)
        elif isinstance(part, tree.Declare) and part.value is not None:
            env = _set(env, part.name, sign(part.value, env))
        elif isinstance(part, tree.Step):
            name = place(part.value)
            if name:
                env = _set(env, name, ALL)
        elif isinstance(part, tree.Unary) and part.op == "&":
            name = place(part.value)
            if name in env:
                env = _set(env, name, ALL)
    return env


def _sum(one, two):
    """The signs of a sum of what is not negative."""
    if "-" in one | two:
        return ALL
    return POSITIVE if POSITIVE in (one, two) else one | two


def _set(env, name, signs):
    """env with a new value; answers of conditions on the old value are dropped."""
    env = {key: value for key, value in env.items() if key != name and
           not (key[0] == "?" and re.search(r"(?<![\w.>])%s(?!\w)" % re.escape(name), key))}
    if signs != ALL:
        env[name] = signs
    return env


def follow(starts, visit, edge=None):
    """Walks from (step, env, data) triples. visit(step, env, data) is called at each step and
    returns the data for the rest of the path, or None to end the path; edge(step, way, env,
    data) does the same for each edge, with env as it is then. Data has to be hashable. Returns
    False if there were too many paths to follow all."""
    seen, todo = set(), list(starts)
    while todo:
        step, env, data = todo.pop()
        key = step, frozenset(env.items()), data
        if key in seen:
            continue
        if len(seen) > LIMIT:
            return False
        seen.add(key)
        data = visit(step, env, data)
        if data is None:
            continue
        if step.expr is not None:
            env = assign(step.expr, env)
        for after, way in step.after:
            known = refine(step.expr, way, env) if step.kind == "test" and way is not None else env
            if known is None:
                continue
            next_data = edge(step, way, (env, known), data) if edge and way is not None else data
            if next_data is not None:
                todo.append((after, known, next_data))
    return True


def known_at(wanted, function):
    """The envs on the paths that lead to a step; of many paths, on the first few."""
    found = []

    def visit(step, env, data):
        if step is not wanted:
            return data
        if env not in found and len(found) < 12:
            found.append(env)
        return None

    follow([(function.graph.enter, {}, True)], visit)
    return found
