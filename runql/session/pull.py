"""The statement `pull`: the runs that a query takes, copied to a store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from runql.config import STORE, Settings
from runql.engine.table import Table
from runql.errors import RunQLError
from runql.execute.answer import Answer
from runql.execute.progress import Going
from runql.execute.tables import TableOperator
from runql.pull.pull import PullCounts, PulledPart, PullReport, pull
from runql.pull.targets import PullTarget, target_of
from runql.results.destination import Destination, DestinationKind
from runql.script.permission import Permission
from runql.semantic.record import RunRecord
from runql.session.checked_query import CheckedQuery
from runql.session.result import Result
from runql.sources.open import SourcePlace
from runql.syntax import to_text, tree
from runql.text.diagnostic import Diagnostic
from runql.text.source import NOWHERE, Source, Span

_OF_ALL: Final = (tree.FromClause, tree.OrderClause, tree.PageClause, tree.LazyClause, tree.SweepsClause)
_OF_SOME: Final = (tree.WhereClause, tree.SearchClause, tree.LimitClause, tree.OffsetClause)
"""The clauses that leave no run out, and those that say which."""
_COLUMNS: Final = ("source", "store", "runs", "new", "changed", "same", "gone", "values", "version")


def wrong_of(
    statement: tree.PullStatement, query: tree.Query, places: Sequence[SourcePlace], settings: Settings
) -> list[Diagnostic]:
    """Why the runs of a query cannot be copied to the store that a statement names. Nothing is asked for."""
    from runql.sources.store.duck import check_extra

    span = statement.span
    if settings.read_only:
        return [copies_nothing(span)]
    more = _more_than_runs(query)
    if more is not None:
        node, what = more
        message = f"`pull` copies whole runs: {what} has no place in it"
        hint = "which runs is said by `where`, `search`, `order`, `limit` and `offset`"
        return [Diagnostic("RQL213", message, node if node != NOWHERE else span, hints=(hint,))]
    if len(places) != 1:
        message = f"a store is a copy of one source, and these are {len(places)}: "
        hint = "a `pull` for each, and then `from store:NAME, store:OTHER`"
        return [Diagnostic("RQL213", message + ", ".join(f"`{one.name}`" for one in places), span, hints=(hint,))]
    try:
        check_extra()
        target = target_of(places[0], statement.into, settings)
        if statement.guarded:
            return [*refusals(target, span, settings)]
    except RunQLError as error:
        return [replace(one, span=span) for one in error.diagnostics]
    return []


def copies_nothing(span: Span) -> Diagnostic:
    """Why no text copies runs where none may write anything."""
    message = "nothing is copied: `pull` writes a store, and here no text writes anything"
    hint = "`runs …` asks the source itself; `runql pull`, at a terminal, makes a copy of it"
    return Diagnostic("RQL535", message, span, hints=(hint,))


def _more_than_runs(query: tree.Query) -> tuple[Span, str] | None:
    """What of a query is not about which runs."""
    if query.target is tree.Target.COUNT:
        return query.span, "`count`"
    for clause in query.clauses:
        if not isinstance(clause, (*_OF_ALL, *_OF_SOME)):
            return clause.span, f"`{to_text(clause).partition(' ')[0]}`"
    for stage in query.stages:
        return stage.span, "a stage"
    return None


def refusals(target: PullTarget, span: Span, settings: Settings) -> Iterator[Diagnostic]:
    """Why a text that came with a folder may not write a store there."""
    from runql.sources.store.remote import remote_of

    folder, remote = target.store.folder, remote_of(target.store.folder)
    what = f"a script or a saved query may not write the store `{target.store.name}`: it is in"
    if remote is not None:
        if not any(Path(remote.shown).is_relative_to(one) for one in settings.allow_write):
            hint = f"`--allow-write {remote.shown}` lets it"
            yield Diagnostic("RQL535", f"{what} an object store", span, hints=(hint,))
        return
    place = Destination(str(folder), folder, Path(os.path.realpath(folder)), DestinationKind.NOTHING)
    refusal = Permission.of(settings).refusal(place, span)
    if refusal is not None:
        yield replace(refusal, message=f"{what} `{folder}`", hints=(f"`--allow-write {folder}` lets it",))


class PullResult(Result):
    """What a pull did, in one row. It begins when the row is wanted."""

    def __init__(
        self, ready: CheckedQuery, answer: Answer, source: Source, settings: Settings, explained: Callable[[], str]
    ) -> None:
        assert ready.pull is not None
        self._counts = PullCounts()
        table = _PullTable(ready, answer, settings, self._counts)
        made = Answer(answer.executor, ready.catalog, source, ready.spent, settings, top=table)
        super().__init__(made, source, ready.said, explained, ready.options, place=ready.tree.span)

    def going(self) -> Going:
        """How far it is: which runs there are, then which were read."""
        return going_of(self._counts)

    def kept_by_stopping(self) -> str:
        """What is in the store."""
        return self._counts.broken_off if self._counts.written else ""

    def activity(self) -> str:
        """What was done so far."""
        counts = self._counts
        done = f"{counts.written:,} of {counts.to_read:,} runs were read"
        return done if counts.written else f"{counts.listed:,} runs looked at"


def going_of(counts: PullCounts) -> Going:
    """How far a pull is."""
    if not counts.is_listed:
        return Going("runs looked at", counts.listed, counts.total)
    return Going("runs", counts.written, counts.to_read, (f"{counts.values:,} values",))


class _PullTable(TableOperator):
    """A table of one row, made by a pull."""

    def __init__(self, ready: CheckedQuery, answer: Answer, settings: Settings, counts: PullCounts) -> None:
        assert ready.pull is not None
        self._place = ready.places[0]
        self._answer = answer
        self._counts = counts
        self._target = target_of(self._place, ready.pull.into, settings)
        self._query = None if _takes_all(ready.tree) else _text_of(ready.tree)
        self._report: PullReport | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return _COLUMNS

    def tables(self) -> Iterator[Table]:
        target, counts = self._target, self._counts
        part = None
        if self._query is not None:
            part = PulledPart(self._query, self._parts, lambda: [*dict.fromkeys(self._answer.executor.facts.notices())])
        report = pull(self._place, target.store.folder, target.store.name, target.origin, counts, part=part)
        self._report = report
        name = f"{STORE}{target.store.name}"
        seen = (counts.listed, counts.new, counts.changed, counts.same, counts.gone, counts.values, report.version)
        cells = (self._place.name, name, *seen)
        yield Table({column: [cell] for column, cell in zip(_COLUMNS, cells, strict=True)}, 1)

    def _parts(self) -> Iterator[Sequence[RunRecord]]:
        executor = self._answer.asked()
        for part in executor.parts():
            yield [found.record for found in part]
            executor.forget(part)

    def notices(self) -> Iterable[Diagnostic]:
        return () if self._report is None else self._report.said

    def footer(self, counted: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - the row counts
        if self._report is None:
            return ()
        swept, exported = self._report.swept, self._report.counts.exported
        came = (f"{exported:,} histories came as files that the server had exported",) if exported else ()
        left = (f"{swept:,} files that a killed pull left were deleted",) if swept else ()
        return (*came, *left, f"ask the copy: `runs from {STORE}{self._target.store.name}`")


def _takes_all(query: tree.Query) -> bool:
    """Whether a query takes all runs of its source."""
    return query.target is tree.Target.RUNS and all(isinstance(clause, _OF_ALL) for clause in query.clauses)


def _text_of(query: tree.Query) -> str:
    """A query without its source, which the store remembers."""
    clauses = tuple(clause for clause in query.clauses if not isinstance(clause, tree.FromClause))
    return " ".join(to_text(replace(query, clauses=clauses)).split())
