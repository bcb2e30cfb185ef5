"""The facts of a version as another engine sees them: `runs` and `attr` stand before each statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from runql.errors import ServerError, SourceError
from runql.language.fields import Space
from runql.plan.selectors import TypedSelector
from runql.plan.to_sql.fields import AttrField, Odd
from runql.plan.to_sql.statement import RunStatement
from runql.sources.store import table
from runql.sources.store.lake.engine import EngineTrouble, LakeEngine
from runql.sources.store.lake.exact import exact_statement
from runql.sources.store.lake.spelling import gives_runs, is_limited, spelled, tables_of
from runql.sources.store.layout import FACTS, Fact
from runql.sources.store.views import ODD_TESTS, StoreViews

MOST_RUNS: Final = 1_000_000
"""So many runs come back at the most: what is more is an error, not a shorter answer."""


class LakeViews(StoreViews):
    """A version of a store in another engine. What is counted once a version, the catalog, is counted here.

    A run is told there by its key, and by a number here. `at`: the folder of the store as the engine sees it.
    """

    def __init__(self, folder: Path, name: str, version: table.Version, engine: LakeEngine, at: str) -> None:
        super().__init__(folder, name, version)
        self.here = StoreViews(folder, name, version)
        self.engine = engine
        self._store_name = name
        self._version_read = version
        self._at = at.rstrip("/")
        self._keys: list[str] = []
        self._numbers: dict[str, int] = {}
        self._of: dict[Fact, str] = {}

    # ------------------------------------------------------------ tables

    def of(self, fact: Fact) -> str:
        """What stands for all rows of a fact."""
        if fact not in self._of:
            parts = [part for part in self._version_read.of(fact) if part not in self.lost]
            try:
                of = self.engine.table(fact, [f"{self._at}/{part.path}" for part in parts])
                ((found,),) = self.engine.rows(f"SELECT count(*) FROM {of} AS f")
            except EngineTrouble as error:
                raise self._failed(error) from error
            self._check_whole(fact, sum(part.rows for part in parts), int(found))
            self._of[fact] = of
        return self._of[fact]

    def _check_whole(self, fact: Fact, rows: int, found: int) -> None:
        """Raise `SourceError` where an engine does not see the files: it may pass over those that are not there."""
        if found != rows:
            message = (
                f"{self.engine.dialect.title} finds {found:,} of the {rows:,} rows of `{fact.value}` "
                f"in the files of the store `{self._store_name}`"
            )
            hint = f"it looks in `{self._at}`: where it has them elsewhere, write `?files=PATH` behind the name"
            raise SourceError.of("RQL511", message, hint)

    def _failed(self, error: EngineTrouble) -> ServerError:
        title = self.engine.dialect.title
        found = ServerError.of("RQL405", f"{title} does not answer for the store `{self._store_name}`: {error}")
        assert isinstance(found, ServerError)
        return found

    def _with(self, names: Iterable[str]) -> str:
        """The tables that a statement reads, before it."""
        wanted = {*names}
        rows = []
        if "runs" in wanted or "points" in wanted or ("attr" in wanted and not self.is_all_newest):
            rows.append(f"runs AS ({self._newest_runs()})")
        if "attr" in wanted:
            rows.append(f"attr AS ({self._newest_attr()})")
        if "points" in wanted:
            rows.append(f"points AS ({self._newest_points()})")
        return f"WITH {', '.join(rows)} " if rows else ""

    @cached_property
    def is_all_newest(self) -> bool:
        """Whether no run was pulled twice, so that all rows count: a compaction wrote them, or the runs say so."""
        if all(part.pull == 0 for fact in (Fact.RUNS, Fact.ATTR) for part in self._version_read.of(fact)):
            return True
        sql = "SELECT count(*), count(DISTINCT run), sum(CASE WHEN body <> pull THEN 1 ELSE 0 END)"
        ((rows, runs, others),) = self.native(f"{sql} FROM {self.of(Fact.RUNS)} AS f", ())
        return bool(rows == runs and not others)

    def _newest_runs(self) -> str:
        quoted, of = self.engine.dialect.quoted, self.of(Fact.RUNS)
        names = ", ".join(f"f.{quoted(name)} AS {quoted(name)}" for name in FACTS[Fact.RUNS].columns)
        newest = (
            ""
            if self.is_all_newest
            else (
                f" LEFT SEMI JOIN (SELECT run AS of_run, max(pull) AS of_pull FROM {of} GROUP BY run) AS n "
                "ON n.of_run = f.run AND n.of_pull = f.pull"
            )
        )
        return f"SELECT f.run AS nr, {names} FROM {of} AS f{newest}"

    def _newest_attr(self) -> str:
        quoted = self.engine.dialect.quoted
        names = ", ".join(f"a.{quoted(name)} AS {quoted(name)}" for name in FACTS[Fact.ATTR].columns)
        newest = "" if self.is_all_newest else " LEFT SEMI JOIN runs AS n ON n.run = a.run AND n.body = a.pull"
        return f"SELECT {names} FROM {self.of(Fact.ATTR)} AS a{newest}"

    def _newest_points(self) -> str:
        key, newest = self.engine.dialect.quoted("key"), "JOIN runs AS n ON n.run = p.run AND n.body = p.pull"
        names = f"p.run AS run, p.{key} AS metric, p.val AS val, p.whole AS whole"
        return f"SELECT {names} FROM {self.of(Fact.POINTS)} AS p {newest}"

    # ------------------------------------------------------------ statements

    def ask(
        self,
        sql: str,
        columns: Collection[str] = (),  # noqa: ARG002 - an engine reads the columns that a statement names
        parameters: Sequence[Any] = (),
    ) -> list[tuple[Any, ...]]:
        """The rows of a statement of the store. Raises `ServerError` for what the engine does not answer exactly."""
        of = spelled(sql, self.engine.dialect)
        if of is None or parameters:
            message = f"{self.engine.dialect.title} does not answer exactly what was asked of it"
            raise ServerError.of("RQL405", message, f"`{sql}`")
        rows = self.native(of, tables_of(sql))
        return [self._numbered(row) for row in rows] if gives_runs(sql) else rows

    def column(self, sql: str, columns: Collection[str] = ()) -> list[Any]:
        """The one column of a statement: the numbers of runs. Raises `SourceError` for too many."""
        bounded = sql if is_limited(sql) else f"{sql}\nLIMIT {MOST_RUNS + 1}"
        numbers = [row[0] for row in self.ask(bounded, columns)]
        self._check_few(len(numbers))
        return numbers

    def listed(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, the first column of which tells runs: by their keys. Raises `SourceError` for too
        many."""
        bounded = sql if is_limited(sql) else f"{sql}\nLIMIT {MOST_RUNS + 1}"
        of = spelled(bounded, self.engine.dialect)
        assert of is not None, f"not exact: {sql}"
        rows = self.native(of, tables_of(bounded))
        self._check_few(len(rows))
        return rows

    def _check_few(self, count: int) -> None:
        if count > MOST_RUNS:
            hints = ('`limit`, and terms that `explain` does not call "not by SQL", make them fewer',)
            message = f"more than {MOST_RUNS:,} runs would come back from {self.engine.dialect.title}"
            raise SourceError.of("RQL577", message, *hints)

    def native(self, sql: str, tables: Iterable[str]) -> list[tuple[Any, ...]]:
        """The rows of a statement that the engine takes as it is."""
        try:
            return self.engine.rows(self._with(tables) + sql)
        except EngineTrouble as error:
            raise self._failed(error) from error

    def number(self, key: str) -> int:
        """The number of a run by its key."""
        with self._lock:
            if key not in self._numbers:
                self._numbers[key] = len(self._keys)
                self._keys.append(key)
            return self._numbers[key]

    def key(self, number: int) -> str:
        """The key of a run by its number."""
        return self._keys[number]

    def _numbered(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self.number(row[0]), *row[1:])

    def statement(self, selector: TypedSelector, entity: str, project: str) -> RunStatement:
        """What of a selector the engine answers exactly."""
        return exact_statement(selector, self.odd_of, self.engine.dialect, entity, project)

    def rows_of(self, field: AttrField) -> tuple[str, str]:
        """What stands for the rows of a field: nothing is held in memory here."""
        return f"({field.sql})", "run"

    def _look_for_odd(self, space: Space, path: str) -> frozenset[Odd]:
        if space is Space.RUN:
            states = self.ask(f'SELECT DISTINCT "{path}" FROM runs')
            is_plain = all(state is None or state.isascii() for (state,) in states)
            return frozenset() if is_plain else frozenset({Odd.CASE})
        text = self.engine.dialect.text
        tests = ", ".join(f"max(CASE WHEN {test} THEN 1 ELSE 0 END)" for test in ODD_TESTS.values())
        where = f"space = {text(space.value)} AND path = {text(path)}"
        (row,) = self.native(f"SELECT {tests} FROM attr WHERE {where}", ("attr",))
        return frozenset(odd for odd, is_so in zip(ODD_TESTS, row, strict=True) if is_so)
