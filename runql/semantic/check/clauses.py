"""Clauses: their values, which of them go together, and the histories that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from runql.language.clauses import CLAUSES
from runql.language.entry import ClauseEntry
from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.semantic.catalog import SYSTEM_PREFIX
from runql.semantic.check.expressions import Expressions
from runql.semantic.check.steps import NO_ENDS, STEP, TIME_AXIS, Steps
from runql.semantic.check_context import Report, insertion, rewrite
from runql.semantic.operands import MOST_COUNTED
from runql.semantic.spelling import PREFIXES, code, path_text
from runql.semantic.typed import HistoryPart
from runql.syntax import tree
from runql.text.diagnostic import Edit, Fix, Label
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

DEFAULT_SAMPLES = 500


@frozen
class Clauses:
    """Checks the clauses of one query, apart from its expressions and columns.

    `known` are those that are none of broken text, with what the language says of each; `asks_histories`: the query
    gives rows of histories and not runs.
    """

    query: tree.Query
    expressions: Expressions
    report: Report
    known: Sequence[tuple[tree.Clause, ClauseEntry]]
    asks_histories: bool

    # ------------------------------------------------------------ together

    def contradictions(self) -> None:
        """Reports the clauses that cannot stand together."""
        if self.query.target is tree.Target.COUNT:
            self._counted()
        elif not self.asks_histories:
            self._histories_missing()
        sample, scan = self.query.clause(tree.SampleClause), self.query.clause(tree.ScanClause)
        if sample is not None and scan is not None:
            fixes = (*_removal(scan, "drop `scan`"), *_removal(sample, "drop `sample`"))
            hints = ("`sample` reads some of the steps, `scan` every one",)
            labels = (Label(sample.span, "`sample` is here"),)
            message = "`scan` and `sample` contradict each other"
            self.report.add("RQL213", message, scan.span, *hints, fixes=fixes, labels=labels)

    def _counted(self) -> None:
        allowed = [f"`{entry.words}`" for entry in CLAUSES.values() if entry.counts]
        for clause, entry in self.known:
            if entry.counts:
                continue
            word = entry.words
            message = f"`count` gives one number, so `{word}` has nothing to do"
            fixes = _removal(clause, f"drop `{word}`")
            hint = f"only {', '.join(allowed[:-1])} and {allowed[-1]} go with it"
            self.report.add("RQL213", message, clause.span, hint, fixes=fixes)

    def _histories_missing(self) -> None:
        for clause, entry in self.known:
            is_used = isinstance(clause, tree.XClause) and self.expressions.calls.histories.uses_x
            if entry.needs_histories and not is_used:
                word = entry.words
                message = f"`{word}` is about histories, and this query gives the table of runs"
                hint = "add `keys`, `sample` or `scan` to get histories"
                fixes = insertion(clause.span, f" sample {DEFAULT_SAMPLES}", f"add `sample {DEFAULT_SAMPLES}`")
                self.report.add("RQL213", message, clause.span, hint, fixes=fixes)

    # ------------------------------------------------------------ counts

    def counts(self) -> dict[str, int]:
        """The counts that are given, by the words of their clauses: `limit 3` is `{"limit": 3}`."""
        found = {}
        for clause, entry in self.known:
            if not isinstance(clause, tree.CountClause):
                continue
            is_plain = isinstance(clause.count, int) and entry.least <= clause.count <= MOST_COUNTED
            count = clause.count if is_plain else self._bound_count(clause, entry)
            if isinstance(count, int):
                found[entry.name] = count
        return found

    def _bound_count(self, clause: tree.CountClause, entry: ClauseEntry) -> int | None:
        """A count that is a parameter; `None` if that is none, or too much or too little, which is reported."""
        span, count, word = clause.span, clause.count, entry.name
        value: object = count
        if isinstance(count, tree.Param):
            span = count.span if count.span != NOWHERE else span
            bound = self.expressions.bound(count)
            if bound is None:
                return None
            value = None if isinstance(bound, tuple) or bound.is_duration else bound.value
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if isinstance(value, bool) or not isinstance(value, int):
                shown = _said(value) if not isinstance(bound, tuple) else "a list"
                message = f"`{word}` takes a whole number, and `${count.name}` is {shown}"
                self.report.add("RQL209", message, span)
                return None
        assert isinstance(value, int)
        if value > MOST_COUNTED:
            self.report.add("RQL209", f"`{word}` takes at most {MOST_COUNTED:,}", span)
            return None
        if value < entry.least:
            self.report.add("RQL209", f"`{word} {value}` must be at least {entry.least}", span)
            return None
        return value

    # ------------------------------------------------------------ histories

    def x_axis(self, clause: tree.XClause) -> str:
        metric, span = self._metric_name(clause.metric, clause.span)
        if clause.metric.is_glob:
            self.report.add("RQL208", "`x` takes one metric, not a pattern", span)
        self.expressions.metrics.known(metric, span, prefix="")
        return metric

    def histories(self, sample: int) -> HistoryPart:
        """The histories that the query asks for. `sample`: so many points of each run."""
        clause, align = self.query.clause(tree.StepsClause), self.query.clause(tree.AlignClause)
        keys, system_keys, stream = self._streams()
        x_axis = self.expressions.x_axis
        steps, xs = NO_ENDS
        if clause is not None:
            is_system = stream is tree.Stream.SYSTEM
            steps, xs = Steps(clause, self.expressions).ends(TIME_AXIS if is_system and x_axis == STEP else x_axis)
        return HistoryPart(
            keys=keys,
            system_keys=system_keys,
            samples=None if self.query.clause(tree.ScanClause) is not None else sample,
            x_axis=x_axis,
            min_step=steps[0],
            max_step=steps[1],
            min_x=xs[0],
            max_x=xs[1],
            align=align.mode if align else tree.AlignMode.OUTER,
            stream=stream,
        )

    def _streams(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None, tree.Stream]:
        """The keys of the default and of the system stream, and which of them leads."""
        wanted = self.query.clause(tree.StreamClause)
        clause = self.query.clause(tree.KeysClause)
        if clause is None:
            if wanted is not None and wanted.stream is tree.Stream.SYSTEM:
                return (), None, tree.Stream.SYSTEM
            return None, (), tree.Stream.DEFAULT
        catalog = self.expressions.names.catalog
        logged = catalog.index.metrics[Space.LOGGED] if catalog is not None else ()
        metrics: dict[str, None] = {}
        fields: list[tree.Path] = []
        for path in clause.keys:
            metric = ".".join(map(str, path.segments))
            is_one = metric in logged if logged else len(path.segments) == 1
            is_one = is_one and not metric.startswith(SYSTEM_PREFIX)
            if not is_one and self._is_field(path):
                fields.append(path)
                continue
            if not is_one:
                metric, span = self._metric_name(path, clause.span)
                self.expressions.metrics.known(metric, span, is_glob=path.is_glob, prefix="")
            metrics[metric] = None
        if fields:
            self._fields_in_keys(clause, fields)
        if wanted is not None:
            self._stream_of_keys(clause, wanted)
        keys = tuple(metric for metric in metrics if not metric.startswith(SYSTEM_PREFIX))
        system_keys = tuple(metric for metric in metrics if metric.startswith(SYSTEM_PREFIX))
        only_system = not keys and bool(system_keys)
        return keys, system_keys, tree.Stream.SYSTEM if only_system else tree.Stream.DEFAULT

    def _is_field(self, path: tree.Path) -> bool:
        """Whether a key is a field of the runs, and no metric of that name was logged."""
        metrics = self.expressions.metrics.names()
        if not path.segments:
            return False
        first, rest = str(path.segments[0]), ".".join(map(str, path.segments[1:]))
        if path.is_glob or not metrics or ".".join(map(str, path.segments)) in metrics or rest in metrics:
            return False
        space, catalog = PREFIXES.get(first), self.expressions.names.catalog
        if not rest:
            return first in RUN_FIELD_SPELLINGS
        return space in _VALUED and catalog is not None and (space, rest) in catalog.index.prefixes

    def _fields_in_keys(self, clause: tree.KeysClause, fields: Sequence[tree.Path]) -> None:
        """`keys loss, config.lr`: a field of the runs is selected beside the histories."""
        written = [self.expressions.written(path) for path in clause.keys]
        names = [self.expressions.written(path) for path in fields]
        kept = ", ".join(text for path, text in zip(clause.keys, written, strict=True) if path not in fields)
        select = self.query.clause(tree.SelectClause)
        chosen = ", ".join(names)
        keys = f"keys {kept}" if kept else ""
        edits = [Edit(clause.span, f"{keys} select {chosen}".strip())]
        if select is not None:
            edits = [Edit(clause.span, keys), Edit(Span(select.span.end, select.span.end), f", {chosen}")]
        fixes = (Fix(f"select {code(chosen)}", tuple(edits)),) if all(written) else ()
        span = fields[0].span if fields[0].span != NOWHERE else clause.span
        message = f"{code(names[0])} is a field of the run, not a metric"
        self.report.add(
            "RQL208", message, span, f"beside histories it is selected: {code(f'select {chosen}')}", fixes=fixes
        )

    def _metric_name(self, path: tree.Path, clause_span: Span) -> tuple[str, Span]:
        """The metric that a key means: `logged.loss` is `loss`; `summary.loss` is not a metric's name."""
        span = path.span if path.span != NOWHERE else clause_span
        name = ".".join(map(str, path.segments))
        names = self.expressions.metrics.names()
        if name in names or len(path.segments) < 2 or path.exact:
            return name, span
        first = str(path.segments[0])
        rest = ".".join(map(str, path.segments[1:]))
        if first == "logged":
            return rest, span
        if first in PREFIXES and first != "system":
            text = rest if path.is_glob else path_text(path.segments[1:])
            message = f"histories are named as logged, without `{first}.`"
            self.report.add("RQL208", message, span, f"write `{text}`", fixes=rewrite(span, text))
            return rest, span
        return name, span

    def _stream_of_keys(self, clause: tree.KeysClause, wanted: tree.StreamClause) -> None:
        """`stream` beside `keys`: all of them must belong to it."""
        for path in clause.keys:
            name = ".".join(map(str, path.segments))
            is_system = name.startswith(SYSTEM_PREFIX)
            if is_system is (wanted.stream is tree.Stream.SYSTEM):
                continue
            span = path.span if path.span != NOWHERE else clause.span
            message = f"`{name}` does not belong to the {wanted.stream} stream"
            hint = "without `stream`, each key is looked for where its name says"
            labels = (Label(wanted.span, "the stream is chosen here"),)
            fixes = _removal(wanted, "drop the `stream` clause")
            self.report.add("RQL213", message, span, hint, fixes=fixes, labels=labels)


_VALUED = (Space.CONFIG, Space.SUMMARY)


def clauses_of(query: tree.Query, expressions: Expressions) -> Clauses:
    """What checks the clauses of a query."""
    known = [(one, CLAUSES[tree.terminal_of(one)]) for one in query.clauses if not isinstance(one, tree.BrokenClause)]
    return Clauses(query, expressions, expressions.report, known, any(entry.asks_histories for _, entry in known))


def _removal(clause: tree.Clause, title: str) -> tuple[Fix, ...]:
    return () if clause.span == NOWHERE else (Fix(title, (Edit(clause.span, ""),)),)


def _said(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case datetime() | timedelta():
            return "a time"
        case str():
            return "text"
    return f"`{value}`"
