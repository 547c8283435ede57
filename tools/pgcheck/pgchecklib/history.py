# SPDX-License-Identifier: GPL-2.0
"""--since: the files that differ from a revision, and their content in that revision."""
import os
import subprocess

from . import CannotAnalyse
from .source import Place


def _git(folder, *words, binary=False):
    command = ["git", "-C", folder, "-c", "core.quotePath=false", *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise CannotAnalyse("git: %s" % error.strerror) from None
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().split("\n")[0]
        raise CannotAnalyse("git %s: %s" % (words[0], why))
    return done.stdout if binary else os.fsdecode(done.stdout)


class History:
    """The repository that the analysed paths are in."""

    def __init__(self, paths, revision):
        first = os.path.realpath(paths[0])
        self.folder = first if os.path.isdir(first) else os.path.dirname(first)
        self.top = _git(self.folder, "rev-parse", "--show-toplevel").rstrip("\n")
        for path in paths:
            if os.path.commonpath((self.top, os.path.realpath(path))) != self.top:
                raise CannotAnalyse("%s: not in the git repository %s" % (path, self.top))
        self.revision = self._resolve(revision)

    def _resolve(self, revision):
        """The commit; the empty tree if HEAD has no commit yet, as before the first one."""
        try:
            return _git(self.top, "rev-parse", "--verify", revision + "^{commit}").strip()
        except CannotAnalyse:
            unborn = revision == "HEAD" and not _git(self.top, "for-each-ref", "--count=1")
            if not unborn and _git(self.top, "rev-parse", "--is-shallow-repository") == "true\n":
                raise CannotAnalyse("%s is not in this shallow clone; fetch the history (git fetch "
                                    "--unshallow, or fetch-depth: 0)" % revision) from None
            if not unborn:
                raise CannotAnalyse("--since: no revision %s in %s" % (revision, self.top)) from None
        return _git(self.top, "hash-object", "-t", "tree", os.devnull).strip()

    def changed(self):
        """New real path -> old name in the repository, or None for a new file."""
        out = _git(self.top, "diff", "--name-status", "-z", "-M", self.revision, "--")
        words = out.split("\0")
        found = {}
        while words and words[0]:
            status = words.pop(0)
            old = words.pop(0)
            new = words.pop(0) if status[0] in "RC" else old
            found[os.path.realpath(os.path.join(self.top, new))] = None if status[0] == "A" else old
        new = _git(self.top, "ls-files", "--others", "--exclude-standard", "-z")
        for name in filter(None, new.split("\0")):
            found[os.path.realpath(os.path.join(self.top, name))] = None
        return found

    def before(self, places, folder):
        """Writes the old content of the files to a folder; returns their places there."""
        old_names = self.changed()
        old = []
        for number, place in enumerate(places):
            if old_names.get(place.real) is None:
                continue
            path = os.path.join(folder, "%d-%s" % (number, os.path.basename(place.real)))
            with open(path, "wb") as file:
                file.write(_git(self.top, "show",
                                "%s:%s" % (self.revision, old_names[place.real]), binary=True))
            old.append(Place(os.path.realpath(path), place.shown, place.name))
        return old
