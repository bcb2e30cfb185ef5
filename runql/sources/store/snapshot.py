"""One version of a store, as it is read: its runs, their attributes and their histories, each when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final

from runql.engine.values.column import column_of
from runql.errors import ServerError
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING, Value
from runql.sources.protocol import Stream, Wanted
from runql.sources.store import table
from runql.sources.store.attributes import logged_of_rows, parts_of_rows
from runql.sources.store.duck import Duck, Unreadable, files_sql
from runql.sources.store.layout import FACTS_OF_STREAM, AttrSpace, Fact
from runql.sources.store.records import StoredRun, moment_of, read_said, select_columns, stored_of, with_parts
from runql.sources.store.values import value_of
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_NEWEST: Final = "newest"
_OF_ALL: Final = frozenset({Fact.RUNS, Fact.PULLS})
"""Facts of which nobody knows what a lost part held."""
_ATTR_COLUMNS: Final = "run, path, keys, t, num, str, whole"
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

    `runs`: the newest row of each run, in the order in which they were pulled. `newest_listing`: the newest pull that
    came to its end; `newest_pull`: the number of the newest of all, 0 before the first.
    `said`: what is wrong with it as a whole. A part that cannot be read is left out, and that is said.
    """

    def __init__(self, folder: Path, name: str, number: int | None = None) -> None:
        self._folder = folder
        self._name = name
        self._lock = RLock()
        self._duck = Duck()
        self._version = table.version(folder, name, number)
        self._lost: dict[table.StorePart, Diagnostic] = {}
        self._parts: dict[AttrSpace, dict[str, dict[str, Any]]] = {}
        self._roots: dict[tuple[AttrSpace, str], dict[str, Any]] = {}
        self._look_for_lost(self._version.parts)
        self.newest_listing = self._read_listing()
        self.runs: Mapping[str, StoredRun] = self._read_runs()
        newest = max((stored.pull for stored in self.runs.values()), default=0)
        self.newest_pull = max(newest, self.newest_listing.pull)

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
        counts = {stored.body for stored in self.runs.values()}
        lost = (said for part, said in self._lost.items() if part.fact in _OF_ALL or part.pull in counts)
        return (*self._version.said, *lost, *self.newest_listing.said)

    @property
    def lost_bodies(self) -> frozenset[int]:
        """The pulls of which a part is lost: their runs may lack rows."""
        return frozenset(part.pull for part in self._lost)

    def _read_runs(self) -> dict[str, StoredRun]:
        rows = self._rows(
            Fact.RUNS,
            f"SELECT {select_columns()} FROM {{files}} "
            "QUALIFY row_number() OVER (PARTITION BY run ORDER BY pull DESC) = 1 ORDER BY pull, place",
        )
        found = {stored.run: stored for stored in map(stored_of, rows)}
        self._duck.do(f"CREATE TABLE {_NEWEST} (run VARCHAR, pull BIGINT)")
        sql = f"INSERT INTO {_NEWEST} SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])"
        self._duck.do(sql, [[*found], [stored.body for stored in found.values()]])
        return found

    def _read_listing(self) -> FinishedPull:
        sql = "SELECT pull, epoch_us(ended), listed, said FROM {files} ORDER BY pull DESC LIMIT 1"
        rows = self._rows(Fact.PULLS, sql)
        if not rows:
            return FinishedPull()
        pull, ended, listed, said = rows[0]
        return FinishedPull(pull, moment_of(ended), listed, read_said(said).get("listing", ()))

    # ------------------------------------------------------------ attributes

    def records(self, runs: Iterable[StoredRun], wanted: Wanted) -> list[RunRecord]:
        """Runs with at least the parts that are wanted."""
        chosen = [*runs]
        spaces = {
            AttrSpace.CONFIG: wanted.config,
            AttrSpace.SUMMARY: wanted.summary,
            AttrSpace.SYSTEM: None if wanted.system_metrics else (),
            AttrSpace.LOGGED: None if wanted.history_keys else (),
            AttrSpace.INTERNAL_CONFIG: () if wanted.config is not None else None,
            AttrSpace.INTERNAL_SUMMARY: () if wanted.summary is not None else None,
        }
        with self._lock:
            found = {space: self._part(space, roots) for space, roots in spaces.items() if roots is None or roots}
        return [
            with_parts(stored, {space: part.get(stored.run, {}) for space, part in found.items()}) for stored in chosen
        ]

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

    def _attributes(self, space: AttrSpace, roots: Sequence[str] | None) -> list[tuple[Any, ...]]:
        """The rows of a space in the order in which they were written, of the newest body of each run."""
        narrowed, given = ("", []) if roots is None else (" AND root IN (SELECT unnest(?::VARCHAR[]))", [[*roots]])
        return self._rows(
            Fact.ATTR,
            f"SELECT {_ATTR_COLUMNS} FROM {{files}} SEMI JOIN {_NEWEST} USING (run, pull) "
            f"WHERE space = ? AND NOT el{narrowed} ORDER BY run, place",
            [space.value, *given],
        )

    # ------------------------------------------------------------ histories

    def columns(
        self, runs: Sequence[StoredRun], names: frozenset[str] | None, stream: Stream
    ) -> dict[str, dict[str, Sequence[Value]]]:
        """The rows of runs by columns, by the keys of the runs; of these names, or all."""
        numbers, others = FACTS_OF_STREAM[stream]
        keys = "" if names is None else " AND key IN (SELECT unnest(?::VARCHAR[]))"
        given: list[Any] = [[stored.run for stored in runs], *([] if names is None else [[*names]])]
        where = f"SEMI JOIN {_NEWEST} USING (run, pull) WHERE run IN (SELECT unnest(?::VARCHAR[])){keys}"
        held: dict[str, _RunCells] = {stored.run: _RunCells() for stored in runs}
        with self._lock:
            dense = self._rows(numbers, f"SELECT {_POINT_LISTS} FROM {{files}} {where} GROUP BY run, key", given)
            sparse = self._rows(others, f"SELECT run, key, row, t, num, str, whole FROM {{files}} {where}", given)
        for run, key, least, most, count, rows, values, all_whole, some_whole, whole in dense:
            held[run].add_numbers(key, _Places(least, most, count, rows), values, whole or (all_whole and some_whole))
        for run, key, row, *cell in sparse:
            held[run].others.setdefault(key, {})[row] = value_of(*cell)
        return {stored.run: held[stored.run].columns(stored.metrics.get(stream, ())) for stored in runs}

    # ------------------------------------------------------------ parts

    def _rows(self, fact: Fact, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a question to the parts of a fact that can be read."""
        while True:
            parts = [part for part in self._version.of(fact) if part not in self._lost]
            if not parts:
                return []
            files = files_sql([self._folder / part.path for part in parts])
            try:
                return self._duck.rows(sql.format(files=files), parameters)
            except Unreadable as error:
                if not self._look_for_lost(parts, deeply=True):
                    raise ServerError.of("RQL405", f"the store `{self._name}` cannot be read: {error}") from error

    def _look_for_lost(self, parts: Iterable[table.StorePart], *, deeply: bool = False) -> bool:
        """Find parts that cannot be read, and say so; whether there are any. By their sizes, or by reading them."""
        found = False
        for part in parts:
            trouble = trouble_of(self._folder / part.path, part, self._duck if deeply else None)
            if trouble is not None and part not in self._lost:
                found = True
                self._lost[part] = lost_part(self._name, part, trouble)
        return found

    def close(self) -> None:
        """Let it go."""
        self._duck.close()


class _Places:
    """Which rows hold a number: all from one to another, or those of a list."""

    __slots__ = ("first", "last", "rows")

    def __init__(self, first: int, last: int, count: int, rows: list[int]) -> None:
        self.first, self.last = first, last
        self.rows: Sequence[int] = range(first, last + 1) if last - first + 1 == count else rows


class _RunCells:
    """What was read of one run."""

    __slots__ = ("numbers", "others")

    def __init__(self) -> None:
        self.numbers: dict[str, tuple[Sequence[int], list[Value]]] = {}
        self.others: dict[str, dict[int, Value]] = {}

    def add_numbers(self, key: str, places: _Places, values: list[float], whole: list[bool] | bool | None) -> None:
        """Add the numbers of a metric: `whole` says of each, or of all, whether it is an integer."""
        cells: list[Value] = values
        if whole is True:
            cells = [int(value) for value in values]
        elif whole:
            cells = [int(value) if is_whole else value for value, is_whole in zip(values, whole, strict=True)]
        self.numbers[key] = (places.rows, cells)

    def columns(self, names: Sequence[str]) -> dict[str, Sequence[Value]]:
        """Columns of equal length, in the order of these names: a row wherever one of them has a value."""
        held = [rows for rows, _ in self.numbers.values()] + [others.keys() for others in self.others.values()]
        if not held:
            return {}
        longest = max(held, key=len)
        rows = sorted(set(longest).union(*held)) if any(each != longest for each in held) else [*longest]
        at = {row: place for place, row in enumerate(rows)}
        ordered = [name for name in names if name in self.numbers or name in self.others]
        return {name: column_of(self._column(name, rows, at)) for name in ordered}

    def _column(self, name: str, rows: Sequence[int], at: Mapping[int, int]) -> list[Value]:
        own, values = self.numbers.get(name, ((), []))
        others = self.others.get(name)
        if others is None and len(values) == len(rows):
            return values
        cells: list[Value] = [MISSING] * len(rows)
        for row, value in zip(own, values, strict=True):
            cells[at[row]] = value
        for row, value in (others or {}).items():
            cells[at[row]] = value
        return cells


def trouble_of(path: Path, part: table.StorePart, duck: Duck | None) -> str | None:
    """Why a part cannot be read; `None` if it can. With a DuckDB all of it is read."""
    try:
        size = path.stat().st_size
    except OSError as error:
        return "it is not there" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
    if size != part.size:
        return f"it has {size:,} bytes of {part.size:,}"
    if duck is None:
        return None
    try:
        rows = duck.rows(f"SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM {files_sql([path])}")
    except Unreadable as error:
        return str(error)
    return None if rows[0][0] == part.rows else f"it has {rows[0][0]:,} rows of {part.rows:,}"


def lost_part(name: str, part: table.StorePart, trouble: str) -> Diagnostic:
    """That a part cannot be read."""
    file = part.path.rpartition("/")[2]
    lost = f"{part.rows:,} rows of `{part.fact.value}` are not in the answer"
    message = f"a part of the store `{name}` is damaged: {lost}"
    hints = (f"`{file}`: {trouble}", f"`runql store check {name}` says which; `runql pull` reads its runs again")
    return Diagnostic("RQL501", message, hints=hints)


def groups_of(run_ids: Sequence[str], cells: Callable[[str], int], most: int) -> Iterator[list[str]]:
    """Runs in groups, whose rows are not too many to be held at once; `cells`: how many values those of one are."""
    group: list[str] = []
    held = 0
    for run_id in run_ids:
        own = cells(run_id)
        if group and held + own > most:
            yield group
            group, held = [], 0
        group.append(run_id)
        held += own
    if group:
        yield group
