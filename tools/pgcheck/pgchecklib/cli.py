# SPDX-License-Identifier: GPL-2.0
"""The command line of pgcheck."""
import argparse
import os
import platform
import signal
import sys
import tempfile
import time

from . import CannotAnalyse, VERSION, analysis, finding, output, rules as ruleset
from .history import History
from .spatch import Spatch

CLEAN, FINDINGS, FAILED = 0, 1, 2


def parser():
    """All options."""
    own = argparse.ArgumentParser(
        prog="pgcheck", description="Find pgmap-unsafe bio construction in C sources.",
        epilog="Exit status: 0 clean, 1 findings, 2 could not analyse.")
    own.add_argument("paths", nargs="*", metavar="PATH", help="files and directories to analyse")
    own.add_argument("--format", action="append", default=[], metavar="NAME[=FILE]",
                     help="%s; may be repeated (default: text)" % "|".join(output.FORMATS))
    own.add_argument("--rules", metavar="PGnn,...", help="only these rules")
    own.add_argument("--since", metavar="REV", help="only what is new since a git revision")
    own.add_argument("--baseline", metavar="FILE", help="known findings; stale ones are errors")
    own.add_argument("--write-baseline", metavar="FILE", help="note all findings as known")
    own.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                     help="spatch processes at a time, from 1 (default: one per CPU)")
    own.add_argument("--max-unparsed", type=float, default=2.0, metavar="PERCENT",
                     help="more functions that cannot be parsed are an error: 0 to 100 "
                          "(default: 2)")
    own.add_argument("--show-unparsed", action="store_true", help="name those functions")
    own.add_argument("--timeout", type=int, default=120, metavar="SECONDS",
                     help="for one file, from 1 (default: 120); what takes longer is an error")
    own.add_argument("--spatch", default=os.environ.get("SPATCH", "spatch"), metavar="PROGRAM")
    own.add_argument("--list-rules", action="store_true", help="name the rules and leave")
    own.add_argument("--explain", metavar="PGnn", help="show the page of a rule and leave")
    own.add_argument("--quiet", action="store_true", help="no versions, counts or progress")
    own.add_argument("--version", action="version", version="pgcheck " + VERSION)
    return own


def check_numbers(options):
    """Nothing is made to fit."""
    if options.jobs < 1:
        raise CannotAnalyse("--jobs %d: less than 1" % options.jobs)
    if options.timeout < 1:
        raise CannotAnalyse("--timeout %d: less than 1 second" % options.timeout)
    if not 0 <= options.max_unparsed <= 100:
        raise CannotAnalyse("--max-unparsed %g: not 0 to 100" % options.max_unparsed)


def formats(options):
    """(name, file) pairs; at most one of them goes to standard output."""
    found = []
    for word in options.format or ["text"]:
        name, _, path = word.partition("=")
        if name not in output.FORMATS:
            raise CannotAnalyse("no format %s; there are %s" % (name, ", ".join(output.FORMATS)))
        found.append((name, path))
    if sum(path in ("", "-") for _, path in found) > 1:
        raise CannotAnalyse("only one format can go to standard output; use NAME=FILE")
    files = [path for _, path in found if path]
    if len(set(files)) < len(files):
        raise CannotAnalyse("two formats go to the same file")
    return found


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


def new_findings(run, pairs, options):
    """The findings, less what was there at --since."""
    if not options.since:
        return run.run(pairs), pairs
    history = History(options.paths, options.since)
    changed = history.changed()
    pairs = [pair for pair in pairs if pair[0] in changed]
    with tempfile.TemporaryDirectory(prefix="pgcheck-") as folder:
        past = analysis.Analysis(run.rules, run.spatch, run.jobs, run.progress)
        old = {item.fingerprint for item in past.run(history.before(pairs, folder))}
    run.coverage.failed.update(past.coverage.failed)
    return [item for item in run.run(pairs) if item.fingerprint not in old], pairs


def judge(coverage, options, notes):
    """Why not enough of the sources was understood for a verdict; "" if it was."""
    for name, why in sorted(coverage.failed.items())[:20]:
        notes.say("%s: not analysed: %s" % (name, why))
    if options.show_unparsed:
        for place in coverage.lost:
            notes.say("not parsed: " + place)
    if coverage.failed:
        return "%d files could not be analysed" % len(coverage.failed)
    if coverage.share() > options.max_unparsed:
        return ("%.2f %% of the functions could not be parsed, more than %g %%; "
                "--show-unparsed names them" % (coverage.share(), options.max_unparsed))
    return ""


def check(options, chosen, notes):
    """A whole run; returns the exit status."""
    check_numbers(options)
    targets = formats(options)
    for _, path in targets:
        output.check_place(path)
    known = finding.read_baseline(options.baseline) if options.baseline else None
    pairs = analysis.collect(options.paths)
    if not pairs:
        raise CannotAnalyse("no C files in %s" % " ".join(options.paths))
    with Spatch(options.data, options.spatch, options.timeout) as spatch:
        tools = [("spatch", spatch.version), ("python", platform.python_version())]
        notes.say("%s, %s; rules %s" % (VERSION, ", ".join(" ".join(tool) for tool in tools),
                                        " ".join(rule.id for rule in chosen)))
        spatch.check_rules(chosen)
        run = analysis.Analysis(chosen, spatch, options.jobs, notes.progress)
        found, pairs = new_findings(run, pairs, options)
    notes.say(run.coverage.text())
    problem = judge(run.coverage, options, notes)
    if options.write_baseline and not problem:
        finding.write_baseline(options.write_baseline, found)
    if options.baseline:
        found = known_removed(found, known, pairs, chosen, options)
    found.sort(key=finding.Finding.key)
    result = output.Run(found, chosen, tools, run.coverage.text(), problem)
    notes.clear()
    for name, path in targets:
        output.write(result, name, path, sys.stdout)
    if problem:
        raise CannotAnalyse(problem)
    notes.say("%d findings in %.1f s" % (len(found), time.monotonic() - notes.started))
    return FINDINGS if found and not options.write_baseline else CLEAN


def known_removed(found, known, pairs, chosen, options):
    """Applies --baseline. A run of --since sees too little to call an entry stale."""
    seen = {shown for _, shown in pairs}
    ids = {rule.id for rule in chosen}
    roots = tuple(os.path.join(analysis.shown(path), "") for path in options.paths)

    def judged(entry):
        inside = entry["path"] in seen or "./" in roots or entry["path"].startswith(roots)
        return not options.since and entry["rule"] in ids and inside

    return finding.apply_baseline(found, known, analysis.shown(options.baseline), judged)


def main(words, data):
    """Entry point; data is where rules/ and spatch/ are."""
    # Ends the spatch processes too, also where the shell has ^C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = parser().parse_args(words)
    options.data = data
    try:
        everything = ruleset.load(data)
        if options.list_rules:
            for rule in everything:
                print("%s  %-7s  %-8s  %s" % (rule.id, rule.severity, rule.confidence, rule.title))
            return CLEAN
        if options.explain:
            with open(ruleset.select(everything, options.explain)[0].page(data),
                      encoding="utf-8") as page:
                print(page.read(), end="")
            return CLEAN
        if not options.paths:
            raise CannotAnalyse("no PATH given; --help tells how")
        return check(options, ruleset.select(everything, options.rules), Notes(options.quiet))
    except CannotAnalyse as error:
        print("pgcheck: %s" % error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        where = "%s: " % analysis.shown(error.filename) if error.filename else ""
        print("pgcheck: %s%s" % (where, error.strerror), file=sys.stderr)
        return FAILED
