# SPDX-License-Identifier: GPL-2.0
"""Parses the body of a function in the kernel's style.

Declarations of types are not read, so the context of a name decides whether the name is a
type. A function with a statement that cannot be parsed counts as not analysed.
"""
import re

from . import tree

_TYPE_WORDS = frozenset("""
struct union enum const volatile static extern register unsigned signed int char long short
void float double bool _Bool inline __inline typeof __typeof__ __typeof_unqual__ __auto_type auto
u8 u16 u32 u64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 __le16 __le32 __le64
__be16 __be32 __be64 size_t ssize_t loff_t sector_t dma_addr_t phys_addr_t uintptr_t
resource_size_t pgoff_t gfp_t __wsum __sum16 blk_status_t blk_opf_t
""".split())
_SCOPES = re.compile(r"^(scoped_\w+|with_\w+|unsafe_copy_loop)$")
_ATTRIBUTES = frozenset("""
__maybe_unused __always_unused __unused __user __iomem __kernel __force __percpu __rcu
__pgmap __pgmap_force __must_check __always_inline noinline __restrict restrict __init __exit
__aligned __attribute__ __free __cleanup __counted_by uninitialized_var __used
__initdata __initconst __exitdata __ro_after_init __nonstring ____cacheline_aligned __read_mostly __bitwise __packed noinline_for_stack
""".split())
_BINARY = [("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="),
           ("<<", ">>"), ("+", "-"), ("*", "/", "%")]
_LEVEL = {op: level for level, ops in enumerate(_BINARY) for op in ops}
_ASSIGN = frozenset("= += -= *= /= %= &= |= ^= <<= >>=".split())


class CannotRead(Exception):
    """A statement that this parser does not know."""


