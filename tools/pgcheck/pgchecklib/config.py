# SPDX-License-Identifier: GPL-2.0
"""The file .pgcheck in the top directory of a repository (TOML).

    paths = ["drivers/foo"]         without a PATH on the command line
    exclude = ["*/compat", "*.mod.c"]
    rules = ["PG01", "PG03"]
    fail-on = "warning"             or "error", "note"
    baseline = "pgcheck.json"
    max-unparsed = 2.0

    [project]                       what the project calls by names of its own
    predicates = ["my_is_p2p_page"]
    guards = ["my_same_pgmap"]
    asserts = ["MY_ASSERT"]
    allocators = ["my_alloc_page"]
    adders = ["my_add_page"]
    releases = ["my_put_pages"]
"""
import os
import re

from . import CannotAnalyse
from .places import CONFIG

SEVERITIES = ("note", "warning", "error")
KINDS = ("predicates", "guards", "asserts", "allocators", "adders", "releases")
_LISTS = ("paths", "exclude", "rules")
_NAME = re.compile(r"[A-Za-z_]\w*$", re.ASCII)


class Config:
    """What the file says; with its defaults if there is none."""

    def __init__(self, top):
        self.top = top
        self.paths, self.exclude, self.rules = [], [], []
        self.fail_on, self.baseline, self.max_unparsed = "warning", None, 2.0
        self.project = {kind: [] for kind in KINDS}

    def inside(self, path):
        """A path that is meant from the file's directory."""
        return os.path.relpath(os.path.join(self.top, path))


def _read(path):
    try:
        import tomllib
    except ImportError:
        raise CannotAnalyse("%s needs Python 3.11 or later to be read" % path) from None
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise CannotAnalyse("%s: %s" % (path, error.strerror)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotAnalyse("%s: %s" % (path, error)) from None


def _words(path, key, value):
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise CannotAnalyse("%s: %s is not a list of texts" % (path, key))
    return value


def _project(path, table):
    """The names by kind."""
    if not isinstance(table, dict):
        raise CannotAnalyse("%s: project is not a table" % path)
    found = {kind: [] for kind in KINDS}
    for kind, value in table.items():
        if kind not in KINDS:
            raise CannotAnalyse("%s: no project.%s; there are %s" % (path, kind, ", ".join(KINDS)))
        found[kind] = sorted(set(_words(path, "project." + kind, value)))
        wrong = [name for name in found[kind] if not _NAME.match(name)]
        if wrong:
            raise CannotAnalyse("%s: project.%s: %s is no name of a function"
                                % (path, kind, wrong[0]))
    return found


def _set(config, path, key, value):
    """One key, or one line that says why not."""
    if key in _LISTS:
        setattr(config, key, _words(path, key, value))
    elif key == "fail-on":
        if value not in SEVERITIES:
            raise CannotAnalyse("%s: fail-on is not one of %s" % (path, ", ".join(SEVERITIES)))
        config.fail_on = value
    elif key == "baseline":
        if not isinstance(value, str) or not value:
            raise CannotAnalyse("%s: baseline is not the name of a file" % path)
        config.baseline = value
    elif key == "max-unparsed":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
            raise CannotAnalyse("%s: max-unparsed is not 0 to 100" % path)
        config.max_unparsed = float(value)
    elif key == "project":
        config.project = _project(path, value)
    else:
        raise CannotAnalyse("%s: no setting %s" % (path, key))


def load(top, given=None):
    """The file in the top directory, or the one that is given, or the defaults."""
    path = given or os.path.join(top, CONFIG)
    config = Config(top)
    if given or os.path.lexists(path):
        for key, value in _read(path).items():
            _set(config, path, key, value)
    return config
