# SPDX-License-Identifier: GPL-2.0
"""Runs spatch on many files and reads its output.

The exit status of spatch is 0 even if it could not parse anything. A file counts as
analysed only if the coverage rule, which runs last, printed its functions.
"""
import concurrent.futures
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.parse

from . import CannotAnalyse, tool
from .rules import combined

_REPORT = re.compile(
    r"^(?P<path>.+?):(?P<line>\d+):(?P<col>\d+)-(?P<end>\d+): (?P<severity>error|warning|note): "
    r"(?P<message>.*) \[(?P<rule>PG\d\d)\]$")
_COVERED = re.compile(r"^pgcheck-function\t(.+)\t(\d+)\t(\w+)$")
# spatch's own words: those of the sources, and the names of the files, are in its
# messages too.
_TIMEOUT = re.compile(r"timeout \(we abort\)|\bCommon\.Timeout\b|^Timeout at |"
                      r"exn while in timeout_function", re.MULTILINE)
_FATAL = re.compile(r"^(Fatal error|Semantic patch.*error|minus: parse error|plus: parse error"
                    r"|Python error|Traceback|EXN:|exn while)", re.MULTILINE)
BATCH_BYTES = 400_000


class Report:
    """One line of a rule's output."""

    def __init__(self, match, path):
        self.path = path
        self.line = int(match.group("line"))
        self.col = int(match.group("col")) + 1
        self.end = int(match.group("end")) + 1
        self.severity = match.group("severity")
        self.message = match.group("message")
        self.rule = match.group("rule")


class Result:
    """What came out of all runs: reports, covered functions, failures by file."""

    def __init__(self):
        self.reports = []
        self.covered = {}
        self.failed = {}

    def take(self, other):
        self.reports += other.reports
        self.covered.update(other.covered)
        self.failed.update(other.failed)

    def add(self, other):
        """A second run over some of the files."""
        self.reports += other.reports
        for path, names in other.covered.items():
            self.covered.setdefault(path, set()).update(names)


