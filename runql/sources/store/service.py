"""A store as a source of runs: the engine decides, the store gives it the columns that a question reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

from runql.config import STORE
from runql.plan.capabilities import STORED, Capabilities
from runql.plan.selectors import Selector
from runql.plan.to_sql.statement import RunStatement
from runql.semantic.catalog import Catalog
from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.typed import HistoryNode
from runql.semantic.values import Value
from runql.sources.at_hand import Listed, RunsAtHand, pieces
from runql.sources.history_rows import Columns, select_rows, x_axis_of
from runql.sources.paging import Picture, check_project, is_of_project, page_of, question, records_of, trimmed
from runql.sources.protocol import (
    LIGHT,
    NO_METADATA,
    HistoryRequest,
    Page,
    PageRequest,
    RunColumns,
    RunMetadata,
    RunValue,
    SqlTables,
    Stream,
    Wanted,
)
from runql.sources.store import table
from runql.sources.store.age import lacking_metadata, looked_since, said_of_age, said_of_nothing
from runql.sources.store.cells import portions
from runql.sources.store.choice import choose, count, is_few, read_by, statement
from runql.sources.store.columns.listed import ListedColumns
from runql.sources.store.duck import check_extra
from runql.sources.store.records import StoredRun
from runql.sources.store.remote import asked_before, look, place_shown
from runql.sources.store.snapshot import FinishedPull, StoreSnapshot
from runql.sources.store.sql_tables import sql_tables
from runql.sources.store.statistics.kept_catalog import without_metrics
from runql.sources.store.statistics.kept_version import newest_version
from runql.text.diagnostic import Diagnostic, folded

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_MOST_CELLS: Final = 2_000_000
"""Of so many values of histories at a time columns are made."""
_OUTSIDE_SECONDS: Final = 2.0
_WITHIN_SECONDS: Final = 0.5
"""A store elsewhere is looked at once a question, unless it was just opened, and outside of one once in two seconds."""


class StoreService(RunsAtHand):
    """The runs of a store, as of its newest version.

    Args:
        folder: The folder of the store.
        name: What the source is called in messages.
        number: The version to read in the place of the newest one.

    Threads may share it. Nothing is locked: a version does not change, and a newer one is looked for once a question.

    Raises:
        SourceError: there is no store, one of a newer layout, or what reads stores is not installed.
    """

    def __init__(self, folder: Path, *, name: str, number: int | None = None) -> None:
        super().__init__(name)
        check_extra()
        self._folder = folder
        self._number = number
        self._looking = Lock()
        self.about = newest_version(folder, name).about
        self._seen = table.newest_number(folder)
        self._question = question()
        self._snapshot = self._snapshot_of(number)
        self._columns = ListedColumns()
        self._catalogs: dict[tuple[int, str, str, bool], Catalog] = {}

    def _snapshot_of(self, number: int | None) -> StoreSnapshot:
        """A version, as who reads it sees it."""
        return StoreSnapshot(self._folder, self.name, number)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (str(self._folder), self.name, self._number)

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self

    @property
    def capabilities(self) -> Capabilities:
        """All that a plan may ask for; no run behind a limit is looked at."""
        before = asked_before(self._folder)
        return replace(STORED, before=before) if before else STORED

    @property
    def kept(self) -> str:
        """Which version of the copy is asked, and of when it is."""
        ended = self.newest_listing.ended
        pulled = "" if ended is None else f", pulled at {ended:%Y-%m-%d %H:%M} UTC"
        version = f"version {self._snapshot.number:,} of a copy of {self.about.origin}{pulled}"
        return f"{version}; in {place_shown(self._folder)}"

    @property
    def as_of(self) -> datetime | None:
        """When its source was last found to be like that; of a version that was asked for, when that was pulled."""
        return self.newest_listing.ended or _NEVER

    @property
    def edition(self) -> int | None:
        """The number of the version, which a pull of any process makes another."""
        return self.snapshot().number

    @property
    def number(self) -> int | None:
        """The version that was asked for, if one was."""
        return self._number

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    @property
    def newest_listing(self) -> FinishedPull:
        """The newest pull that came to its end; it ended when its source was last found to be like that."""
        return self._listing_of(self._snapshot)

    def _listing_of(self, snapshot: StoreSnapshot) -> FinishedPull:
        listing = snapshot.newest_listing
        return listing if self._number is not None else looked_since(self._folder, listing)

    @property
    def is_whole(self) -> bool:
        """Whether no pull was broken off since that."""
        return self._snapshot.newest_pull <= self._snapshot.newest_listing.pull

    def look_again(self) -> None:
        """Take the newest version from now on, within a question too."""
        with self._looking:
            self._question = object()

    def snapshot(self) -> StoreSnapshot:
        """The version as of now; within a question the same one."""
        with self._looking:
            asked = question()
            if self._number is None and (asked is None or asked is not self._question):
                look(self._folder, at_most_every=_OUTSIDE_SECONDS if asked is None else _WITHIN_SECONDS)
                newest = table.newest_number(self._folder)
                if newest != self._seen:
                    self._snapshot = self._snapshot_of(None)
                    self._seen = newest
                self._question = asked
            return self._snapshot

    def look(self) -> Sequence[RunRecord]:
        """The runs without their heavy parts, which are read where they are asked for."""
        return _records(self.snapshot(), LIGHT)

    def listed(self, entity: str, project: str, selector: Selector) -> Listed:
        """The runs of a project, with what a selector reads."""
        return Listed(records_of(_records(self.snapshot(), read_by(selector)), entity, project), self.said())

    def columns(
        self, record: RunRecord, names: frozenset[str] | None, stream: Stream
    ) -> tuple[Columns, tuple[Diagnostic, ...]]:
        """The rows of one run."""
        snapshot = self.snapshot()
        stored = snapshot.with_ids(record.entity, record.project, [record.id]).get(record.id)
        if stored is None:
            return {}, ()
        return snapshot.columns([stored], names, stream)[stored.run], stored.said.get(stream, ())

    def said(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the store, and which runs its source no longer has."""
        return self._said_of(self._snapshot)

    def _said_of(self, snapshot: StoreSnapshot) -> tuple[Diagnostic, ...]:
        origin, listing = self.about.origin, self._listing_of(snapshot)
        name = self.name.removeprefix(STORE)
        name = name if self._number is None else name.rpartition("@")[0]
        if not snapshot.version.parts:
            return snapshot.version.said or (said_of_nothing(name, origin, number=self._number),)
        age = said_of_age(name, origin, listing, snapshot.newest_pull, number=self._number)
        return (*_said(snapshot, origin), *age)

    def runs_page(self, request: PageRequest) -> Page:
        """One page of a listing, all of which are of one version. What is read of its runs is read of no other."""
        picture = None if request.cursor is None else self._pictures.find(request)
        while True:
            if picture is None or not picture.of.is_true:
                chosen = choose(self.snapshot() if picture is None else picture.of.snapshot, request)
                said = self._said_of(chosen.snapshot)
                picture = self._pictures.keep(Picture(request, chosen, said, of=chosen))
            page = page_of(picture, request, picture.of.page)
            if picture.of.is_true:
                return page

    def run_columns(self, request: PageRequest, keys: tuple[RunValue, ...]) -> RunColumns | None:
        """The runs of a listing as columns, where that is quicker than one record a run."""
        snapshot = self.snapshot()
        found = self._columns.of(snapshot, request, keys)
        return None if found is None else replace(found, notices=folded(self._said_of(snapshot)))

    def single_values(
        self, entity: str, project: str, run_ids: tuple[str, ...], nodes: tuple[HistoryNode, ...]
    ) -> Mapping[str, Mapping[HistoryNode, Value]]:
        """What SQL says that histories come to, once those of many runs were asked for."""
        return self._columns.single_values(self.snapshot(), (entity, project), run_ids, nodes)

    def count(self, entity: str, project: str, selector: Selector) -> int | None:
        """How many runs match."""
        return count(self.snapshot(), PageRequest(entity, project, selector))

    def statement(self, entity: str, project: str, selector: Selector) -> RunStatement | None:
        """What of a selector SQL answers; `None` for one that it is not asked."""
        return statement(self.snapshot(), PageRequest(entity, project, selector))

    def tables(self, entity: str, project: str) -> SqlTables:
        """What SQL may ask of the store."""
        snapshot = self.snapshot()
        check_project(snapshot.paths, entity, project)
        found = sql_tables(self._folder, snapshot.version, [*snapshot.views.lost], entity, project)
        return replace(found, said=self._said_of(snapshot))

    def run(self, entity: str, project: str, run_id: str, wanted: Wanted) -> RunRecord | None:
        """One run, or `None`."""
        return self.upgrade(entity, project, (run_id,), wanted).get(run_id)

    def upgrade(self, entity: str, project: str, run_ids: tuple[str, ...], wanted: Wanted) -> Mapping[str, RunRecord]:
        """The heavy parts of many runs, by run id."""
        snapshot = self.snapshot()
        stored = snapshot.with_ids(entity, project, run_ids)
        records = snapshot.records(stored.values(), wanted, few=is_few(len(stored), snapshot))
        return {run_id: trimmed(record, wanted) for run_id, record in zip(stored, records, strict=True)}

    def metadata(self, entity: str, project: str, run_id: str) -> RunMetadata:
        """What the source said of where a run ran."""
        snapshot = self.snapshot()
        stored = snapshot.with_ids(entity, project, (run_id,)).get(run_id)
        if stored is None:
            return NO_METADATA
        return snapshot.metadata(stored) or lacking_metadata(run_id, self.name, self.about.origin)

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The rows of each run in the order of `run_ids`; a scan in pieces, each with the counts of the whole."""
        snapshot = self.snapshot()
        stored = snapshot.with_ids(request.entity, request.project, request.run_ids)
        names = None if request.keys is None else frozenset((*request.keys, x_axis_of(request), "_step", "_timestamp"))
        width = None if names is None else len(names)

        def cells(run_id: str) -> int:
            return _cells_of(stored[run_id], request.stream, width) if run_id in stored else 0

        for group in portions(request.run_ids, cells, _MOST_CELLS):
            known = [stored[run_id] for run_id in dict.fromkeys(group) if run_id in stored]
            found = snapshot.columns(known, names, request.stream) if known else {}
            for run_id in group:
                one = stored.get(run_id)
                history = select_rows(run_id, {} if one is None else found[one.run], request)
                said = () if one is None else one.said.get(request.stream, ())
                history = replace(history, notices=(*said, *history.notices))
                yield from pieces(history) if request.samples is None else (history,)

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """The facts of all the runs, once a version."""
        snapshot = self.snapshot()
        wanted = (snapshot.number, entity, project, metrics)
        if wanted not in self._catalogs:
            made = replace(self._counted(snapshot, entity, project), source=self.name)
            self._catalogs = {key: one for key, one in self._catalogs.items() if key[0] == snapshot.number}
            self._catalogs[wanted] = made if metrics else without_metrics(made)
        return self._catalogs[wanted]

    def _counted(self, snapshot: StoreSnapshot, entity: str, project: str) -> Catalog:
        paths = snapshot.paths if entity or project else []
        check_project(paths, entity, project)
        if all(is_of_project(*path, entity, project) for path in paths):
            return snapshot.statistics.catalog
        from runql.sources.store.statistics.tally import CatalogTally

        return CatalogTally(snapshot.views, entity, project).catalog(self.name)


def _records(snapshot: StoreSnapshot, wanted: Wanted) -> list[RunRecord]:
    return snapshot.records(snapshot.runs.values(), wanted)


def _cells_of(stored: StoredRun, stream: Stream, width: int | None) -> int:
    """About how many values of a run are read: of so many columns, or of all."""
    return (stored.record.history_line_count or 1_000) * (width or len(stored.metrics.get(stream, ())) or 1)


def _said(snapshot: StoreSnapshot, origin: str) -> tuple[Diagnostic, ...]:
    gone = snapshot.gone
    if not gone:
        return snapshot.said
    many = f"`{origin}` no longer has {{n}} runs, which the store keeps"
    one = Diagnostic("RQL580", f"`{origin}` no longer has run `{gone[0]}`, which the store keeps")
    message = one.message if len(gone) == 1 else many.replace("{n}", f"{len(gone):,}")
    return (*snapshot.said, replace(one, message=message, names=gone, many=many))


@lru_cache(maxsize=8)
def _reopened(folder: str, name: str, number: int | None) -> StoreService:
    """The service of a pickle: one for all the pickles of a store that a process reads."""
    return StoreService(Path(folder), name=name, number=number)
