"""One version of a store, as it is read through another engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from runql.semantic.json_text import whole_text
from runql.semantic.values import Value
from runql.sources.protocol import Stream
from runql.sources.store import table
from runql.sources.store.cells import RowPlaces, RunCells
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.views import LakeViews
from runql.sources.store.layout import FACTS, FACTS_OF_STREAM, AttrSpace, Fact
from runql.sources.store.records import StoredRun, stored_of
from runql.sources.store.snapshot import ATTR_COLUMNS, StoreSnapshot
from runql.sources.store.statistics.kept_catalog import StoreStatistics, statistics_of
from runql.sources.store.values import value_of

_AT_ONCE: Final = 5_000
"""So many keys of runs stand in a statement."""
_T = TypeVar("_T")


class LakeSnapshot(StoreSnapshot):
    """A version of a store, of which another engine gives the runs, their attributes and their histories.

    `at`: the folder of the store as the engine sees it.
    """

    views: LakeViews

    def __init__(self, folder: Path, name: str, number: int | None, engine: LakeEngine, at: str) -> None:
        self._engine = engine
        self._at = at
        super().__init__(folder, name, number)

    def _views_of(self, folder: Path, name: str, version: table.Version) -> LakeViews:
        return LakeViews(folder, name, version, self._engine, self._at)

    @cached_property
    def statistics(self) -> StoreStatistics:
        """The catalog, and what is odd in which path: read from their file, or counted here."""
        known = statistics_of(self._folder, self._version, self.views.here)
        if not self.views.lost:
            self.views.take_odd(known.odd)
        return known

    # ------------------------------------------------------------ runs

    def stored(self, numbers: Sequence[int]) -> list[StoredRun]:
        """The newest rows of some runs, by their numbers."""
        with self._lock:
            missing = [number for number in dict.fromkeys(numbers) if number not in self._stored]
            kinds, dialect = FACTS[Fact.RUNS].columns, self._engine.dialect
            columns = ", ".join(
                dialect.micros.format(dialect.quoted(name)) if kind == "timestamp" else dialect.quoted(name)
                for name, kind in kinds.items()
            )
            for some in _in_groups([self.views.key(number) for number in missing]):
                sql = f"SELECT {columns} FROM runs WHERE run IN ({dialect.texts(some)})"
                for row in self.views.native(sql, ("runs",)):
                    found = stored_of(row)
                    self._stored[self.views.number(found.run)] = found
            return [self._stored[number] for number in numbers if number in self._stored]

    @cached_property
    def tells_of_runs(self) -> bool:
        """Whether there is something to say of some run."""
        told = self._engine.dialect.text('%"run":%')
        return bool(
            self.views.native(f"SELECT 1 FROM {self.views.of(Fact.RUNS)} AS f WHERE said LIKE {told} LIMIT 1", ())
        )

    def with_ids(self, entity: str, project: str, run_ids: Iterable[str]) -> dict[str, StoredRun]:
        """The runs of some ids, by these; of several of one id the one that was pulled first."""
        text = self._engine.dialect.text
        owners = {"entity": entity, "project": project}
        where = "".join(f" AND {name} = {text(given)}" for name, given in owners.items() if given)
        first: dict[str, int] = {}
        for some in _in_groups([whole_text(run_id) for run_id in run_ids]):
            given = self._engine.dialect.texts(some)
            sql = f"SELECT run, id FROM runs WHERE id IN ({given}){where} ORDER BY pull, place"
            for key, run_id in self.views.native(sql, ("runs",)):
                first.setdefault(run_id, self.views.number(key))
        return {stored.record.id: stored for stored in self.stored([*first.values()])}

    # ------------------------------------------------------------ attributes

    def _attributes(
        self, space: AttrSpace, roots: Sequence[str] | None, runs: Sequence[str] | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of a space in the order in which they were written, of all runs or of some."""
        dialect = self._engine.dialect
        where = f"space = {dialect.text(space.value)} AND NOT el"
        if roots is not None:
            where += f" AND root IN ({dialect.texts(map(whole_text, roots))})"
        columns = ", ".join(map(dialect.quoted, ATTR_COLUMNS.split(", ")))
        found: list[tuple[Any, ...]] = []
        for some in [None] if runs is None else _in_groups([*map(whole_text, runs)]):
            these = "" if some is None else f" AND run IN ({dialect.texts(some)})"
            sql = f"SELECT {columns} FROM attr WHERE {where}{these} ORDER BY run, place"
            found += self.views.native(sql, ("attr",))
        return found

    # ------------------------------------------------------------ histories

    def columns(
        self, runs: Sequence[StoredRun], names: frozenset[str] | None, stream: Stream
    ) -> dict[str, dict[str, Sequence[Value]]]:
        """The rows of runs by columns, by the keys of the runs; of these names, or all."""
        held = {stored.run: RunCells() for stored in runs}
        for some in _in_groups([*runs]):
            self._read(some, names, stream, held)
        return {stored.run: held[stored.run].columns(stored.metrics.get(stream, ())) for stored in runs}

    def _read(
        self, runs: Sequence[StoredRun], names: frozenset[str] | None, stream: Stream, held: Mapping[str, RunCells]
    ) -> None:
        numbers, others = FACTS_OF_STREAM[stream]
        quoted, where = self._engine.dialect.quoted, self.rows_of(runs, names)
        columns = ", ".join(map(quoted, ("run", "key", "row", "val", "whole")))
        by = ", ".join(map(quoted, ("key", "run", "row")))
        sql = f"SELECT {columns} FROM {self.views.of(numbers)} AS p WHERE {where} ORDER BY {by}"
        for (run, key), rows in _series(self.views.native(sql, ())):
            _, _, places, values, whole = zip(*rows, strict=True)
            known = whole[0] if len({*whole}) == 1 else [*whole]
            at = RowPlaces(places[0], places[-1], len(places), [*places])
            held[run].add_numbers(key, at, [*values], known)
        columns = ", ".join(map(quoted, ("run", "key", "row", "t", "num", "str", "whole")))
        for run, key, row, *cell in self.views.native(
            f"SELECT {columns} FROM {self.views.of(others)} AS p WHERE {where}", ()
        ):
            held[run].others.setdefault(key, {})[row] = value_of(*cell)

    def rows_of(self, runs: Sequence[StoredRun], names: frozenset[str] | None) -> str:
        """Which rows of histories are those of some runs as they are: by the pulls that wrote them."""
        quoted, texts = self._engine.dialect.quoted, self._engine.dialect.texts
        by_pull: dict[int, list[str]] = {}
        for stored in runs:
            by_pull.setdefault(stored.body, []).append(stored.run)
        of = [f"({quoted('pull')} = {pull} AND {quoted('run')} IN ({texts(some)}))" for pull, some in by_pull.items()]
        keys = "" if names is None else f" AND {quoted('key')} IN ({texts(map(whole_text, names))})"
        return f"({' OR '.join(of)}){keys}"

    def close(self) -> None:
        """Let it go."""
        self.views.here.duck.close()
        super().close()


def _in_groups(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]


def _series(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[tuple[str, str], Sequence[tuple[Any, ...]]]]:
    """The rows of each metric of each run, from rows that stand in this order."""
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end][:2] != rows[start][:2]:
            yield rows[start][:2], rows[start:end]
            start = end
