# SPDX-License-Identifier: GPL-2.0
"""Prints "FILE:LINE: NAME: N lines" for each function of more than MAX lines.

usage: long_functions.py MAX <LIST-OF-FILES

A function counts from the line with its name to the one with its closing brace, in Python to
its last statement. Files that are neither C nor shell nor Python are passed over. To find no
function of a language at all is a failure: it says that the list is wrong, not the functions
right.
"""
import ast
import re
import sys

C_NAME = re.compile(r"[A-Za-z_]")
# But not a function that ends in the same line.
SHELL_NAME = re.compile(r"(\s*)([A-Za-z_]\w*) *\(\)(?!.*[})]$)")
SHELL_MARK = re.compile(r"#!.*[/ ](ba|da)?sh\b|# shellcheck shell=")
HERE_DOCUMENT = re.compile(r"<<-?[\"'\\]?([A-Z]+)")


def end_of(lines, start, closing):
    """The index of the first line behind start that is one of closing, or None."""
    return next((i for i in range(start, len(lines)) if lines[i] in closing), None)


def c_functions(text):
    """(name, first, last) of each; the braces stand in the first column, as checkpatch wants."""
    lines = text.split("\n")
    name = None
    for i, line in enumerate(lines):
        if C_NAME.match(line):
            name = i
        elif line == "{" and name is not None:
            yield lines[name], name, end_of(lines, i, ("}",))


def without_here_documents(lines):
    """The lines, with those of here-documents empty: a } in one ends no function."""
    end = None
    for line in lines:
        if end is None:
            yield line
            found = HERE_DOCUMENT.search(line)
            end = found and found.group(1)
        else:
            yield ""
            end = None if line.strip() == end else end


def shell_functions(text):
    """As c_functions(); the closing brace stands below the name."""
    lines = list(without_here_documents(text.split("\n")))
    for i, line in enumerate(lines):
        found = SHELL_NAME.match(line)
        if found:
            indent, name = found.groups()
            yield name, i, end_of(lines, i + 1, (indent + "}", indent + ")"))


def python_functions(text):
    """As c_functions()."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno - 1, node.end_lineno - 1


def functions_of(path, text):
    """(language, functions) of a file, or None."""
    first_lines = "\n".join(text.split("\n", 3)[:3])
    if path.endswith((".c", ".h")):
        return "C", c_functions(text)
    if path.endswith(".py") or re.match("#!.*python", text):
        return "Python", python_functions(text)
    if path.endswith(".sh") or SHELL_MARK.search(first_lines):
        return "shell", shell_functions(text)
    return None


def main():
    """Returns the exit status."""
    limit = int(sys.argv[1])
    count = {"C": 0, "shell": 0, "Python": 0}
    bad = 0
    for path in sys.stdin.read().split("\n")[:-1]:
        with open(path, encoding="utf-8", errors="replace") as file:
            language, functions = functions_of(path, file.read()) or (None, ())
        for name, first, last in functions:
            count[language] += 1
            length = None if last is None else last - first + 1
            if length is None or length > limit:
                print("%s:%d: %s: %s lines" % (path, first + 1, name, length or "endless"))
                bad += 1
    for language, number in count.items():
        print("%d functions in %s" % (number, language), file=sys.stderr)
    return 1 if bad or not all(count.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
