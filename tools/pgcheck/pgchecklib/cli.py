# SPDX-License-Identifier: GPL-2.0
"""The command line of pgcheck: one run from its words to its exit status."""
import glob
import os
import platform
import signal
import sys
import tempfile
import time

from . import CannotAnalyse, VERSION, analysis, config, finding, options as choices
from . import output, patches, places, rules as ruleset, tool
from .cache import Cache, digest
from .history import History
from .source import Place
from .spatch import Spatch

CLEAN, FINDINGS, FAILED = 0, 1, 2
# So many names of functions or files are enough to see what is wrong.
NAMED = 20


class Notes:
    """What goes to standard error: versions, progress on a terminal, counts."""

    def __init__(self, quiet):
        self.quiet = quiet
        self.live = sys.stderr.isatty() and not quiet
        self.started = time.monotonic()

    def say(self, message):
        if not self.quiet:
            self.clear()
            print("pgcheck: " + message, file=sys.stderr)

    def progress(self, done, total):
        if self.live:
            sys.stderr.write("\r\033[K%d of %d files, %d s"
                             % (done, total, time.monotonic() - self.started))
            sys.stderr.flush()

    def clear(self):
        if self.live:
            sys.stderr.write("\r\033[K")

    def some(self, lines):
        """The first few of many."""
        for line in lines[:NAMED]:
            self.say(line)
        if len(lines) > NAMED:
            self.say("and %d more" % (len(lines) - NAMED))


class Check:
    """One run: what it is about, and what it found."""

    def __init__(self, options, settings, chosen, notes):
        self.options, self.settings, self.rules, self.notes = options, settings, chosen, notes
        self.content = {}
        self.tools = [("python", platform.python_version())]
        self.summary = ""

    def collect(self):
        """The files; none at all is no verdict, unless they are excluded."""
        collector = places.Collector(self.settings.top, self.options.exclude)
        if self.options.paths == [choices.STDIN]:
            name = self.options.stdin_name
            if not name.endswith(places.SUFFIXES):
                raise CannotAnalyse("%s: not a C source" % places.shown(name))
            real = os.path.realpath(name)
            self.content[real] = sys.stdin.buffer.read()
            collector.file(name, real)
        else:
            for path in self.options.paths:
                collector.add(path)
        found = collector.places()
        if not found and not collector.excluded:
            raise CannotAnalyse("no C files in %s" % " ".join(map(places.shown,
                                                                  self.options.paths)))
        if collector.excluded:
            self.notes.say("%d files are excluded" % collector.excluded)
        return found

    def whole(self):
        """Does the run look at all that .pgcheck names, or at the whole repository?"""
        options, top = self.options, self.settings.top
        if options.since or options.paths == [choices.STDIN] or \
                set(options.exclude) - set(self.settings.exclude):
            return False
        given = tuple(os.path.join(os.path.realpath(path), "") for path in options.paths)
        wanted = [os.path.join(top, path) for path in self.settings.paths or [os.curdir]]
        return all(os.path.join(os.path.realpath(path), "").startswith(given) for path in wanted)

    def run(self):
        """Findings and the files that were looked at."""
        options = self.options
        where = self.collect()
        with Spatch(options.data, options.spatch, options.timeout,
                    self.settings.project) as spatch:
            self.tools.insert(0, ("spatch", spatch.version))
            self.notes.say("%s, %s; rules %s"
                           % (VERSION, ", ".join(" ".join(pair) for pair in self.tools),
                              " ".join(rule.id for rule in self.rules)))
            cache = Cache(options.cache)
            cache.tool = self._tool(spatch)
            try:
                return self._analyse(where, spatch, cache)
            finally:
                cache.close()

    def _analyse(self, where, spatch, cache):
        options = self.options
        found, where, run = self._new_findings(where, spatch, cache)
        if options.fix or options.diff:
            fixed = self._patch(run, spatch, found)
            if fixed and options.fix:
                found, where, run = self._new_findings(where, spatch, cache)
        self.coverage = run.coverage
        self.summary = run.coverage.text()
        return found, where

    def _tool(self, spatch):
        """Everything that decides besides the sources, as a digest."""
        data = self.options.data
        names = [name for folder in (os.path.join(data, "rules"), os.path.join(data, "spatch"),
                                     *(os.path.join(os.path.dirname(__file__), part)
                                       for part in ("", "flow", "smpl")))
                 for name in sorted(glob.glob(os.path.join(folder, "*.*")))]
        parts = []
        for name in names:
            with open(name, "rb") as file:
                parts.append(file.read())
        return digest(VERSION, spatch.version, tool.identity(spatch.program), *parts,
                      repr(sorted(self.settings.project.items())),
                      " ".join(rule.id for rule in self.rules))

    def _new_findings(self, where, spatch, cache):
        """The findings, less what was there at --since."""
        options, progress = self.options, self.notes.progress
        run = analysis.Analysis(self.rules, spatch, cache, options.jobs, progress, self.whole())
        if not options.since:
            return run.run(where, self.content), where, run
        history = History(options.paths, options.since)
        changed = history.changed()
        where = [place for place in where if place.real in changed]
        past = analysis.Analysis(self.rules, spatch, cache, options.jobs, progress, whole=False)
        with tempfile.TemporaryDirectory(prefix="pgcheck-") as folder:
            old = {item.fingerprint for item in past.run(history.before(where, folder))}
        found = run.run(where)
        # What could not be read then can have no old findings; what cannot be now, counts.
        for name, why in past.coverage.failed.items():
            run.coverage.failed.setdefault(name, "at %s: %s" % (options.since, why))
        return [item for item in found if item.fingerprint not in old], where, run

    def _patch(self, run, spatch, found):
        """--fix and --diff; returns whether a file has changed."""
        keep = run.suppressed
        if self.options.baseline:
            known = finding.read_baseline(self.options.baseline)
            keep = keep + [item for item in found if item.fingerprint in known]
        made, odd = patches.make(self.rules, spatch, [item for item in found if item not in keep],
                                 keep, self.options.jobs)
        for name in odd:
            self.notes.say("%s: is not UTF-8 with LF and stays as it is" % name)
        for patch in made:
            if self.options.fix:
                patch.apply()
                self.notes.say("%s: changed" % patch.place.shown)
            else:
                sys.stdout.write(patch.diff())
        return bool(made)

    def judge(self):
        """Why not enough of the sources was understood for a verdict; "" if it was."""
        coverage, options = self.coverage, self.options
        self.notes.some(["%s: not analysed: %s" % pair
                         for pair in sorted(coverage.failed.items())])
        if options.show_unparsed:
            for place in coverage.lost:
                self.notes.say("not parsed: " + place)
        else:
            self.notes.some(["not parsed: " + place for place in coverage.lost])
        if coverage.failed:
            return "%d files could not be analysed" % len(coverage.failed)
        if coverage.share() > options.max_unparsed:
            return ("%.2f %% of the functions could not be parsed, more than %g %%; "
                    "--show-unparsed names them" % (coverage.share(), options.max_unparsed))
        return ""

    def without_known(self, found, where, known):
        """Applies --baseline. A run of --since sees too little to call an entry stale."""
        seen = {place.name for place in where}
        ids = {rule.id for rule in self.rules}
        top = self.settings.top
        roots = tuple(os.path.join(places.below(os.path.realpath(path), top), "")
                      for path in self.options.paths)

        def judged(entry):
            inside = entry["path"] in seen or "./" in roots or entry["path"].startswith(roots)
            return not self.options.since and entry["rule"] in ids and inside

        path = self.options.baseline
        place = Place(os.path.realpath(path), places.shown(path),
                      places.below(os.path.realpath(path), top))
        return finding.apply_baseline(found, known, place, judged, self.whole())


