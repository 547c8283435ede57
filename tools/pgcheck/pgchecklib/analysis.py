# SPDX-License-Identifier: GPL-2.0
"""From a set of files to findings, and how much of the files was understood."""
import hashlib
import os

from . import csource, marks, parallel
from .cache import MANY
from .finding import Finding, add_fingerprints
from .flow import facts, run as flow
from .flow.unit import Unit
from .slices import Slice
from .source import Source


# Of so many files each is read for functions that take part in what others do. In more, which
# are a kernel, those that mention a bio, or an array of pages.
SMALL = 3000


class Coverage:
    """Functions that spatch was given, and those it lost."""

    def __init__(self):
        self.files = self.analysed = self.functions = 0
        self.lost = []
        self.failed = {}

    def share(self):
        return 100.0 * len(self.lost) / self.functions if self.functions else 0.0

    def text(self):
        return ("%d files, %d of them with something to look at; %d functions, %d not parsed "
                "(%.2f %%)" % (self.files, self.analysed, self.functions, len(self.lost),
                               self.share()))


class Record:
    """What is known of one file, in a form that can be kept: everything but its name."""

    FIELDS = ("unread", "failed", "rules", "functions", "lost", "reports", "marks", "index")

    def __init__(self, data=None):
        self.unread = self.failed = ""
        self.rules, self.functions = [], 0
        self.lost, self.reports, self.marks = [], [], []
        self.index = {}         # what the checks by data flow have to know of it
        for name, value in (data or {}).items():
            setattr(self, name, value)

    def data(self):
        """Without what says nothing: most files have nothing to say."""
        return {name: getattr(self, name) for name in self.FIELDS if getattr(self, name)}


