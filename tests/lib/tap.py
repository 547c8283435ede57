#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prints results as KTAP.

usage: tap.py FILE...   runs the unit tests of some files
"""
import os
import sys
import unittest


class Results:
    """Prints a plan and results; the plan comes last if the number of tests is not given."""

    def __init__(self, planned=None):
        self.planned, self.number, self.failed = planned, 0, 0
        print("KTAP version 1", flush=True)
        if planned is not None:
            print("1..%d" % planned, flush=True)

    def add(self, good, name, why=""):
        """Prints the result of a test and, if it failed, why."""
        self.number += 1
        if not good:
            self.failed += 1
            for line in why.strip().splitlines():
                print("# " + line)
        print("%s %d %s" % ("ok" if good else "not ok", self.number, name), flush=True)

    def skip(self, name, why):
        """Prints that a test cannot run here."""
        self.number += 1
        print("ok %d %s # SKIP %s" % (self.number, name, why), flush=True)

    def end(self):
        """Prints the plan if that is still missing; returns the exit status."""
        if self.planned is None:
            print("1..%d" % self.number)
        return int(self.failed > 0 or self.number != (self.planned or self.number))


def name_of(test):
    """CLASS.METHOD"""
    return ".".join(test.id().split(".")[-2:])


class UnitTests(unittest.TestResult):
    """Receives unittest's calls for each test."""

    def __init__(self, planned):
        super().__init__()
        self.results = Results(planned)

    def _add(self, test, why=""):
        self.results.add(not why, name_of(test), why)

    def addSuccess(self, test):
        self._add(test)

    def addError(self, test, err):
        super().addError(test, err)
        self._add(test, self.errors[-1][1])

    def addSkip(self, test, reason):
        self.results.skip(name_of(test), reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._add(test, self.failures[-1][1])


def main():
    sys.dont_write_bytecode = True
    tests = unittest.TestSuite()
    for path in sys.argv[1:]:
        folder, name = os.path.split(os.path.abspath(path))
        if folder not in sys.path:
            sys.path.insert(0, folder)
        tests.addTests(unittest.defaultTestLoader.loadTestsFromName(name[:-len(".py")]))
    result = UnitTests(tests.countTestCases())
    tests.run(result)
    return result.results.end()


if __name__ == "__main__":
    sys.exit(main())