def check(options, settings, chosen, notes):
    """A whole run; returns the exit status."""
    choices.check(options)
    targets = choices.formats(options)
    help_base = options.help_base or ruleset.pages(options.data)
    known = finding.read_baseline(options.baseline) if options.baseline else None
    this = Check(options, settings, chosen, notes)
    found, problem = [], ""
    try:
        found, where = this.run()
        notes.say(this.summary)
        problem = this.judge()
    except CannotAnalyse as error:
        problem = str(error)
        if options.format:
            _write(this, targets, found, problem, help_base)
        raise
    if options.write_baseline and not problem:
        finding.write_baseline(options.write_baseline, found)
    if options.baseline:
        found = this.without_known(found, where, known)
    found.sort(key=finding.Finding.key)
    notes.clear()
    _write(this, targets, found, problem, help_base)
    if problem:
        raise CannotAnalyse(problem)
    level = config.SEVERITIES.index(options.fail_on)
    failing = [item for item in found if config.SEVERITIES.index(item.severity) >= level]
    notes.say("%d findings%s in %.1f s"
              % (len(found), "" if len(failing) == len(found) else
                 ", %d of them below %s" % (len(found) - len(failing), options.fail_on),
                 time.monotonic() - notes.started))
    return FINDINGS if failing and not options.write_baseline else CLEAN


def _write(this, targets, found, problem, help_base):
    if this.options.diff and not this.options.format:
        return
    result = output.Run(found, this.rules, this.tools, this.summary, problem)
    result.fail_on = this.options.fail_on
    result.help_base = help_base
    for name, path in targets:
        output.write(result, name, path, sys.stdout)


def start(options):
    """Whatever can be asked for; returns the exit status."""
    everything = ruleset.load(options.data)
    if options.list_rules:
        for rule in everything:
            print("%s  %-7s  %-8s  %s" % (rule.id, rule.severity, rule.confidence, rule.title))
        return CLEAN
    if options.explain:
        print(ruleset.page(everything, options.explain, options.data), end="")
        return CLEAN
    first = next((path for path in options.paths if path != choices.STDIN), None)
    top = places.top_of(first or (options.stdin_name if options.paths else os.curdir))
    settings = config.load(top, options.config)
    choices.complete(options, settings)
    return check(options, settings, ruleset.select(everything, options.rules),
                 Notes(options.quiet))


def main(words, data):
    """Entry point; data is where rules/ and spatch/ are."""
    # Ends the spatch processes too, also where the shell has ^C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = choices.parser().parse_args(words)
    options.data = data
    try:
        return start(options)
    except CannotAnalyse as error:
        print("pgcheck: %s" % error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        where = "%s: " % places.shown(error.filename) if error.filename else ""
        print("pgcheck: %s%s" % (where, error.strerror), file=sys.stderr)
        return FAILED


def script():
    """Entry point of an installed package, which has everything in one directory."""
    sys.exit(main(sys.argv[1:], os.path.dirname(os.path.abspath(__file__))))
