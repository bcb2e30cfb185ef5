"""One pull: lists the runs of a source, reads those that changed, and adds them to a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final

from runql.errors import BackendError, SourceError
from runql.semantic.record import RunHistory, RunRecord
from runql.sources.open import SourcePlace
from runql.sources.protocol import FULL, HistoryRequest, Page, PageRequest, RunMetadata, Stream, Wanted
from runql.sources.store import table
from runql.sources.store.age import note_looked
from runql.sources.store.exported import ExportReader
from runql.sources.store.records import StoredRun, key_of, mark_of
from runql.sources.store.remote import keep_beside
from runql.sources.store.snapshot import FinishedPull, StoreSnapshot
from runql.sources.store.statistics.kept_points import keep_points
from runql.sources.store.upkeep.check import sweep
from runql.sources.store.writer import OpenRun, StoreWriter
from runql.text.diagnostic import Diagnostic, folded
from runql.text.frozen import frozen

STREAMS: Final[tuple[Stream, ...]] = ("default", "system")
_PER_PAGE: Final = 200
_MOST_NAMED: Final = 3
PER_BATCH: Final = 20
"""So many runs are asked for at once with all they hold."""
_MARKS: Final = Wanted()
_MARKS_AT_HAND: Final = Wanted(config=None, summary=None, system_metrics=True)
_MANY: Final = 1_000
"""Of so many runs it takes a while to count them: that is done with the pull, not with the first question."""

_LOSSES: Final = frozenset({"RQL407", "RQL408", "RQL411", "RQL412", "RQL501", "RQL503", "RQL547"})
"""What is said where a listing or a history may lack something."""
_LOST_HISTORY: Final = frozenset({"RQL408", "RQL411", "RQL412", "RQL503"})
"""What is said of a history that may come whole the next time."""


@dataclass(slots=True)
class PullCounts:
    """How far a pull is. Another thread may read it. `values`: how many values of histories were read.
    `exported`: of how many runs the rows came from an export. `kept`: how many runs were in the store when it ended."""

    listed: int = 0
    total: int | None = None
    is_listed: bool = False
    to_read: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    values: int = 0
    gone: int = 0
    exported: int = 0
    kept: int = 0

    @property
    def written(self) -> int:
        """How many runs were read."""
        return self.new + self.changed

    @property
    def broken_off(self) -> str:
        """What there is of a pull that something ended."""
        read = f"{self.written:,} of {self.to_read:,} runs were read"
        if not self.kept:
            return f"{read}, and none of them is in the store: the next pull reads them again"
        kept = "" if self.kept == self.written else f", and {self.kept:,} of them are in the store"
        return f"{read}{kept}: the next pull goes on from there"


@frozen
class PulledPart:
    """Some of the runs of a source: the query that takes them, and its answer in parts. `said`: of what was read."""

    query: str
    parts: Callable[[], Iterator[Sequence[RunRecord]]]
    said: Callable[[], Sequence[Diagnostic]]


@frozen
class PullReport:
    """What a pull did. `version` is that of the store now; `swept` how many files of killed writers were deleted."""

    store: Path
    origin: str
    counts: PullCounts
    version: int
    swept: int
    said: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _PullListing:
    """What a listing gave: the marks of the runs that must be read, and the keys of all.

    `said`: of the listing; `lost`: of histories that did not come whole. `bare`: the runs that are as they were, of
    which the store does not hold where they ran; `untold`: those of which that could not be read, and why. `fewer`: of
    a server, the runs of which fewer rows came than it said that there are, with how many it said and how many came.
    """

    marks: dict[tuple[str, str, str], str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    said: list[Diagnostic] = field(default_factory=list)
    lost: list[Diagnostic] = field(default_factory=list)
    bare: list[StoredRun] = field(default_factory=list)
    untold: dict[str, str] = field(default_factory=dict)
    fewer: dict[str, tuple[int, int]] = field(default_factory=dict)


def pull(
    place: SourcePlace, store: Path, name: str, origin: str, counts: PullCounts, *, part: PulledPart | None = None
) -> PullReport:
    """Copy what changed in a source, or in a part of it, to a store, which is made if it is not there.

    Whatever ends it, the runs that were read whole are in the store, and the next pull goes on from there.

    Raises:
        SourceError: the store holds runs of another source, or cannot be read.
        OutputError: it cannot be written.
        BackendError: the source did not answer.
    """
    if not table.is_there(store):
        table.create(store, origin)
    snapshot = _found(store, name, origin)
    writer = StoreWriter(store, newest_pull=snapshot.newest_pull)
    try:
        listing = _list(place, snapshot, counts, part)
        try:
            _read(place, listing, snapshot, writer, counts)
            added = _add_metadata(place, listing, writer)
            if part is None:
                _mark_gone(listing, snapshot, writer, counts)
            else:
                listing.said.append(said_of_part(part.query, name, snapshot.newest_listing))
            said = _finish(listing, snapshot, writer, counts, None if part is not None else store)
        finally:
            _commit(writer, counts)
        newest = table.version(store, name)
        swept = sweep(store, newest)
        if counts.written or added:
            _keep_statistics(store, name, newest, are_many=counts.listed >= _MANY)
        keep_beside(store)
    finally:
        writer.close()
        snapshot.close()
    lost = (*folded(listing.lost), *_said_of_metadata(listing.untold), *_said_of_rows(listing.fewer))
    return PullReport(store, origin, counts, newest.number, swept, (*said, *lost))


def _found(store: Path, name: str, origin: str) -> StoreSnapshot:
    """What a store has now. Raises `SourceError` if it holds runs of another source, or nothing can be added to it."""
    if (other := table.about(store, name).origin) != origin:
        hint = "another store: `runql pull SOURCE --into NAME`"
        raise SourceError.of("RQL511", f"the store `{name}` holds runs of `{other}`, not of `{origin}`", hint)
    snapshot = StoreSnapshot(store, name)
    if snapshot.version.said:
        said, hints = snapshot.version.said[0], table.ways_out(store, name)
        raise SourceError.of("RQL511", f"nothing can be added: {said.message}", *hints)
    return snapshot


def _commit(writer: StoreWriter, counts: PullCounts) -> None:
    """Keep what was read whole, whatever ended the pull."""
    try:
        writer.commit()
    finally:
        counts.kept = min(counts.written, writer.kept)


def _finish(
    listing: _PullListing, snapshot: StoreSnapshot, writer: StoreWriter, counts: PullCounts, looked: Path | None
) -> tuple[Diagnostic, ...]:
    """End a pull; gives what there was to say of its listing. `looked`: the store, if all of its source was compared:
    that nothing was different is noted there."""
    said, before = folded(dict.fromkeys(listing.said)), snapshot.newest_listing
    if counts.written or counts.gone or said != before.said or snapshot.newest_pull > before.pull:
        writer.finish(counts.listed, said)
    elif looked is not None:
        note_looked(looked, before.pull)
    return said


def _said_of_metadata(untold: Mapping[str, str]) -> Iterator[Diagnostic]:
    """That it is not in the store where some runs ran."""
    if untold:
        runs = f"run `{next(iter(untold))}`" if len(untold) == 1 else f"{len(untold):,} runs"
        message = f"where {runs} ran could not be read: {next(iter(untold.values()))}"
        yield Diagnostic("RQL582", message, hints=("the next pull asks again",), names=tuple(untold))


def _said_of_rows(fewer: Mapping[str, tuple[int, int]]) -> Iterator[Diagnostic]:
    """That a server has more rows of some runs than it gave."""
    if fewer:
        told, came = (sum(pair[at] for pair in fewer.values()) for at in (0, 1))
        runs = f"run `{next(iter(fewer))}` has" if len(fewer) == 1 else f"{len(fewer):,} runs have"
        message = f"the server says that {runs} {told:,} rows, and {came:,} came"
        hint = "they are read again once; what does not come then, the server does not give"
        yield Diagnostic("RQL596", message, hints=(hint,), names=tuple(fewer))


def _keep_statistics(store: Path, name: str, newest: table.Version, *, are_many: bool) -> None:
    """Count what the next questions will ask of the newest version, and keep it there; of few runs that of points."""
    keep_points(store, newest)
    if not are_many:
        return
    snapshot = StoreSnapshot(store, name)
    try:
        _ = snapshot.statistics
    finally:
        snapshot.close()


def said_of_part(query: str, name: str, before: FinishedPull) -> Diagnostic:
    """That a store was not told of all runs of its source: every answer from it says so, until it is."""
    earlier = next((one for one in before.said if one.code == "RQL584"), None)
    hint = f"`runql pull` of all runs into `{name}` copies the others too"
    if before.pull and earlier is None:
        message = f"the last pull into `{name}` was of `{query}` alone: the other runs are as they were before"
        return Diagnostic("RQL585", message, hints=(hint,))
    queries = [*dict.fromkeys((*(() if earlier is None else earlier.names), query))]
    told = ", ".join(f"`{one}`" for one in queries[-_MOST_NAMED:])
    more = len(queries) - _MOST_NAMED
    message = f"the store `{name}` holds only what was pulled by {told}{f' and {more:,} others' if more > 0 else ''}"
    return Diagnostic("RQL584", message, hints=(hint,), names=tuple(queries))


def _pages(place: SourcePlace, part: PulledPart | None) -> Iterator[Page]:
    """The runs with what tells whether they changed, page by page."""
    service = place.service
    wanted = _MARKS_AT_HAND if service.capabilities.cheap_pages else _MARKS
    if part is not None:
        for found in part.parts():
            records = list(found)
            if wanted is not _MARKS:  # the answer has what its query reads
                ids = tuple(record.id for record in found)
                told = service.upgrade(place.entity, place.project, ids, wanted)
                records = [told[run_id] for run_id in ids if run_id in told]
            yield Page(tuple(records))
        yield Page((), notices=tuple(part.said()))
        return
    request = PageRequest(place.entity, place.project, per_page=_PER_PAGE, wanted=wanted)
    while True:
        page = service.runs_page(request)
        yield page
        if not page.has_next:
            return
        request = replace(request, cursor=page.cursor)


def _list(place: SourcePlace, snapshot: StoreSnapshot, counts: PullCounts, part: PulledPart | None) -> _PullListing:
    """Look which runs there are, and which of them are not as the store has them."""
    listing, at_hand = _PullListing(), place.service.capabilities.cheap_pages
    for page in _pages(place, part):
        listing.said += page.notices
        counts.total = page.total
        for record in page.runs:
            counts.listed += 1
            key, mark = key_of(record), mark_of(record, whole=at_hand)
            listing.keys.add(key)
            stored = snapshot.runs.get(key)
            is_same = stored is not None and stored.mark == mark and stored.gone is None
            if stored is not None and is_same and stored.body not in snapshot.lost_bodies:
                counts.same += 1
                listing.bare += [] if key in snapshot.with_metadata else [stored]
            else:
                listing.marks[record.entity, record.project, record.id] = mark
                counts.to_read += 1
    counts.is_listed = True
    return listing


def _read(
    place: SourcePlace, listing: _PullListing, snapshot: StoreSnapshot, writer: StoreWriter, counts: PullCounts
) -> None:
    """Read the runs that changed, some at a time."""
    rest, exports = iter(listing.marks.items()), ExportReader()
    while batch := dict(islice(rest, PER_BATCH)):
        ids = tuple(run_id for _, _, run_id in batch)
        records = place.service.upgrade(place.entity, place.project, ids, FULL)
        there = tuple(run_id for run_id in ids if run_id in records)
        told = _metadata(place, there, listing)
        for key in batch:
            if key[2] not in records:  # it went while the others were read
                listing.keys.discard(key_of(RunRecord(key[2], entity=key[0], project=key[1])))
        histories: dict[Stream, _InOrder] = {
            stream: _InOrder(_histories(place, there, stream, exports)) for stream in STREAMS
        }
        for (_, _, run_id), mark in batch.items():
            if run_id in records:
                stored = snapshot.runs.get(key_of(records[run_id]))
                written = writer.begin(records[run_id], mark)
                written.metadata = told.get(run_id)
                _write(written, histories, writer, counts)
                if not place.service.capabilities.cheap_pages:
                    _compare(written, listing, was_read_again=stored is not None and not stored.mark)
                listing.lost += _ended(written, writer)
                counts.new += stored is None
                counts.changed += stored is not None
        counts.exported = len(exports.runs)


def _histories(
    place: SourcePlace, run_ids: tuple[str, ...], stream: Stream, exports: ExportReader
) -> Iterator[RunHistory]:
    if not run_ids:
        return iter(())
    request = HistoryRequest(place.entity, place.project, run_ids, samples=None, stream=stream, exports=exports)
    return place.service.histories(request)


def _metadata(place: SourcePlace, run_ids: tuple[str, ...], listing: _PullListing) -> Mapping[str, RunMetadata]:
    """Where runs ran. That it cannot be read is said, and the next pull asks again."""
    try:
        return place.service.metadata_of(place.entity, place.project, run_ids) if run_ids else {}
    except BackendError as error:
        listing.untold |= dict.fromkeys(run_ids, str(error))
        return {}


def _add_metadata(place: SourcePlace, listing: _PullListing, writer: StoreWriter) -> int:
    """Add where they ran to runs of the store that are as they were, and were pulled before that was kept; to how many
    it was."""
    rest, added = iter(listing.bare), 0
    while batch := {stored.record.id: stored for stored in islice(rest, _PER_PAGE)}:
        for run_id, told in _metadata(place, tuple(batch), listing).items():
            writer.add_metadata(batch[run_id], told)
            added += 1
    return added


def _write(run: OpenRun, histories: Mapping[Stream, _InOrder], writer: StoreWriter, counts: PullCounts) -> None:
    """Add the rows of a run. One whose history may come whole the next time has no mark."""
    for stream, found in histories.items():
        for history in found.of(run.record.id):
            writer.add(run, stream, history)
            counts.values += history.length * len(history.columns)
    if _lost(run):
        run.mark = ""  # no listing has that: it is read again the next time


def _lost(run: OpenRun) -> list[Diagnostic]:
    return [said for told in run.said.values() for said in told if said.code in _LOST_HISTORY]


def _ended(run: OpenRun, writer: StoreWriter) -> list[Diagnostic]:
    """End a run; gives what is to be said of a history that may come whole the next time."""
    writer.end(run)
    return _lost(run)


def _compare(run: OpenRun, listing: _PullListing, *, was_read_again: bool) -> None:
    """Note a run of which fewer rows came than its server says that it has. It is read again, but once."""
    told, came = run.record.history_line_count or 0, run.rows.get("default", 0)
    if came >= told or _lost(run):
        return
    listing.fewer[run.record.id] = told, came
    if not was_read_again:
        run.mark = ""


def _mark_gone(listing: _PullListing, snapshot: StoreSnapshot, writer: StoreWriter, counts: PullCounts) -> None:
    """Mark the runs that are not there any more, unless the listing may lack some."""
    missing = [run for key, run in snapshot.runs.items() if key not in listing.keys and run.gone is None]
    if not missing:
        return
    if any(said.code in _LOSSES for said in listing.said):
        message = f"{len(missing):,} runs of the store were not seen, and not all could be read: none is marked as gone"
        listing.said.append(Diagnostic("RQL407", message))
        return
    for stored in missing:
        writer.mark_gone(stored)
        counts.gone += 1


class _InOrder:
    """Histories that come run after run, given for one run at a time."""

    def __init__(self, histories: Iterator[RunHistory]) -> None:
        self._histories = histories
        self._next = next(histories, None)

    def of(self, run_id: str) -> Iterator[RunHistory]:
        """Those of the run that comes next; none if that is another one."""
        while self._next is not None and self._next.run_id == run_id:
            yield self._next
            self._next = next(self._histories, None)
