# SPDX-License-Identifier: GPL-2.0
"""A cache of results. The key covers the file and everything else that decides its findings.

If the cache is lost or damaged, the next run only takes longer. Results that may differ in
the next run (a timeout, a crash of spatch) are not stored.
"""
import contextlib
import hashlib
import json
import os
import sqlite3
import time

_TABLES = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, state TEXT, digest TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, day INTEGER, data TEXT) WITHOUT ROWID;
"""
KEEP_DAYS = 30
# With more files than these it is faster to load the whole cache at once.
MANY = 1000
# A file that was written within this time may be written again with the same time stamps.
RECENT_NS = 2_000_000_000


def digest(*parts):
    """The digest of strings and bytes, each preceded by its length."""
    made = hashlib.sha256()
    for part in parts:
        part = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        made.update(b"%d:" % len(part))
        made.update(part)
    return made.hexdigest()


def default_folder():
    """As the XDG base directories want it."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "pgcheck")


def _state(real):
    """A state that changes with the file's content, and whether it can be relied on yet."""
    info = os.stat(real)
    newest = max(info.st_mtime_ns, info.st_ctime_ns)
    state = "%d %d %d %d" % (info.st_size, info.st_ino, info.st_mtime_ns, info.st_ctime_ns)
    return state, newest < time.time_ns() - RECENT_NS


class Cache:
    """A database in a directory; without one (folder None) it is always empty."""

    def __init__(self, folder):
        self.base = None
        self.tool = ""
        self.states, self.fresh, self.results = {}, {}, {}
        self.whole = not folder     # is everything that is known in these?
        if not folder:
            return
        path = os.path.join(folder, "cache.sqlite")
        for _ in range(2):
            try:
                os.makedirs(folder, exist_ok=True)
                self.base = sqlite3.connect(path, timeout=5)
                self.base.executescript(_TABLES)
                return
            except (OSError, sqlite3.OperationalError):
                self.base = None        # read only, or in use for too long
                return
            except sqlite3.DatabaseError:
                self.base = None
                with contextlib.suppress(OSError):
                    os.unlink(path)

    def _ask(self, query, *values):
        if not self.base or self.whole:
            return []
        with contextlib.suppress(sqlite3.Error):
            return self.base.execute(query, values).fetchall()
        return []

    def load(self, places):
        """Everything that may be of use for many files, or nothing for a few."""
        if len(places) > MANY:
            self.states = {path: (state, mark) for path, state, mark in
                           self._ask("SELECT path, state, digest FROM files")}
            self.results = {key: data for key, data in
                            self._ask("SELECT key, data FROM results")}
            self.whole = True

    def content(self, place):
        """The digest of a file that has not changed since it was last read, or None."""
        try:
            place.real.encode()
            state, _ = _state(place.real)
        except (OSError, UnicodeError):
            return None
        rows = [self.states[place.real]] if place.real in self.states else \
            self._ask("SELECT state, digest FROM files WHERE path = ?", place.real)
        return rows[0][1] if rows and rows[0][0] == state else None

    def mark(self, place):
        """The digest of a file's content, read if need be."""
        if place.real in self.fresh:
            return self.fresh[place.real][1]
        with open(place.real, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def remember(self, place, mark):
        """The file's content has this digest."""
        self.fresh.pop(place.real, None)    # --fix may have changed it since
        with contextlib.suppress(OSError, UnicodeError):
            place.real.encode()
            state, reliable = _state(place.real)
            if reliable:
                self.fresh[place.real] = (state, mark)

    def get(self, *parts):
        """What put() was given, or None."""
        key = digest(self.tool, *parts)
        rows = [(self.results[key],)] if key in self.results else \
            self._ask("SELECT data FROM results WHERE key = ?", key)
        if rows and rows[0][0] == "{}":
            return {}               # most files, and there are many
        with contextlib.suppress(ValueError):
            return json.loads(rows[0][0]) if rows else None
        return None

    def put(self, data, *parts):
        """Notes it for the next run."""
        key = digest(self.tool, *parts)
        text = json.dumps(data)
        if self.whole:
            self.results[key] = text
        if self.base:
            with contextlib.suppress(sqlite3.Error):
                self.base.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)",
                                  (key, int(time.time() // 86400), text))

    def close(self):
        """Writes what is new and drops what was made long ago."""
        if not self.base:
            return
        with contextlib.suppress(sqlite3.Error):
            self.base.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)",
                                  [(path, *pair) for path, pair in self.fresh.items()])
            self.base.execute("DELETE FROM results WHERE day < ?",
                              (int(time.time() // 86400) - KEEP_DAYS,))
            self.base.commit()
        self.base.close()
        self.base = None
