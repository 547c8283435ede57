# SPDX-License-Identifier: GPL-2.0
"""The options of the command line, and what the configuration says where they do not."""
import argparse
import os

from . import CannotAnalyse, VERSION, cache, config, output

STDIN = "-"


def parser():
    """All options."""
    own = argparse.ArgumentParser(
        prog="pgcheck", description="Find pgmap-unsafe bio construction in C sources.",
        epilog="Exit status: 0 no findings, 1 findings, 2 not everything could be analysed.")
    own.add_argument("paths", nargs="*", metavar="PATH",
                     help="files and directories to analyse; - is standard input "
                          "(default: the paths in .pgcheck)")
    _choice(own.add_argument_group("input"))
    _result(own.add_argument_group("output"))
    _run(own.add_argument_group("execution"))
    return own


def _choice(group):
    group.add_argument("--rules", metavar="PGnn,...", help="use only these rules")
    group.add_argument("--exclude", action="append", default=[], metavar="PATTERN",
                       help="leave out files and directories; may be repeated")
    group.add_argument("--since", metavar="REV",
                       help="report only findings that are new since a git revision")
    group.add_argument("--baseline", metavar="FILE",
                       help="known findings, not to be reported; an entry without a finding "
                            "is an error")
    group.add_argument("--write-baseline", metavar="FILE",
                       help="write all findings to FILE as known")
    group.add_argument("--stdin-name", metavar="FILE", default="stdin.c",
                       help="name of the source on standard input (default: stdin.c)")
    group.add_argument("--config", metavar="FILE",
                       help="read FILE, not .pgcheck in the top directory of the repository")


def _result(group):
    group.add_argument("--format", action="append", default=[], metavar="NAME[=FILE]",
                       help="%s; may be repeated (default: text)" % "|".join(output.FORMATS))
    group.add_argument("--fail-on", choices=config.SEVERITIES,
                       help="lowest severity that ends with status 1 (default: warning)")
    group.add_argument("--fix", action="store_true",
                       help="change the files where a rule has a patch, report the other findings")
    group.add_argument("--diff", action="store_true", help="print what --fix would change")
    group.add_argument("--help-base", metavar="URI",
                       help="address of the pages of the rules, for SARIF (default: as installed)")
    group.add_argument("--list-rules", action="store_true", help="list the rules and exit")
    group.add_argument("--explain", metavar="PGnn", help="show the page of a rule and exit")
    group.add_argument("--quiet", action="store_true",
                       help="do not print versions, counts and progress")
    group.add_argument("--version", action="version", version="pgcheck " + VERSION)


def _run(group):
    group.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                       help="spatch processes at a time, from 1 (default: one per CPU)")
    group.add_argument("--max-unparsed", type=float, metavar="PERCENT",
                       help="share of functions that may fail to parse, 0 to 100 (default: 2); "
                            "a larger one is an error")
    group.add_argument("--show-unparsed", action="store_true",
                       help="name all functions that could not be parsed")
    group.add_argument("--timeout", type=int, default=120, metavar="SECONDS",
                       help="limit for one file, from 1 (default: 120); a file that takes longer "
                            "is an error")
    group.add_argument("--cache", metavar="DIR", default=cache.default_folder(),
                       help="directory with the results of earlier runs (default: %(default)s)")
    group.add_argument("--no-cache", dest="cache", action="store_const", const="",
                       help="neither read nor write the cache")
    group.add_argument("--spatch", default=os.environ.get("SPATCH", "spatch"), metavar="PROGRAM",
                       help="the spatch to run (default: $SPATCH, or spatch)")


def complete(options, settings):
    """Fills in what the command line leaves to the configuration."""
    options.paths = options.paths or [settings.inside(path) for path in settings.paths]
    options.exclude = options.exclude + settings.exclude
    if not options.rules and settings.rules:
        options.rules = ",".join(settings.rules)
    options.fail_on = options.fail_on or settings.fail_on
    if not options.baseline and settings.baseline and not options.write_baseline:
        options.baseline = settings.inside(settings.baseline)
    if options.max_unparsed is None:
        options.max_unparsed = settings.max_unparsed


def check(options):
    """Refuses wrong values; none is replaced by a valid one."""
    if options.jobs < 1:
        raise CannotAnalyse("--jobs %d: less than 1" % options.jobs)
    if options.timeout < 1:
        raise CannotAnalyse("--timeout %d: less than 1 second" % options.timeout)
    if not 0 <= options.max_unparsed <= 100:
        raise CannotAnalyse("--max-unparsed %g: not 0 to 100" % options.max_unparsed)
    if not options.paths:
        raise CannotAnalyse("no PATH given; --help tells how")
    if options.fix and options.diff:
        raise CannotAnalyse("--fix and --diff: one of them")
    if STDIN in options.paths:
        _check_stdin(options)


def _check_stdin(options):
    if len(options.paths) > 1:
        raise CannotAnalyse("- stands for one source, and for the only one")
    for name in ("fix", "diff", "since", "write_baseline"):
        if getattr(options, name):
            raise CannotAnalyse("--%s is not for standard input" % name.replace("_", "-"))


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
    for path in files:
        output.check_place(path)
    return found