class Parser:
    """One run over a list of tokens."""

    def __init__(self, found):
        self.found, self.pos = found, 0

    # Tokens.
    @property
    def token(self):
        return self.found[self.pos]

    def text(self, ahead=0):
        at = self.pos + ahead
        return self.found[at].text if at < len(self.found) else ""

    def kind(self, ahead=0):
        at = self.pos + ahead
        return self.found[at].kind if at < len(self.found) else "end"

    def take(self, wanted=None):
        token = self.found[self.pos]
        if token.kind == "end" or wanted is not None and token.text != wanted:
            raise CannotRead("%r where %r should be" % (token, wanted))
        self.pos += 1
        return token

    def skip(self, wanted):
        if self.text() == wanted and self.kind() == "op":
            self.pos += 1
            return True
        return False

    def matching(self, at):
        """Where the bracket at this position is closed."""
        depth = 0
        while at < len(self.found):
            word = self.found[at].text if self.found[at].kind == "op" else ""
            if word in ("(", "[", "{"):
                depth += 1
            elif word in (")", "]", "}"):
                depth -= 1
                if not depth:
                    return at
            at += 1
        raise CannotRead("a bracket is not closed")

    def attributes(self):
        """Skips attributes, which matter to the compiler only."""
        while self.text() in _ATTRIBUTES:
            self.pos += 1
            if self.text() == "(" and self.found[self.pos - 1].text != "__user":
                self.pos = self.matching(self.pos) + 1

    # Types.
    def is_type(self, at):
        """Do the tokens from here to the next ")" name a type?"""
        end = self.matching(at)
        words = self.found[at + 1:end]
        while words and words[0].text in _ATTRIBUTES:
            words = words[1:]
        if not words or words[0].kind != "name":
            return False
        if words[0].text in _TYPE_WORDS:
            return True
        rest = [token.text for token in words[1:]]
        while rest and (rest[0] in _ATTRIBUTES or rest[0] == "const"):
            rest.pop(0)
        if any(word != "*" and word not in _ATTRIBUTES for word in rest):
            return False
        if rest:
            return True
        after = self.found[end + 1] if end + 1 < len(self.found) else None
        if after is None or after.kind in ("name", "number", "string", "char"):
            return after is not None
        if after.text == "{":               # (name_t) { .a = 1 }
            return True
        return bool(re.match(r".*_t$", words[0].text)) and after.text in ("(", "~", "!", "&", "*", "-")

    def declares(self):
        """Does a declaration begin here?"""
        if self.kind() != "name":
            return False
        word = self.text()
        if word in _TYPE_WORDS:
            return not (word in ("typeof", "__typeof__") and self.text(1) != "(")
        if word in _ATTRIBUTES:
            return True
        at = 1
        while self.text(at) == "*" or self.text(at) in ("const",) or self.text(at) in _ATTRIBUTES and \
                self.text(at) not in ("__free", "__cleanup"):
            at += 1
        if self.kind(at) != "name":
            return False
        after = self.text(at + 1)
        if at == 1:
            return after in ("=", ";", ",", "[") or after in _ATTRIBUTES
        return after in ("=", ";", ",", "[") or after in _ATTRIBUTES

    def type_words(self):
        """The words of a type, up to what is declared."""
        words = []
        while True:
            word = self.text()
            if word in ("typeof", "__typeof__", "__typeof_unqual__"):
                self.pos += 1
                end = self.matching(self.pos)
                words.append("typeof")
                self.pos = end + 1
            elif word in ("struct", "union", "enum"):
                words += [word]
                self.pos += 1
                self.attributes()
                if self.kind() == "name":
                    words.append(self.take().text)
                if self.text() == "{":
                    self.pos = self.matching(self.pos) + 1
            elif word in _ATTRIBUTES:
                self.attributes()
            elif self.kind() == "name" and (word in _TYPE_WORDS or not words or
                                            all(w in ("const", "static", "volatile", "register",
                                                      "extern", "inline") for w in words)):
                words.append(self.take().text)
            else:
                return words

    def declaration(self):
        """int a, *b = c, d[2]; as a list of Declare."""
        words, found = self.type_words(), []
        if self.skip(";"):
            return found
        while True:
            found.append(self.declarator(" ".join(words)))
            if self.skip(","):
                continue
            self.take(";")
            return found

    def declarator(self, words):
        stars, array = "", None
        while self.text() in ("*", "const", "volatile") or self.text() in _ATTRIBUTES:
            if self.text() in _ATTRIBUTES:
                self.attributes()
            else:
                stars += "*" if self.take().text == "*" else ""
        if self.text() == "(":          # a pointer to a function, or to an array
            end = self.matching(self.pos)
            names = [t for t in self.found[self.pos:end] if t.kind == "name"]
            if not names:
                raise CannotRead("a declarator without a name")
            name, self.pos = names[-1], end + 1
            if self.text() == "(":
                self.pos = self.matching(self.pos) + 1
        else:
            if self.kind() != "name":
                raise CannotRead("no name in a declaration: %r" % self.token)
            name = self.take()
        while self.text() == "[":
            self.take("[")
            if self.text() != "]":
                array = self.expression()
            else:
                array = tree.Number(self.token.at, "0")
            self.take("]")
        if self.text() == "(":          # a prototype in a function
            self.pos = self.matching(self.pos) + 1
        self.attributes()
        if self.skip(":"):
            self.conditional()
        value = self.initializer() if self.skip("=") else None
        return tree.Declare(name.at, words + stars, name.text, array, value)

    def initializer(self):
        return self.literal() if self.text() == "{" else self.assignment()

    def literal(self):
        """{ .a = 1, [2] = 3, 4 }"""
        at, parts = self.take("{").at, []
        while not self.skip("}"):
            name = None
            while self.text() in (".", "["):
                if self.take().text == ".":
                    name = self.take().text
                else:
                    self.conditional()
                    if self.skip("..."):
                        self.conditional()
                    self.take("]")
            if self.kind() == "name" and self.text(1) == ":" and name is None:
                name = self.take().text
                self.take(":")
            else:
                self.skip("=")
            parts.append((name, self.initializer()))
            if not self.skip(","):
                self.take("}")
                break
        return tree.Literal(at, parts)

    # Expressions.
    def expression(self):
        first = self.assignment()
        if self.text() != ",":
            return first
        parts = [first]
        while self.skip(","):
            parts.append(self.assignment())
        return tree.Comma(first.at, parts)

    def assignment(self):
        left = self.conditional()
        if self.text() in _ASSIGN and self.kind() == "op":
            token = self.take()
            right = self.initializer() if self.text() == "{" else self.assignment()
            return tree.Assign(token.at, token.text, left, right)
        return left

    def conditional(self):
        test = self.binary(0)
        if not self.skip("?"):
            return test
        yes = test if self.text() == ":" else self.expression()
        self.take(":")
        no = self.assignment()
        return tree.Choice(test.at, test, yes, no)

    def binary(self, lowest):
        left = self.unary()
        while self.kind() == "op" and _LEVEL.get(self.text(), -1) >= lowest:
            token = self.take()
            right = self.binary(_LEVEL[token.text] + 1)
            left = tree.Binary(token.at, token.text, left, right)
        return left

    def unary(self):
        token = self.token
        if token.kind == "op":
            if token.text in ("++", "--"):
                self.take()
                return tree.Step(token.at, token.text, self.unary(), False)
            if token.text in ("!", "~", "-", "+", "*", "&"):
                self.take()
                return tree.Unary(token.at, token.text, self.unary())
            if token.text == "&&":          # the address of a label
                self.take()
                return tree.Name(token.at, self.take().text)
            if token.text == "(" and self.is_type(self.pos):
                return self.cast()
        if token.text in ("sizeof", "_Alignof", "__alignof__", "typeof"):
            return self.sized()
        return self.postfix(self.primary())

    def cast(self):
        at, end = self.pos, self.matching(self.pos)
        words = " ".join(token.text for token in self.found[at + 1:end])
        self.pos = end + 1
        if self.text() == "{":
            return self.postfix(tree.Cast(self.found[at].at, words, self.literal()))
        if self.kind() == "end" or self.text() in (")", ",", ";"):
            return tree.Type(self.found[at].at, words)
        return tree.Cast(self.found[at].at, words, self.unary())

    def sized(self):
        token = self.take()
        if self.text() == "(":
            end = self.matching(self.pos)
            words = " ".join(t.text for t in self.found[self.pos + 1:end])
            self.pos = end + 1
        else:
            words = tree.text(self.unary())
        return tree.Type(token.at, "%s(%s)" % (token.text, words))

    def primary(self):
        token = self.token
        if token.text == "(" and token.kind == "op":
            self.take()
            if self.text() == "{":
                body = self.block()
                self.take(")")
                return tree.Statements(token.at, body)
            value = self.expression()
            self.take(")")
            return value
        if token.kind == "name":
            return tree.Name(token.at, self.take().text)
        if token.kind in ("number", "char"):
            return tree.Number(token.at, self.take().text)
        if token.kind == "string":
            while self.kind() == "string" or self.kind() == "name" and self.kind(1) == "string" or \
                    self.kind() == "name" and re.match(r"^PRI\w+$", self.text()):
                self.take()
            return tree.String(token.at, token.text)
        raise CannotRead("%r begins no expression" % token)

    def postfix(self, value):
        while self.kind() == "op":
            token = self.token
            if token.text == "(":
                value = tree.Call(value.at, value, self.arguments())
            elif token.text == "[":
                self.take()
                value = tree.Index(value.at, value, self.expression())
                self.take("]")
            elif token.text in (".", "->"):
                self.take()
                value = tree.Member(self.token.at, value, token.text == "->", self.take().text)
            elif token.text in ("++", "--"):
                self.take()
                value = tree.Step(value.at, token.text, value, True)
            else:
                break
        return value

    def arguments(self):
        """Of a call. A macro takes types and operators as well."""
        self.take("(")
        found = []
        while not self.skip(")"):
            found.append(self.argument())
            if not self.skip(","):
                self.take(")")
                break
        return found

    def argument(self):
        start = self.pos
        try:
            value = tree.Literal(self.token.at, []) if self.text() in (",", ")") else self.initializer()
            if self.text() in (",", ")"):
                return value
        except CannotRead:
            pass
        # Not an expression: up to the comma or the bracket that ends it.
        self.pos = start
        words = []
        while self.text() not in (",", ")") or self.kind() != "op":
            if self.text() in ("(", "[", "{"):
                end = self.matching(self.pos)
                words += [t.text for t in self.found[self.pos:end + 1]]
                self.pos = end + 1
            else:
                words.append(self.take().text)
        return tree.Type(self.found[start].at, " ".join(words))
