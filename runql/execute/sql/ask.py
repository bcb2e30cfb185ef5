"""A question in SQL to a table, or to a store, answered by DuckDB in this process: it reads that and nothing else.

Closed before the question is read: no file but those of the store, no network, no extension, no variable of Python; the
configuration is locked. Bounded: memory by DuckDB itself, time here. What DuckDB makes of one huge value
(`repeat('a', 3000000000)`) it neither counts nor stops; then nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from runql.config import SqlBounds
from runql.engine.stages import StageContext, StageResult
from runql.engine.table import Table
from runql.errors import QueryError
from runql.execute.sql.from_sql import returned, size_of
from runql.execute.sql.refused import HINT_OF_TABLE, OutOfBounds, only_one_question, refusal
from runql.execute.sql.to_sql import hand_over
from runql.results.cell_text import whole_unicode
from runql.semantic.typed import TSql
from runql.text.diagnostic import Diagnostic, without_secrets
from runql.text.frozen import frozen

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

_CLOSED: Final = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "errors_as_json": "true",
}
_LOOKS_EVERY_SECONDS: Final = 0.02
_GRACE_SECONDS: Final = 1.0
_ROWS_AT_A_TIME: Final = 10_000
_MOST_OF_A_PARAMETER: Final = 2**127 - 1


@frozen
class _SqlAnswer:
    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    said: tuple[Diagnostic, ...]


def answer(stage: TSql, table: Table, context: StageContext, bounds: SqlBounds) -> StageResult:
    """The table that a question gives. Raises `QueryError` for one that is refused, or reaches a bound."""
    asked = SqlQuestion(stage, (), lambda connection: hand_over(connection, table, stage.span), tuple(table.names))
    made, said = asked.answer(bounds)
    return StageResult(made, said, context.other())


@frozen
class SqlQuestion:
    """A question and what it is asked of.

    `files`: those that it may read. `prepare` makes its tables and says what is to be said of them. `columns`: those
    of the table, where there is but one. `tables`: what is said of them where none was named rightly.
    """

    stage: TSql
    files: tuple[str, ...]
    prepare: Callable[[duckdb.DuckDBPyConnection], tuple[Diagnostic, ...]]
    columns: tuple[str, ...] = ()
    tables: str = HINT_OF_TABLE

    def answer(self, bounds: SqlBounds) -> tuple[Table, tuple[Diagnostic, ...]]:
        """The table that it gives. Raises `QueryError` if it is refused, or reaches a bound."""
        import duckdb

        stage = self.stage
        question = whole_unicode(stage.question)
        config: dict[str, str | bool | int | float | list[str]] = {**_CLOSED, "memory_limit": f"{bounds.memory_mb:g}MB"}
        connection = duckdb.connect(":memory:", config=config)

        def work() -> _SqlAnswer:
            try:
                return self._answered(connection, question, bounds)
            finally:
                connection.close()

        def interrupt() -> None:
            with suppress(duckdb.ConnectionException):  # it has just ended by itself
                connection.interrupt()

        try:
            found = _in_time(work, interrupt, bounds.seconds)
        except (duckdb.Error, OutOfBounds, MemoryError) as error:
            found_wrong = refusal(error, question, stage, self.columns, bounds, tables=self.tables)
            raise QueryError(without_secrets([found_wrong], stage.secrets)) from error
        made, said = returned(found.names, found.types, found.rows, stage.zone, stage.span)
        return made, (*found.said, *said)

    def _answered(self, connection: duckdb.DuckDBPyConnection, question: str, bounds: SqlBounds) -> _SqlAnswer:
        stage = self.stage
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in self.files)
        connection.execute(f"SET allowed_paths = [{listed}]")
        connection.execute("SET enable_external_access = false")
        said = (*self.prepare(connection), *_in_zone(connection, stage))
        connection.execute("SET lock_configuration = true")
        statement = only_one_question(connection, question, stage, self.tables)
        wanted = {name.lower() for name in statement.named_parameters}
        given = {name: _parameter(name, value, stage) for name, value in stage.parameters if name.lower() in wanted}
        cursor = connection.execute(statement, given or None)
        columns = cursor.description or []
        rows: list[tuple[Any, ...]] = []
        size = 0
        while part := cursor.fetchmany(_ROWS_AT_A_TIME):
            rows += part
            size += sum(map(size_of, part))
            if size > bounds.memory_mb * 1e6:
                raise OutOfBounds(memory=True)
        return _SqlAnswer(tuple(str(one[0]) for one in columns), tuple(str(one[1]) for one in columns), rows, said)


def _parameter(name: str, value: Any, stage: TSql) -> Any:
    """A value of ours as the client takes it."""
    if isinstance(value, list):
        return [_parameter(name, one, stage) for one in value]
    if isinstance(value, int) and abs(value) > _MOST_OF_A_PARAMETER:
        raise QueryError([Diagnostic("RQL245", f"`${name}` is larger than any whole number of SQL", stage.span)])
    return whole_unicode(value) if isinstance(value, str) else value


# ---------------------------------------------------------------- time


def _in_zone(connection: duckdb.DuckDBPyConnection, stage: TSql) -> tuple[Diagnostic, ...]:
    """Let days begin in SQL where they begin in the session; where SQL does not know that zone, in UTC, and say so."""
    named = connection.execute("SELECT current_setting('TimeZone')").fetchone()
    own = stage.zone.key if isinstance(stage.zone, ZoneInfo) else str(named[0]) if named else ""
    for name in (own, "UTC"):
        if name and _agree(name, stage.zone):
            connection.execute("SET TimeZone = ?", [name])
            return ()
    connection.execute("SET TimeZone = 'UTC'")
    message = "days of SQL begin in UTC: it does not know the zone of this computer"
    return (Diagnostic("RQL331", message, stage.span, hints=("for example: `TZ=Europe/Berlin`",)),)


def _agree(name: str, zone: tzinfo) -> bool:
    """Whether a zone by name has the same clock, as far as the months of some years tell."""
    try:
        other = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    now = datetime.now(UTC)
    moments = (now - timedelta(days=30 * month) for month in range(36))
    return all(moment.astimezone(zone).utcoffset() == moment.astimezone(other).utcoffset() for moment in moments)


def _in_time(work: Callable[[], T], interrupt: Callable[[], None], seconds: float) -> T:
    """What some work gives, done in a thread so that it can be interrupted. Raises `OutOfBounds` after its time."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
            done.set_exception(error)

    Thread(target=run, name="runql-sql", daemon=True).start()
    end = monotonic() + seconds
    try:
        while not done.done():
            wait([done], _LOOKS_EVERY_SECONDS)
            if not done.done() and monotonic() >= end:
                raise OutOfBounds(memory=False)
        return done.result()
    except BaseException:
        grace = monotonic() + _GRACE_SECONDS
        while not done.done() and monotonic() < grace:
            interrupt()
            wait([done], _LOOKS_EVERY_SECONDS)
        raise
