"""One version of a store, as it is read: its runs, their attributes and their histories, each when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any, Final

from runql.errors import SourceError
from runql.semantic.json_text import whole_text
from runql.semantic.record import RunRecord
from runql.semantic.values import Value
from runql.sources.protocol import RunMetadata, Stream, Wanted
from runql.sources.store import table
from runql.sources.store.attributes import logged_of_rows, parts_of_rows
from runql.sources.store.cells import RowPlaces, RunCells, series_of, series_sql
from runql.sources.store.layout import FACTS_OF_STREAM, AttrSpace, Fact
from runql.sources.store.records import StoredRun, moment_of, read_said, select_columns, stored_of, with_parts
from runql.sources.store.statistics.kept_catalog import StoreStatistics, kept_statistics, statistics_of
from runql.sources.store.statistics.kept_version import newest_version
from runql.sources.store.statistics.run_counts import (
    GONE_SQL,
    LISTING_SQL,
    NEWEST_SQL,
    PATHS_SQL,
    TOLD_SQL,
    VersionCounts,
)
from runql.sources.store.values import value_of
from runql.sources.store.views import StoreViews
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_OF_ALL: Final = frozenset({Fact.RUNS, Fact.PULLS})
"""Facts of which nobody knows what a lost part held."""
_FEW: Final = 50
"""The keys of so many runs, a page, are written into a question."""
ATTR_COLUMNS: Final = "run, path, keys, t, num, str, whole"
_POINT_LISTS: Final = (
    "run, key, min(row), max(row), count(*), list(row ORDER BY row), list(val ORDER BY row), bool_and(whole), "
    "bool_or(whole), CASE WHEN bool_or(whole) AND NOT bool_and(whole) THEN list(whole ORDER BY row) END"
)


@frozen
class FinishedPull:
    """A pull that came to its end: when, how many runs the source had, and what there was to say of it as a whole."""

    pull: int = 0
    ended: datetime | None = None
    listed: int = 0
    said: tuple[Diagnostic, ...] = ()


class StoreSnapshot:
    """A version of a store. Nothing of it changes; threads may share it.

    `said`: what is wrong with it as a whole. A part that cannot
    be read is left out, and that is said. `views`: its facts as SQL sees them.
    """

    def __init__(self, folder: Path, name: str, number: int | None = None) -> None:
        self._lock = RLock()
        self._folder = folder
        self._version = newest_version(folder, name).version if number is None else table.version(folder, name, number)
        self.views = self._views_of(folder, name, self._version)
        self._stored: dict[int, StoredRun] = {}
        self._stored_of = 0
        self._counts: tuple[int, tuple[str, ...]] | None = None
        self._counts_of = 0
        self._parts: dict[AttrSpace, dict[str, dict[str, Any]]] = {}
        self._roots: dict[tuple[AttrSpace, str], dict[str, Any]] = {}
        self._kept = kept_statistics(folder, self._version)
        if self._kept is not None and not self.views.lost:
            self.views.take_odd(self._kept.odd)
            self.views.take_each_counts(self._kept.runs.each_counts)
        if number is not None and self.views.lost:
            _check_not_deleted(folder, name, self._version, self.views.lost)

    def _views_of(self, folder: Path, name: str, version: table.Version) -> StoreViews:
        """Its facts as who reads them sees them."""
        return StoreViews(folder, name, version)

    @property
    def number(self) -> int:
        """The number of the version."""
        return self._version.number

    @property
    def version(self) -> table.Version:
        """The version, with its parts."""
        return self._version

    @property
    def said(self) -> tuple[Diagnostic, ...]:
        """What there is to say of the store as a whole. A lost part of which no row counts any more is not told."""
        lost = self.views.lost
        counts = {body for (body,) in self.views.ask("SELECT DISTINCT body FROM runs")} if lost else set()
        told = (said for part, said in lost.items() if part.fact in _OF_ALL or part.pull in {*counts, 0})
        return (*self._version.said, *told, *self.newest_listing.said)

    @property
    def gone(self) -> tuple[str, ...]:
        """The ids of the runs that their source has no more."""
        return self._counted[1]

    @property
    def _counted(self) -> tuple[int, tuple[str, ...]]:
        """How many runs there are, and the ids of those that are gone; anew once a part of them was lost."""
        with self._lock:
            if self._counts is None or self._counts_of != self.views.generation:
                known = self._known
                if known is None:
                    ((count,),) = self.views.ask("SELECT count(*) FROM runs")
                    self._counts = int(count), tuple(run_id for (run_id,) in self.views.ask(GONE_SQL))
                else:
                    self._counts = known.count, known.gone
                self._counts_of = self.views.generation
            return self._counts

    @property
    def lost_bodies(self) -> frozenset[int]:
        """The pulls of which a part is lost: their runs may lack rows. One of a compaction may be of any."""
        pulls = {part.pull for part in self.views.lost}
        return frozenset(pulls | ({stored.body for stored in self.runs.values()} if 0 in pulls else set()))

    @cached_property
    def newest_pull(self) -> int:
        """The number of the newest pull of all, 0 before the first."""
        newest = self.views.ask(NEWEST_SQL)[0][0] if self._known is None else self._known.newest_pull
        return max(int(newest), self.newest_listing.pull)

    @property
    def _known(self) -> VersionCounts | None:
        """What was counted of the runs, while no part of them is found lost."""
        return None if self._kept is None or self.views.lost else self._kept.runs

    @cached_property
    def newest_listing(self) -> FinishedPull:
        """The newest pull that came to its end."""
        rows = self.views.rows(Fact.PULLS, LISTING_SQL) if self._known is None else [self._known.listing]
        if not rows or rows[0] is None:
            return FinishedPull()
        pull, ended, listed, said = rows[0]
        return FinishedPull(pull, moment_of(ended), listed, read_said(said).get("listing", ()))

    @cached_property
    def statistics(self) -> StoreStatistics:
        """The catalog, and what is odd in which path."""
        if self._kept is not None:
            return self._kept
        known = statistics_of(self._folder, self._version, self.views)
        if not self.views.lost:
            self.views.take_odd(known.odd)
        return known

    # ------------------------------------------------------------ runs

    @cached_property
    def runs(self) -> Mapping[str, StoredRun]:
        """The newest row of each run, in the order in which they were pulled. All of them are read."""
        numbers = self.views.column("SELECT nr FROM runs ORDER BY pull, place")
        return {stored.run: stored for stored in self.stored(numbers)}

    def stored(self, numbers: Sequence[int]) -> list[StoredRun]:
        """The newest rows of some runs, by their numbers in the table `runs`."""
        with self._lock:
            if self._stored_of != self.views.generation:
                self._stored, self._stored_of = {}, self.views.generation
            missing = [number for number in numbers if number not in self._stored]
            if missing:
                self._stored |= self._read_few(missing) if len(missing) <= _FEW else self._read_many(missing)
            return [self._stored[number] for number in numbers if number in self._stored]

    def _read_few(self, numbers: Sequence[int]) -> dict[int, StoredRun]:
        """The newest rows of few runs: read where they stand, or else by their keys, which are written out, since the
        parts tell sooner where those are not."""
        at_place = self.views.rows_at(numbers, select_columns())
        if at_place is not None:
            return {at: stored_of(row) for at, *row in at_place}
        of = "FROM runs SEMI JOIN (SELECT unnest(?::BIGINT[]) AS nr) USING (nr)"
        number_of = {
            (run, pull): at for at, run, pull in self.views.ask(f"SELECT nr, run, pull {of}", parameters=[numbers])
        }
        keys = [*dict.fromkeys(run for run, _ in number_of)]
        sql = f"SELECT {select_columns()} FROM {{files}} WHERE run IN ({', '.join('?' * len(keys))})"
        rows = map(stored_of, self.views.rows(Fact.RUNS, sql, keys)) if keys else ()
        return {number_of[found.run, found.pull]: found for found in rows if (found.run, found.pull) in number_of}

    def _read_many(self, numbers: Sequence[int]) -> dict[int, StoredRun]:
        """The same of many runs."""
        given = "(SELECT nr, run, pull FROM runs SEMI JOIN (SELECT unnest(?::BIGINT[]) AS nr) USING (nr))"
        sql = f"SELECT nr, {select_columns()} FROM {{files}} JOIN {given} AS r USING (run, pull)"
        return {at: stored_of(row) for at, *row in self.views.rows(Fact.RUNS, sql, [numbers])}

    @property
    def run_count(self) -> int:
        """How many runs there are."""
        return self._counted[0]

    @cached_property
    def tells_of_runs(self) -> bool:
        """Whether there is something to say of some run."""
        if self._known is not None:
            return self._known.tells
        found = self.views.rows(Fact.RUNS, TOLD_SQL)
        return bool(found and found[0][0])

    def with_ids(self, entity: str, project: str, run_ids: Iterable[str]) -> dict[str, StoredRun]:
        """The runs of some ids, by these; of several of one id the one that was pulled first."""
        return {
            stored.record.id: stored for stored in self.stored([*self.numbers_of(entity, project, run_ids).values()])
        }

    def numbers_of(self, entity: str, project: str, run_ids: Iterable[str]) -> dict[str, int]:
        """The numbers of the same runs in the table `runs`."""
        sql = (
            "SELECT r.nr, r.id FROM runs AS r SEMI JOIN (SELECT unnest(?::VARCHAR[]) AS id) USING (id) "
            "WHERE (? = '' OR entity = ?) AND (? = '' OR project = ?) ORDER BY pull, place"
        )
        given = [whole_text(run_id) for run_id in run_ids]
        first: dict[str, int] = {}
        for at, run_id in self.views.ask(sql, parameters=[given, entity, entity, project, project]):
            first.setdefault(run_id, at)
        return first

    @cached_property
    def paths(self) -> list[tuple[str, str]]:
        """The entities and projects of the runs."""
        found = self.views.ask(PATHS_SQL) if self._known is None else self._known.paths
        return [(entity, project) for entity, project in found]

    # ------------------------------------------------------------ attributes

    def records(self, runs: Iterable[StoredRun], wanted: Wanted, *, few: bool = False) -> list[RunRecord]:
        """Runs with at least the parts that are wanted. `few`: those of no other run will be asked for soon."""
        chosen = [*runs]
        spaces = {
            AttrSpace.CONFIG: wanted.config,
            AttrSpace.SUMMARY: wanted.summary,
            AttrSpace.SYSTEM: None if wanted.system_metrics else (),
            AttrSpace.LOGGED: None if wanted.history_keys else (),
            AttrSpace.INTERNAL_CONFIG: () if wanted.config is not None else None,
            AttrSpace.INTERNAL_SUMMARY: () if wanted.summary is not None else None,
        }
        asked = {space: roots for space, roots in spaces.items() if roots is None or roots}
        with self._lock:
            if few and not all(map(self._is_held, asked, asked.values())):
                found = self._parts_of(chosen, asked)
            else:
                found = {space: self._part(space, roots) for space, roots in asked.items()}
        return [
            with_parts(stored, {space: part.get(stored.run, {}) for space, part in found.items()}) for stored in chosen
        ]

    def _is_held(self, space: AttrSpace, roots: tuple[str, ...] | None) -> bool:
        return space in self._parts or (roots is not None and all((space, root) in self._roots for root in roots))

    def _parts_of(
        self, runs: Sequence[StoredRun], asked: Mapping[AttrSpace, tuple[str, ...] | None]
    ) -> dict[AttrSpace, Mapping[str, Mapping[str, Any]]]:
        """Parts of some runs."""
        given = [stored.run for stored in runs]
        found = {space: self._attributes(space, roots, given) for space, roots in asked.items()}
        return {
            space: logged_of_rows(rows) if space is AttrSpace.LOGGED else parts_of_rows(rows)
            for space, rows in found.items()
        }

    def _part(self, space: AttrSpace, roots: tuple[str, ...] | None) -> Mapping[str, Mapping[str, Any]]:
        """A part of all runs, whole or as far as some keys at its top go."""
        if roots is None or space in self._parts:
            if space not in self._parts:
                self._parts[space] = self._whole_part(space)
            return self._parts[space]
        missing = [root for root in dict.fromkeys(roots) if (space, root) not in self._roots]
        if missing:
            by_run = parts_of_rows(self._attributes(space, missing))
            for root in missing:
                self._roots[space, root] = {run: part[root] for run, part in by_run.items() if root in part}
        merged: dict[str, dict[str, Any]] = {}
        for root in dict.fromkeys(roots):
            for run, value in self._roots[space, root].items():
                merged.setdefault(run, {})[root] = value
        return merged

    def _whole_part(self, space: AttrSpace) -> dict[str, dict[str, Any]]:
        rows = self._attributes(space, None)
        return logged_of_rows(rows) if space is AttrSpace.LOGGED else parts_of_rows(rows)

    def _attributes(
        self, space: AttrSpace, roots: Sequence[str] | None, runs: Sequence[str] | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of a space in the order in which they were written, of all runs or of some."""
        where = f"space = '{space.value}' AND NOT el"
        given: list[Any] = []
        for name, values in (("root", roots), ("run", runs)):
            if values is not None:
                where += f" AND {name} IN (SELECT unnest(?::VARCHAR[]))"
                given.append([*map(whole_text, values)])
        sql = f"SELECT {ATTR_COLUMNS} FROM attr WHERE {where} ORDER BY run, place"
        return self.views.ask_attr(sql, given)

    def metadata(self, run: StoredRun) -> RunMetadata | None:
        """What its source said of where a run ran; `None` of one that was pulled before that was kept."""
        told = parts_of_rows(self._attributes(AttrSpace.METADATA, None, [run.run])).get(run.run)
        return None if told is None else RunMetadata(told.get("facts", {}), told["origin"])

    @cached_property
    def with_metadata(self) -> frozenset[str]:
        """The runs of which it is known, by their keys."""
        rows = self.views.ask_attr(f"SELECT DISTINCT run FROM attr WHERE space = '{AttrSpace.METADATA.value}'")
        return frozenset(run for (run,) in rows)

    # ------------------------------------------------------------ histories

    def columns(
        self, runs: Sequence[StoredRun], names: frozenset[str] | None, stream: Stream
    ) -> dict[str, dict[str, Sequence[Value]]]:
        """The rows of runs by columns, by the keys of the runs; of these names, or all."""
        numbers, others = FACTS_OF_STREAM[stream]
        pairs = "(SELECT unnest(?::VARCHAR[]) AS run, unnest(?::BIGINT[]) AS pull)"
        keys = "" if names is None else " WHERE key IN (SELECT unnest(?::VARCHAR[]))"
        given: list[Any] = [[stored.run for stored in runs], [stored.body for stored in runs]]
        given += [] if names is None else [[*names]]
        where = f"SEMI JOIN {pairs} USING (run, pull){keys}"
        held: dict[str, RunCells] = {stored.run: RunCells() for stored in runs}
        rows = self.views.rows
        with self._lock:
            if names is not None:
                asked = [*dict.fromkeys(map(whole_text, names))]
                arrays = self.views.arrays_of(numbers, series_sql(len(runs), asked), [*given[:2], asked])
                for run_at, key_at, places, cells in series_of(arrays, len(asked)):
                    held[runs[run_at].run].add_column(asked[key_at], places, cells)
            dense = (
                rows(numbers, f"SELECT {_POINT_LISTS} FROM {{files}} {where} GROUP BY run, key", given)
                if names is None
                else []
            )
            sparse = rows(others, f"SELECT run, key, row, t, num, str, whole FROM {{files}} {where}", given)
        for run, key, least, most, count, places, values, all_whole, some_whole, whole in dense:
            held[run].add_numbers(
                key, RowPlaces(least, most, count, places), values, whole or (all_whole and some_whole)
            )
        for run, key, row, *cell in sparse:
            held[run].others.setdefault(key, {})[row] = value_of(*cell)
        return {stored.run: held[stored.run].columns(stored.metrics.get(stream, ())) for stored in runs}

    def close(self) -> None:
        """Let it go."""
        self.views.duck.close()


def _check_not_deleted(folder: Path, name: str, version: table.Version, lost: Iterable[table.StorePart]) -> None:
    """Raise `SourceError` if a compaction let go of the files of an earlier version."""
    newest = {part.path for part in table.version(folder, name).parts}
    gone = sum(part.path not in newest and not (folder / part.path).exists() for part in lost)
    if gone:
        number = version.number
        message = f"version {number} of the store `{name}` is not whole any more: {gone:,} files were let go of"
        raise SourceError.of("RQL511", message, "a compaction keeps the files of earlier versions for seven days")
