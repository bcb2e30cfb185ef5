"""Sources that have all their runs in the process tell which there are and what they logged; the rest is here."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from runql.engine.selectors import run_test, selected
from runql.plan.capabilities import AT_HAND, Capabilities
from runql.plan.selectors import Selector
from runql.semantic.catalog import Catalog, build_catalog
from runql.semantic.record import ProjectRecord, RunHistory, RunRecord, SweepRecord
from runql.sources.history_rows import Columns, select_rows
from runql.sources.paging import Picture, Pictures, page_of, records_of, trimmed
from runql.sources.protocol import CatalogMemory, HistoryRequest, LineApi, Page, PageRequest, ServiceApi, Stream, Wanted
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

PIECE_ROWS = 50_000
"""How many rows a scan gives at a time."""


@frozen
class Listed:
    """The runs of a project at one moment, and what is wrong with the source as a whole.

    `complete`: gives one of them with what it logged, where that is read only when it is asked for.
    """

    runs: Sequence[RunRecord]
    said: tuple[Diagnostic, ...] = ()
    complete: Callable[[RunRecord], RunRecord] | None = None


class SourceAtHand(ServiceApi):
    """A source that has all its runs in the process: pages, counts and single sweeps follow from its listing.

    A source writes `listed` and what of `ServiceApi` is not here. No request is sent, and each look is a new one.
    """

    line: LineApi | None = None
    memory: CatalogMemory | None = None

    def __init__(self, name: str) -> None:
        self._name = name
        self._pictures = Pictures()

    @abstractmethod
    def listed(self, entity: str, project: str, selector: Selector) -> Listed:
        """The runs of a project as they are now, with all that a selector reads. An empty name stands for all.

        Raises `NotFound` for a project that no run is of.
        """

    @property
    def name(self) -> str:
        """The source as a user writes it."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """All that a plan may ask for."""
        return AT_HAND

    def runs_page(self, request: PageRequest) -> Page:
        """One page of a listing. The first one looks anew; what there is to say comes with that."""
        picture = None if request.cursor is None else self._pictures.find(request)
        if picture is None:
            listed = self.listed(request.entity, request.project, request.selector)
            picture = Picture(request, selected(listed.runs, request.selector), listed.said, listed.complete)
            if len(picture.runs) > request.per_page:  # there is another page
                self._pictures.keep(picture)
        return page_of(picture, request)

    def count(self, entity: str, project: str, selector: Selector) -> int | None:
        """How many runs match."""
        return sum(map(run_test(selector), self.listed(entity, project, selector).runs))

    def sweep(self, entity: str, project: str, sweep_id: str) -> SweepRecord | None:
        """One sweep, or `None`."""
        return next((sweep for sweep in self.sweeps(entity, project) if sweep.id == sweep_id), None)

    def close(self) -> None:
        """Nothing is open; what pages are cut from is let go."""
        self._pictures.clear()


class RunsAtHand(SourceAtHand):
    """A `ServiceApi` made of three things that a source tells: its runs, their rows, and what is wrong with it.

    A source writes `look` and `columns`, and `said`, `sweeps`, `find` or `catalog` where it has more to tell.
    Filters, orders, pages, counts, row rules, samples and catalogs are those of the engine.
    """

    @abstractmethod
    def look(self) -> Sequence[RunRecord]:
        """The runs as they are now, with `config`, `summary`, `system_metrics` and `logged`."""

    @abstractmethod
    def columns(
        self, record: RunRecord, names: frozenset[str] | None, stream: Stream
    ) -> tuple[Columns, tuple[Diagnostic, ...]]:
        """All rows of a run by columns, in the order of the x axis, and what is wrong with them.

        At least the columns of these names (all for `None`) that it has; a cell that was not logged is `MISSING`.
        """

    def sweeps(self, entity: str, project: str) -> Iterator[SweepRecord]:
        """The sweeps that the runs say they belong to."""
        runs = [run for run in self.look() if run.sweep and _matches(run, entity, project)]
        counts = Counter((run.sweep or "", run.entity, run.project) for run in runs)
        for (sweep_id, owner, name), count in sorted(counts.items()):
            yield SweepRecord(sweep_id, entity=owner, project=name, run_count=count)

    def find(self, entity: str, project: str, run_id: str) -> RunRecord | None:
        """The run of an id, or `None`."""
        return next((run for run in self.look() if run.id == run_id and _matches(run, entity, project)), None)

    def said(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the source as a whole, as of the last look."""
        return ()

    def listed(self, entity: str, project: str, selector: Selector) -> Listed:  # noqa: ARG002 - all is there
        """The runs of a project."""
        return Listed(records_of(self.look(), entity, project), self.said())

    def run(self, entity: str, project: str, run_id: str, wanted: Wanted) -> RunRecord | None:
        """One run, or `None`."""
        found = self.find(entity, project, run_id)
        return None if found is None else trimmed(found, wanted)

    def upgrade(self, entity: str, project: str, run_ids: tuple[str, ...], wanted: Wanted) -> Mapping[str, RunRecord]:
        """The heavy parts of many runs, by run id."""
        found = self._found(entity, project, run_ids)
        return {run_id: trimmed(record, wanted) for run_id, record in found.items()}

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The rows of each run in the order of `run_ids`; a scan in pieces, each with the counts of the whole."""
        found = self._found(request.entity, request.project, request.run_ids)
        names = None if request.keys is None else frozenset((*request.keys, request.x_axis, "_step", "_timestamp"))
        for run_id in request.run_ids:
            columns, notices = self.columns(found[run_id], names, request.stream) if run_id in found else ({}, ())
            history = select_rows(run_id, columns, request)
            history = replace(history, notices=(*notices, *history.notices))
            yield from pieces(history) if request.samples is None else (history,)

    def projects(self, entity: str) -> Iterator[ProjectRecord]:
        """The projects of an entity (of all, if it is empty), in order of their names."""
        runs = [run for run in self.look() if _matches(run, entity, "")]
        for owner, project in sorted({(run.entity, run.project) for run in runs}):
            own = [run for run in runs if (run.entity, run.project) == (owner, project)]
            times = [time for run in own if (time := run.heartbeat or run.created) is not None]
            yield ProjectRecord(project, owner, len(own), max(times, default=None))

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """The facts of all the runs."""
        return build_catalog(self._name, records_of(self.look(), entity, project), metrics=metrics)

    def _found(self, entity: str, project: str, run_ids: Iterable[str]) -> dict[str, RunRecord]:
        here: dict[str, RunRecord] = {}
        for run in self.look():
            if _matches(run, entity, project):
                here.setdefault(run.id, run)
        found = {run_id: here.get(run_id) or self.find(entity, project, run_id) for run_id in run_ids}
        return {run_id: run for run_id, run in found.items() if run is not None}


def _matches(item: RunRecord | SweepRecord, entity: str, project: str) -> bool:
    return (not entity or item.entity == entity) and (not project or item.project == project)


def pieces(history: RunHistory) -> Iterator[RunHistory]:
    """A history in parts, of which only the first says what is to be said of all."""
    for start in range(0, max(1, history.length), PIECE_ROWS):
        yield replace(
            history,
            columns={name: cells[start : start + PIECE_ROWS] for name, cells in history.columns.items()},
            notices=() if start else history.notices,
        )
