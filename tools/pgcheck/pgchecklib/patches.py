# SPDX-License-Identifier: GPL-2.0
"""--fix and --diff: apply the patch mode of the rules to the reported places.

A place that a comment or the baseline allows is not changed.
"""
import difflib
import os

from .source import Source

# A change at most so many lines from a finding belongs to that finding.
NEAR = 3


def can_patch(rule):
    """Has it a patch mode?"""
    return "\nvirtual patch\n" in rule.text


class Patch:
    """A changed file."""

    def __init__(self, place, before, after):
        self.place, self.before, self.after = place, before, after

    def diff(self):
        """As "git diff" and "patch -p1" know it."""
        return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
                       for line in difflib.unified_diff(
                           self.before.splitlines(True), self.after.splitlines(True),
                           "a/" + self.place.name, "b/" + self.place.name))

    def apply(self):
        """Replaces the file at once; its mode stays."""
        part = self.place.real + ".pgcheck"
        with open(part, "w", encoding="utf-8", newline="") as file:
            file.write(self.after)
        os.chmod(part, os.stat(self.place.real).st_mode & 0o7777)
        os.replace(part, self.place.real)


def _groups(before, after):
    """The changes as (first line, line behind, new lines), neighbours together."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(0):
        changes = [change for change in group if change[0] != "equal"]
        if changes:
            yield (changes[0][1], changes[-1][2], after[changes[0][3]:changes[-1][4]])


def _wanted(group, source, reported, kept):
    """Does the change belong to a reported line and not to one that is kept? A declaration
    that a change needs is in the same function and near to no finding."""
    first, last = group[0] + 1, max(group[1], group[0] + 1)

    def near(lines):
        return [line for line in lines if first - NEAR <= line <= last + NEAR]

    if near(reported):
        return True
    if near(kept):
        return False
    return any(item.first <= first <= item.last and any(
        item.first <= line <= item.last for line in reported) for item in source.functions)


def _merged(lines, groups):
    """The lines with the changes; of two that overlap the first."""
    out, at = [], 0
    for first, last, new in sorted(groups, key=lambda group: group[:2]):
        if first >= at:
            out += lines[at:first] + new
            at = last
    return out + lines[at:]


def make(rules, spatch, findings, kept, jobs):
    """(patches, places that cannot be patched as they are not plain UTF-8 with LF)."""
    patched = {rule.id: rule for rule in rules if can_patch(rule)}
    by_file, odd, changes = {}, [], {}
    for item in findings:
        if item.rule in patched:
            by_file.setdefault(item.real, []).append(item)
    sources = {}
    for real, items in by_file.items():
        source = Source(items[0].place)
        if source.text.encode() == source.bytes:
            sources[real] = source
        else:
            odd.append(items[0].path)
    for rule in patched.values():
        todo = {real: source.text for real, source in sources.items()
                if any(item.rule == rule.id for item in by_file[real])}
        for real, after in spatch.patch(rule, todo, jobs).items():
            reported = [item.line for item in by_file[real] if item.rule == rule.id]
            others = [item.line for item in kept if item.real == real and item.rule == rule.id]
            changes.setdefault(real, []).extend(
                group for group in _groups(sources[real].text.splitlines(True),
                                           after.splitlines(True))
                if _wanted(group, sources[real], reported, others))
    return [Patch(sources[real].place, sources[real].text,
                  "".join(_merged(sources[real].text.splitlines(True), groups)))
            for real, groups in sorted(changes.items()) if groups], odd