class Spatch:
    """A working spatch; use as a context manager."""

    def __init__(self, data, program="spatch", timeout=120, project=None):
        # It is started in another directory than ours.
        self.program = os.path.abspath(program) if os.sep in program else program
        self.data, self.timeout, self.project = data, timeout, project or {}
        self.version = tool.version(self.program)
        self.lock = threading.Lock()
        self.stopped = False        # with the lock, as children
        self.children = set()
        self.paths = {}
        self.runs = 0

    def __enter__(self):
        self.tmp = tempfile.mkdtemp(prefix="pgcheck-")
        self.setup = tool.Setup(self.tmp)
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.tmp, ignore_errors=True)

    def prepare(self, rules, cache):
        """Is this a spatch that runs the rules? What an earlier run found out, it remembers."""
        if self.setup.recall(cache.get("setup")):
            return
        source = os.path.join(self.tmp, "probe.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("int probe(void)\n{\n\treturn 0;\n}\n")
        coverage = self._write("probe.cocci", self._combined([]))
        known = self.setup.probe(self.program, lambda: self._run(coverage, [source]))
        self._check_rules(rules, source)
        cache.put(known, "setup")

    def _check_rules(self, rules, source):
        """A rule that spatch cannot read is a fault of its own, not of the sources."""
        out, err = self._run(self._write("all.cocci", self._combined(rules)), [source])
        if "pgcheck-function" not in out or _FATAL.search(err):
            raise CannotAnalyse("%s does not accept the rules: %s"
                                % (self.program, err.strip()[-400:]))

    def _combined(self, rules):
        return combined(rules, os.path.join(self.data, "spatch", "coverage.cocci"), self.project)

    def _write(self, name, text):
        path = os.path.join(self.tmp, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _run(self, cocci, files):
        """One spatch over several files; each is a group of its own."""
        handle, groups = tempfile.mkstemp(dir=self.tmp, suffix=".groups")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(name + "\n\n" for name in files))
        out, err = self._start(["-D", "report", "--cocci-file", cocci, "--file-groups", groups])
        os.unlink(groups)
        return out, err

    def _start(self, words):
        """Standard output and standard error of one spatch."""
        command = [self.program, *words, "--no-includes", "--no-show-diff",
                   "--timeout", str(self.timeout), *self.setup.options,
                   "--macro-file", os.path.join(self.data, "spatch", "macros.h")]
        with self.lock:
            if self.stopped:
                return "", ""
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     stdin=subprocess.DEVNULL, env=self.setup.env, text=True,
                                     errors="replace", cwd=self.tmp, start_new_session=True)
            self.children.add(child)
        with child:
            out, err = child.communicate()
        with self.lock:
            self.children.discard(child)
        if child.returncode:
            err += "\nFatal error: spatch ended with %d" % child.returncode
        return out, err

    def _copy(self, path, text):
        """A file that spatch reads in place of the one at path. Its name has the same
        end, without blanks, which the lists that spatch reads do not know."""
        name = os.path.join(self.tmp, "src%d" % self.runs, urllib.parse.quote(os.fsencode(path.lstrip("/"))))
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        self.paths[name] = path
        return name

    def stop(self):
        """Ends the runs that are under way; there will be no others."""
        with self.lock:
            self.stopped = True
            for child in self.children:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGTERM)

    def _batch(self, cocci, files):
        """A batch; what failed in it is run again file by file."""
        out, err = self._run(cocci, files)
        bad = _FATAL.search(err) or _TIMEOUT.search(err)
        if self.stopped:
            return Result()
        if bad and len(files) > 1:
            result = Result()
            for path in files:
                result.take(self._batch(cocci, [path]))
            return result
        result = parse(out, self.paths)
        if bad:
            result.failed[self.paths[files[0]]] = err.strip().splitlines()[-1][:200]
        return result

    def run(self, work, jobs, progress):
        """work: (rules, [(path, text to analyse)]) pairs. Calls progress(done, total)
        after each batch."""
        if not work:
            return Result()
        self.runs += 1
        batches = []
        for number, (rules, sources) in enumerate(work):
            files = [self._copy(path, text) for path, text in sources]
            cocci = self._write("rules%d.cocci" % number, self._combined(rules))
            batches += [(cocci, group) for group in _groups(files)]
        batches.sort(key=lambda batch: -sum(map(os.path.getsize, batch[1])))
        total, done, result = sum(len(group) for _, group in batches), 0, Result()
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            futures = {pool.submit(self._batch, *batch): batch for batch in batches}
            try:
                for future in concurrent.futures.as_completed(futures):
                    result.take(future.result())
                    done += len(futures[future][1])
                    progress(done, total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.stop()
                raise
        return result

    def patch(self, rule, texts, jobs):
        """What a rule's patch mode makes of the texts, by path."""
        self.runs += 1
        cocci = self._write("patch.cocci", combined([rule], None, self.project))
        copies = {path: self._copy(path, text) for path, text in texts.items()}

        def one(path):
            out, err = self._start(["-D", "patch", "--in-place", "--cocci-file", cocci,
                                    copies[path]])
            if _FATAL.search(err) or _TIMEOUT.search(err):
                raise CannotAnalyse("%s: %s cannot be applied: %s"
                                    % (path, rule.id, (err or out).strip().splitlines()[-1]))
            with open(copies[path], encoding="utf-8", newline="") as file:
                return path, file.read()

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            return dict(pool.map(one, texts))


def _groups(files):
    """Batches that are worth the start of a process and not longer."""
    group, size = [], 0
    for path in sorted(files):
        group.append(path)
        size += os.path.getsize(path)
        if size > BATCH_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def parse(out, paths):
    """Reads the standard output of a run; paths: what the files are copies of."""
    result = Result()
    for line in out.splitlines():
        found = _COVERED.match(line)
        if found:
            result.covered.setdefault(paths[found.group(1)], set()).add(found.group(3))
            continue
        found = _REPORT.match(line)
        if found:
            result.reports.append(Report(found, paths[found.group("path")]))
    return result