class Analysis:
    """One run over a set of sources."""

    def __init__(self, rules, spatch, cache, jobs, progress, whole=True):
        self.rules, self.spatch, self.cache, self.whole = rules, spatch, cache, whole
        self.jobs, self.progress = jobs, progress
        self.coverage = Coverage()
        self.suppressed = []
        self.small = False

    def run(self, places, content=None):
        """Findings of the files; content: bytes of those that are not to be read."""
        self.cache.load(places)
        self.small = len(places) <= SMALL
        facts.learn(self.spatch.project)
        records, sources = {}, []
        for place in places:
            records[place] = self._known(place, content)
        unknown = [place for place in places if not records[place]]
        self._look_together(unknown, records, content)
        for place in unknown:
            if records[place]:
                continue
            source = Source(place, (content or {}).get(place.real))
            records[place] = record = self._look(source)
            if source.slice and source.slice.rules:
                sources.append(source)
            else:
                self._keep(source, record)
        flows = self._run_flow(records, content)
        self._run_spatch({source.place.real: source for source in sources}, records, flows)
        for place, result in flows.items():
            _join(records[place], result)
        findings = [item for place, record in records.items() for item in
                    self._findings(place, record, content)]
        add_fingerprints(findings)
        return findings

    def _known(self, place, content):
        """The record of an earlier run, or None."""
        mark = None if content and place.real in content else self.cache.content(place)
        data = self.cache.get(mark, self._key(place)) if mark else None
        return None if data is None else Record(data)

    def _key(self, place):
        """The records of a small run know more."""
        return place.name + " (small)" if self.small else place.name

    def _look_together(self, places, records, content):
        """Looks at many files in several processes. Those that spatch has to read are left."""
        if content or len(places) < MANY or self.jobs == 1 or not self.cache.whole:
            return
        for number, found in enumerate(parallel.map_all(self._look_apart, places, self.jobs)):
            place, data, fresh = places[number], *found
            if fresh:
                self.cache.fresh[place.real] = fresh
            if data is not None and fresh:
                records[place] = Record(data)
                if not records[place].failed:
                    self.cache.put(data, fresh[1], self._key(place))

    def _look_apart(self, place):
        """(the data of a record, the state of the file) of a file that spatch need not read."""
        try:
            source = Source(place)
        except OSError:
            return None, None           # it is said where the file is read again
        record = self._look(source)
        fresh = self.cache.fresh.get(place.real)
        wanted = source.slice and source.slice.rules
        return None if wanted else record.data(), fresh

    def _look(self, source):
        """What can be said of a file without spatch, or was known of this content."""
        mark = hashlib.sha256(source.bytes).hexdigest()
        self.cache.remember(source.place, mark)
        source.mark = mark
        data = self.cache.get(mark, self._key(source.place))
        if data is not None:
            return Record(data)
        record = Record()
        record.unread = source.unread()
        if record.unread:
            return record
        words = facts.Content(source.bytes)
        rules = [rule for rule in self.rules if rule.look.concerns(words)]
        if rules:
            source.slice = Slice(source.functions, source.text, rules)
            record.rules = source.slice.rules
            if record.rules and csource.outline(source.text)[1]:
                record.failed = "ends within braces"
        if self.small or facts.concerns(words) or facts.may_call(words):
            record.index = flow.index(Unit(source.place.name, source.text))
        if b"pgcheck:" in source.bytes:
            record.marks = [mark.data() for mark in marks.find(source.text)]
        return record

    def _keep(self, source, record):
        if not record.failed:
            self.cache.put(record.data(), source.mark, self._key(source.place))

    def _run_flow(self, records, content):
        """What the checks by data flow say, by place."""
        entries, kernels = {}, {}
        for place, record in records.items():
            if record.index and not record.failed:
                given = (content or {}).get(place.real)
                mark = hashlib.sha256(given).hexdigest() if given is not None else \
                    self.cache.content(place) or self.cache.mark(place)
                entries[place] = flow.Entry(place.name, mark, record.index,
                                            lambda place=place, given=given:
                                            Source(place, given).text,
                                            flow.kernel_of(os.path.dirname(place.real), kernels))
        found = flow.Flow(self.rules, self.cache, self.jobs).run(list(entries.values()))
        return {place: found[entry.name] for place, entry in entries.items()}

    def _run_spatch(self, sources, records, flows):
        """Fills in what spatch says of the files: of those that were read wholly before, only
        which functions it can read."""
        if not sources:
            return
        self.spatch.prepare(self.rules, self.cache)
        for source in sources.values():
            source.patterns = source.place not in flows or bool(flows[source.place].lost)
        texts = {real: source.slice.text() for real, source in sources.items()}
        result = self._pass(sources, texts)
        # A function that is lost in the copy may be there in the whole file.
        again = {real: source for real, source in sources.items()
                 if not source.slice.whole and real not in result.failed
                 and self._lost(source, result)}
        whole = self._pass(again, {real: item.slice.all_text() for real, item in again.items()})
        for real in whole.failed:
            result.failed[real] = "functions are lost, and the whole file fails: " + \
                whole.failed[real]
        result.add(whole)
        reports = {}
        for report in _unique(result.reports):
            reports.setdefault(report.path, []).append(report)
        for real, source in sources.items():
            record = records[source.place]
            record.functions = len(source.slice.functions)
            record.lost = [[item.first, item.name] for item in self._lost(source, result)]
            record.failed = result.failed.get(real, record.failed)
            record.reports = [_entry(source, texts[real], report)
                              for report in reports.get(real, ())]
            self._keep(source, record)

    def _pass(self, sources, texts):
        work = {}
        for real, source in sources.items():
            needed = tuple(source.slice.rules) if source.patterns else ()
            work.setdefault(needed, []).append((real, texts[real]))
        by_id = {rule.id: rule for rule in self.rules}
        todo = [([by_id[name] for name in needed], files) for needed, files in work.items()]
        return self.spatch.run(todo, self.jobs, self.progress)

    @staticmethod
    def _lost(source, result):
        """Compares our own list of functions with what spatch walked through."""
        seen = result.covered.get(source.place.real, ())
        return [item for item in source.slice.functions if item.name not in seen]

    def _findings(self, place, record, content):
        """Counts the file and makes its findings, less those that a comment allows."""
        self.coverage.files += 1
        self.coverage.analysed += bool(record.rules)
        self.coverage.functions += record.functions
        self.coverage.lost += ["%s:%d: %s" % (place.shown, *item) for item in record.lost]
        if record.unread or record.failed:
            self.coverage.failed[place.shown] = record.unread or record.failed
        found = [_finding(place, entry) for entry in record.reports]

        def alone():
            """What is found where no other file is read."""
            return [_finding(place, entry) for result in
                    self._run_flow({place: record}, content).values() for entry in result.reports]

        kept, allowed = marks.apply(place, record.marks, found, {rule.id for rule in self.rules},
                                    self.whole, alone)
        self.suppressed += allowed
        return kept


def _finding(place, entry):
    item = Finding(place, entry["line"], entry["col"], entry["severity"], entry["message"],
                   entry["rule"], entry["end"])
    item.source, item.function = entry["source"], entry["function"]
    return item


def _join(record, result):
    """Puts the findings by data flow to those of spatch, and the functions that were lost."""
    seen = {(entry["line"], entry["rule"]) for entry in result.reports}
    record.reports = result.reports + [entry for entry in record.reports
                                       if (entry["line"], entry["rule"]) not in seen]
    record.functions = max(record.functions, len(result.functions))
    record.lost += [item for item in result.lost if item not in record.lost]


def _entry(source, text, report):
    """A report in code points; spatch counts the bytes of the text that it was given."""
    line = text.split("\n")[report.line - 1].encode("utf-8", "surrogatepass")

    def points(column):
        return len(line[:column - 1].decode("utf-8", "ignore")) + 1

    return {"line": report.line, "col": points(report.col), "end": points(report.end),
            "severity": report.severity, "message": report.message, "rule": report.rule,
            "source": source.line(report.line), "function": source.function_at(report.line)}


def _unique(reports):
    """Paths through a function may report the same place several times."""
    seen = {}
    for item in reports:
        seen.setdefault((item.path, item.line, item.col, item.rule), item)
    return [seen[key] for key in sorted(seen)]
