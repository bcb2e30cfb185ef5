"""The facts of a version as SQL sees them: the table `runs`, a row a run, and the view `attr`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from itertools import accumulate
from pathlib import Path
from threading import RLock
from typing import Any, Final, TypeVar

from runql.errors import ServerError
from runql.language.fields import RUN_FIELDS, Space
from runql.plan.selectors import TypedSelector
from runql.plan.to_sql.fields import AttrField, Odd
from runql.plan.to_sql.statement import RunStatement, statement_of
from runql.sources.store import table
from runql.sources.store.duck import Duck, Unreadable, files_sql, quoted, type_sql
from runql.sources.store.layout import FACTS, Fact
from runql.text.diagnostic import Diagnostic

_NARROW: Final = ("run", "pull", "body", "place", "gone", "id", "entity", "project", "created")
"""The columns of `runs` that each question reads; those of the other fields are read with the first one that does."""
_OTHERS: Final = tuple(name for name in (*RUN_FIELDS, "last_step", "system_metrics") if name not in _NARROW)

ODD_TESTS: Final = {
    Odd.KEYS: "keys IS NOT NULL",
    Odd.TEXT: "t = 'j'",
    Odd.LARGE: "t = 'n' AND str IS NOT NULL",
    Odd.TIME: "t = 'd'",
}
_Row = TypeVar("_Row")


class _Runs(Enum):
    """What stands behind `runs`: the parts themselves, or a table in memory of some of its columns, or of all."""

    PARTS = 0
    NARROW = 1
    WIDE = 2


_MOST_FIELDS: Final = 64
"""So many fields are held in memory, those that were asked for last."""
_MOST_LET_GO: Final = 16
"""So many more stay for a while: another thread may be about to read one."""


class StoreViews:
    """A version of a store in a DuckDB of its own. Threads may share it.

    A part that cannot be read is left out: `lost` says which, and why. `generation`: how often runs got other numbers
    since one was found.
    """

    def __init__(self, folder: Path, name: str, version: table.Version) -> None:
        self.duck = Duck()
        self.lost: dict[table.StorePart, Diagnostic] = {}
        self.generation = 0
        self._folder = folder
        self._name = name
        self._version = version
        self._lock = RLock()
        self._runs: _Runs | None = None
        self._each_counts: bool | None = None
        self._attr_parts: tuple[table.StorePart, ...] | None = None
        self._odd: dict[tuple[Space, str], frozenset[Odd]] = {}
        self._known_odd: Mapping[tuple[Space, str], frozenset[Odd]] | None = None
        self._asked: set[AttrField] = set()
        self._fields: dict[AttrField, str] = {}
        self._let_go: list[str] = []
        self._made = 0
        self._held = "runs_0"
        self._look_for_lost(version.parts)

    # ------------------------------------------------------------ parts

    def rows(self, fact: Fact, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a question to the parts of a fact that can be read, which stand for `{files}`."""
        return self._of_parts(fact, sql, lambda written: self.duck.rows(written, parameters))

    def arrays_of(self, fact: Fact, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The columns of such a question as arrays, in which no NULL is; nothing where there are no parts."""
        return self._of_parts(fact, sql, lambda written: self.duck.arrays(written, parameters))

    def _of_parts(self, fact: Fact, sql: str, work: Callable[[str], list[_Row]]) -> list[_Row]:
        while True:
            parts = self.parts(fact)
            if not parts:
                return []
            try:
                return work(sql.replace("{files}", self._files(parts)))
            except Unreadable as error:
                self.leave_out(parts, error)
                if fact is Fact.RUNS:
                    self._begin_anew()
                    self.ask("SELECT 1 LIMIT 0")  # the statement may read the table

    @property
    def folder(self) -> Path:
        """The folder of the store."""
        return self._folder

    def parts(self, fact: Fact) -> tuple[table.StorePart, ...]:
        """The parts of a fact that can be read."""
        return tuple(part for part in self._version.of(fact) if part not in self.lost)

    def _files(self, parts: Iterable[table.StorePart], *, numbered: bool = False) -> str:
        return files_sql([self._folder / part.path for part in parts], numbered=numbered)

    def leave_out(self, parts: Sequence[table.StorePart], error: Unreadable) -> None:
        """Leave out what cannot be read. Raises `ServerError` if it is not that."""
        if not self._look_for_lost(parts, deeply=True):
            raise ServerError.of("RQL405", f"the store `{self._name}` cannot be read: {error}") from error

    def _look_for_lost(self, parts: Iterable[table.StorePart], *, deeply: bool = False) -> bool:
        """Find parts that cannot be read, and say so; whether there are any. By their sizes, or by reading them."""
        found = False
        for part in parts:
            trouble = trouble_of(self._folder / part.path, part, self.duck if deeply else None)
            if trouble is not None and part not in self.lost:
                found = True
                self.lost[part] = lost_part(self._name, part, trouble)
        return found

    # ------------------------------------------------------------ tables

    def ask(self, sql: str, columns: Collection[str] = (), parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement over `runs` and `attr`; `columns` of `runs` that it reads."""
        return self._over_views(lambda: self.duck.rows(sql, parameters), columns)

    def ask_attr(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement over `attr` alone."""
        return self._over_views(lambda: self.duck.rows(sql, parameters), None)

    def column(self, sql: str, columns: Collection[str] = ()) -> list[Any]:
        """The one column of a statement over `runs` and `attr`, without NULL."""
        return self._over_views(lambda: self.duck.column(sql), columns)

    def arrays(self, sql: str, columns: Collection[str] = ()) -> list[Any]:
        """The columns of a statement over `runs` and `attr` as arrays, in which no NULL is."""
        return self._over_views(lambda: self.duck.arrays(sql), columns)

    def _over_views(self, work: Callable[[], list[_Row]], columns: Collection[str] | None) -> list[_Row]:
        """`columns`: those of `runs` that are read; `None` where it is not."""
        while True:
            try:
                with self._lock:
                    if self._runs is None or columns is not None:
                        self._make_runs(wide=not {*_NARROW, "nr"}.issuperset(columns or ()))
                    self._make_attr()
                return work()
            except Unreadable as error:
                with self._lock:
                    self.leave_out((*self.parts(Fact.ATTR), *self.parts(Fact.RUNS)), error)
                    self._begin_anew()

    def _make_runs(self, *, wide: bool) -> None:
        """The view `runs`: the newest row of each run. `nr` is its number.

        The first statement reads the parts, where each of their rows counts: most processes ask no second one, from
        which on a table in memory is read.
        """
        if self._runs is None and self._each_counts:
            chosen = ", ".join(map(quoted, (*_NARROW, *_OTHERS)))
            self.duck.do(f"CREATE OR REPLACE VIEW runs AS {self._placed(self.parts(Fact.RUNS), chosen)}")
            self._runs = _Runs.PARTS
            return
        while self._runs in (None, _Runs.PARTS) or (wide and self._runs is _Runs.NARROW):
            parts = self.parts(Fact.RUNS)
            try:
                if self._runs is _Runs.NARROW:
                    self._hold(self._widened(parts), _Runs.WIDE)
                else:
                    self._hold(self._newest(parts), _Runs.NARROW)
            except Unreadable as error:
                self.leave_out(parts, error)
                self._begin_anew()

    def _hold(self, rows: str, form: _Runs) -> None:
        """Have `runs` in memory. Who reads it in another thread has the one before, or this one."""
        before, self._made = self._held, self._made + 1
        self._held = f"runs_{self._made}"
        self.duck.do(f"CREATE TABLE {self._held} AS {rows}")
        self.duck.do(f"CREATE OR REPLACE VIEW runs AS SELECT * FROM {self._held}")
        self.duck.do(f"DROP TABLE IF EXISTS {before}")
        self._runs = form

    def _placed(self, parts: Sequence[table.StorePart], chosen: str) -> str:
        """Columns of `runs` where each row of the parts is a run: its number is the place of its row in all of them."""
        every = self.parts(Fact.RUNS)
        first = dict(zip(every, accumulate((part.rows for part in every[:-1]), initial=0), strict=True))
        firsts = ", ".join(str(first[part]) for part in parts)
        number = f"list_extract([{firsts}]::BIGINT[], file_index::BIGINT + 1) + file_row_number"
        return f"SELECT {number} AS nr, {chosen} FROM {self._files(parts, numbered=True)}"

    def rows_at(self, numbers: Sequence[int], chosen: str) -> list[tuple[Any, ...]] | None:
        """The numbers and some columns of few runs, read where they stand in their parts; `None` where the numbers are
        no places in them."""
        if not self._each_counts or self._runs is None or not numbers:
            return None
        parts, places, first = [], [], 0
        for part in self.parts(Fact.RUNS):
            some = [number - first for number in numbers if first <= number < first + part.rows]
            parts += [part] if some else []
            places += some
            first += part.rows
        rows = f"{self._placed(parts, chosen)} WHERE file_row_number IN ({', '.join(map(str, places))})"
        sql = f"SELECT * FROM ({rows}) WHERE nr IN ({', '.join(map(str, numbers))})"
        try:
            return self.duck.rows(sql)
        except Unreadable as error:
            with self._lock:
                self.leave_out(parts, error)
                self._begin_anew()
            return None

    def _newest(self, parts: Sequence[table.StorePart]) -> str:
        chosen = ", ".join(map(quoted, _NARROW))
        if not parts:
            return f"SELECT 0::BIGINT AS nr, * FROM (SELECT {_no_columns(Fact.RUNS, _NARROW)}) WHERE FALSE"
        if self._each_counts:
            return self._placed(parts, chosen)
        files = self._files(parts)
        newest = f"SEMI JOIN (SELECT run, max(pull) AS pull FROM {files} GROUP BY run) USING (run, pull)"
        return f"SELECT row_number() OVER () - 1 AS nr, {chosen} FROM {files} {newest if len(parts) > 1 else ''}"

    def _widened(self, parts: Sequence[table.StorePart]) -> str:
        if not parts:
            return f"SELECT *, {_no_columns(Fact.RUNS, _OTHERS)} FROM {self._held}"
        others = ", ".join(f"w.{quoted(name)}" for name in _OTHERS)
        return f"SELECT o.*, {others} FROM {self._held} AS o JOIN {self._files(parts)} AS w USING (run, pull)"

    def _begin_anew(self) -> None:
        """What was numbered by a table `runs` that lacked nothing yet does not count any more."""
        self.generation += 1
        self._runs = self._each_counts = None
        self._attr_parts = None
        self._known_odd = None

    def _make_attr(self) -> None:
        """The view `attr`: the rows of the runs as they are in `runs`."""
        parts = self.parts(Fact.ATTR)
        if parts == self._attr_parts:
            return
        names = FACTS[Fact.ATTR].columns
        if parts:
            newest = "" if self.counts_each_row() else "SEMI JOIN runs ON runs.run = a.run AND runs.body = a.pull"
            rows = f"SELECT {', '.join(map(quoted, names))} FROM {self._files(parts)} AS a {newest}"
        else:
            rows = f"SELECT {_no_columns(Fact.ATTR, [*names])} WHERE FALSE"
        self.duck.do(f"CREATE OR REPLACE VIEW attr AS {rows}")
        self._attr_parts = parts
        self._fields.clear()
        self._asked.clear()
        self._odd.clear()

    def counts_each_row(self) -> bool:
        """Whether no run was pulled twice, so that all rows count."""
        if self._each_counts is not None:
            return self._each_counts
        given = sum(part.rows for part in self._version.of(Fact.RUNS))
        rows = self.duck.rows("SELECT count(*), count(*) FILTER (body <> pull) FROM runs")
        return rows[0] == (given, 0)

    # ------------------------------------------------------------ fields

    def all_odd(self) -> dict[tuple[Space, str], frozenset[Odd]]:
        """Of each path of which something is odd, and of the column `state`, what that is."""
        tests = ", ".join(f"coalesce(bool_or({test}), false) AS {odd.value}" for odd, test in ODD_TESTS.items())
        some = " OR ".join(f"({test})" for test in ODD_TESTS.values())
        sql = f"SELECT space, path, {tests} FROM attr WHERE space IN ('config', 'summary') AND ({some}) GROUP BY ALL"
        found = {
            (Space(space), path): frozenset(odd for odd, is_so in zip(ODD_TESTS, row, strict=True) if is_so)
            for space, path, *row in self.ask(sql)
        }
        state = self._look_for_odd(Space.RUN, "state")
        return {**found, (Space.RUN, "state"): state} if state else found

    def take_odd(self, known: Mapping[tuple[Space, str], frozenset[Odd]]) -> None:
        """What is odd is known of all paths."""
        with self._lock:
            self._known_odd = known

    def take_each_counts(self, known: bool) -> None:
        """It is known whether each row of the parts counts, before one is read."""
        with self._lock:
            self._each_counts = known

    def odd_of(self, space: Space, path: str) -> frozenset[Odd]:
        """What is odd in the rows of a path, or in a column of `runs`."""
        with self._lock:
            if self._known_odd is not None:
                return self._known_odd.get((space, path), frozenset())
            if (space, path) not in self._odd:
                self._odd[space, path] = self._look_for_odd(space, path)
            return self._odd[space, path]

    def _look_for_odd(self, space: Space, path: str) -> frozenset[Odd]:
        if space is Space.RUN:
            column = quoted(path)
            odd = f"coalesce(bool_or(strlen({column}) <> length({column})), false)"
            (row,) = self.ask(f"SELECT {odd} FROM runs", [path])
            return frozenset({Odd.CASE}) if row[0] else frozenset()
        given = path.replace("'", "''")
        tests = ", ".join(f"coalesce(bool_or({test}), false)" for test in ODD_TESTS.values())
        (row,) = self.ask(f"SELECT {tests} FROM attr WHERE space = '{space.value}' AND path = '{given}'")
        return frozenset(odd for odd, is_so in zip(ODD_TESTS, row, strict=True) if is_so)

    def statement(self, selector: TypedSelector, entity: str, project: str) -> RunStatement:
        """What of a selector SQL answers."""
        return statement_of(selector, self.odd_of, entity, project)

    def rows_of(self, field: AttrField) -> tuple[str, str]:
        """What stands for the rows of a field, and its column that tells the run. A field that is asked for again is
        held in memory."""
        with self._lock:
            if field not in self._asked:
                self._asked.add(field)
                return f"({field.sql})", "run"
            if field not in self._fields:
                self._made += 1
                name = f"held_{self._made}"
                self.ask(
                    f"CREATE TABLE {name} AS SELECT runs.nr, f.t, f.num, f.str, f.whole "
                    f"FROM runs JOIN ({field.sql}) AS f ON f.run = runs.run"
                )
                self._fields[field] = name
                self._drop_oldest()
            name = self._fields.pop(field)
            self._fields[field] = name
            return name, "nr"

    def _drop_oldest(self) -> None:
        if len(self._fields) > _MOST_FIELDS:
            oldest = next(iter(self._fields))
            self._let_go.append(self._fields.pop(oldest))
            self._asked.discard(oldest)
        if len(self._let_go) > _MOST_LET_GO:
            self.duck.do(f"DROP TABLE IF EXISTS {self._let_go.pop(0)}")


def _no_columns(fact: Fact, names: Sequence[str]) -> str:
    """The columns of a fact without a value, for one that has no parts."""
    kinds = FACTS[fact].columns
    return ", ".join(f"NULL::{type_sql(kinds[name])} AS {quoted(name)}" for name in names)


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
    rows = "1 row" if part.rows == 1 else f"{part.rows:,} rows"
    lost = f"{rows} of `{part.fact.value}` {'is' if part.rows == 1 else 'are'} not in the answer"
    message = f"a part of the store `{name}` is damaged: {lost}"
    hints = (f"`{file}`: {trouble}", f"`runql store check {name}` says which; `runql pull` reads its runs again")
    return Diagnostic("RQL501", message, hints=hints)
