"""The one place where a store speaks to DuckDB: it reads parts, and writes them.

Nothing is kept in it. Of what a user wrote only constants become SQL here, each spelt by `plan/to_sql/texts`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

from runql.errors import SourceError
from runql.extras import install_command
from runql.sources.store.layout import ColumnType
from runql.text.frozen import frozen

_CONFIG: Final[Mapping[str, str | bool | int | float | list[str]]] = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"
"""Of numbers that were logged a higher level makes hardly less, and takes longer."""
_TYPES: Final[Mapping[ColumnType, str]] = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "strings": "VARCHAR[]",
}


_FEW_KEYS: Final = 1_000
"""A join with so many keys or fewer reads only the row groups that may hold one of them. DuckDB itself looks at the
keys of a join only up to 50, and reads every row group beyond."""
_INTERRUPTED: Final = "Query interrupted"


class Unreadable(Exception):  # noqa: N818 - it says what is so
    """A part cannot be read, or not written. The text is the engine's."""


@frozen
class SqlColumn:
    """Arrays to hand over, by name, and how SQL makes the column of them; `join`: what is read beside them for that."""

    arrays: Mapping[str, Any]
    made: str
    join: str = ""


def check_extra() -> None:
    """Raise `SourceError` where what reads and writes stores is not installed."""
    lacking = [name for name in ("duckdb", "deltalake") if find_spec(name) is None]
    if lacking:
        names = " and ".join(f"`{name}`" for name in lacking)
        are, them = ("is", "it") if len(lacking) == 1 else ("are", "them")
        hint = f"install {them} with `{install_command('store')}`"
        raise SourceError.of("RQL511", f"a store needs {names}, which {are} not installed", hint)


def _engine() -> Any:
    """DuckDB without the relations and expressions that its package builds upon it in Python: SQL needs none of them,
    and to load them takes longer than a question does."""
    try:
        import _duckdb
    except ImportError:  # where a package holds its engine under another name
        import duckdb

        return duckdb
    return _duckdb


def _connected() -> Any:
    """A DuckDB of its own."""
    connection = _engine().connect(":memory:", config=dict(_CONFIG))
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET GLOBAL dynamic_or_filter_threshold = {_FEW_KEYS}")
    return connection


class _Ahead:
    """A DuckDB that is opened in a thread."""

    def __init__(self) -> None:
        self._made: Any = None
        self._failed: Exception | None = None
        self._thread = Thread(target=self._open, name="runql-duck")
        self._thread.start()

    def _open(self) -> None:
        try:
            self._made = _connected()
        except Exception as error:  # noqa: BLE001 - whatever it is, who asks for the connection is told
            self._failed = error

    def connection(self) -> Any:
        """It, once it is there. Raises what kept it from being opened."""
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        return self._made


_ahead: list[_Ahead] = []
"""The one that is opened for the next who asks."""


def open_ahead() -> None:
    """Begin to open the next `Duck`: for who knows that there will be one, and has much to load before it."""
    if not _ahead:
        _ahead.append(_Ahead())


class Duck:
    """A DuckDB in this process, without a file. Threads may share it."""

    def __init__(self) -> None:
        self._connection = _ahead.pop().connection() if _ahead else _connected()
        self._error: type[Exception] = _engine().Error
        self._lock = Lock()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What goes wrong inside is `Unreadable`, and Ctrl-C is Ctrl-C, of which DuckDB makes an error of its own."""
        try:
            yield
        except self._error as error:
            raise Unreadable(_first_line(error)) from error
        except RuntimeError as error:
            if str(error) == _INTERRUPTED:
                raise KeyboardInterrupt from error
            raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that a question gives. Raises `Unreadable`."""
        with self._lock:
            cursor = self._connection.cursor()
        with self._asking(), closing(cursor):
            found: list[tuple[Any, ...]] = cursor.execute(sql, list(parameters)).fetchall()
        return found

    def column(self, sql: str) -> list[Any]:
        """The one column of a question, which has no NULL in it. Raises `Unreadable`."""
        with self._lock:
            cursor = self._connection.cursor()
        with self._asking(), closing(cursor):
            (array,) = cursor.execute(sql).fetchnumpy().values()
        return list(array.tolist())

    def arrays(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The columns of a question as arrays, in which no NULL is. Raises `Unreadable`."""
        with self._lock:
            cursor = self._connection.cursor()
        with self._asking(), closing(cursor):
            found: list[Any] = [*cursor.execute(sql, list(parameters)).fetchnumpy().values()]
        return found

    def do(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Carry a statement out. Raises `Unreadable`."""
        with self._lock, self._asking():
            self._connection.execute(sql, list(parameters))

    def copy(self, sql: str, path: Path) -> int:
        """Write the rows of a question to a part, and give how many there are. Raises `Unreadable`."""
        target = str(path).replace("'", "''")
        return int(self.rows(f"COPY ({sql}) TO '{target}' ({_PARQUET})")[0][0])

    def write(
        self,
        path: Path,
        columns: Mapping[str, SqlColumn],
        order: Sequence[str],
        names: Sequence[str] = (),
    ) -> None:
        """Write a part, sorted by some columns, or as the arrays are: rows keep their order through the joins, whose
        other side is small. `names`: the texts that a `named_column` gives by their places. Raises `Unreadable`."""
        import numpy as np

        arrays = {name: array for column in columns.values() for name, array in column.arrays.items()}
        table = np.empty(len(names), object)
        table[:] = list(names)
        chosen = ", ".join(f"{column.made} AS {quoted(name)}" for name, column in columns.items())
        joins = " ".join(column.join for column in columns.values())
        by = f"ORDER BY {', '.join(map(quoted, order))}" if order else ""
        target = str(path).replace("'", "''")
        with self._lock, self._asking():
            try:
                self._connection.register("handed_over", arrays)
                self._connection.register("names", {"place": np.arange(len(names), dtype=np.int32), "text": table})
                rows = f"SELECT * FROM (SELECT {chosen} FROM handed_over {joins}) {by}"
                self._connection.execute(f"COPY ({rows}) TO '{target}' ({_PARQUET})")
            finally:
                self._connection.unregister("handed_over")
                self._connection.unregister("names")

    def close(self) -> None:
        """Let it go."""
        with self._lock:
            self._connection.close()


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def type_sql(kind: ColumnType) -> str:
    """A type as DuckDB calls it."""
    return _TYPES[kind]


def files_sql(paths: Sequence[Path], *, numbered: bool = False) -> str:
    """A table of the rows of some parts. `numbered`: with `file_row_number`, where each row stands in its part."""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false{', file_row_number = true' if numbered else ''})"


def named_column(name: str, places: Any) -> SqlColumn:
    """A column of texts that are given by their places among the names."""
    of = quoted(f"{name} names")
    join = f"JOIN names AS {of} ON {of}.place = handed_over.{quoted(name)}"
    return SqlColumn({name: places}, f"{of}.text", join)


def array_column(name: str, array: Any, kind: ColumnType) -> SqlColumn:
    """A column of a NumPy array without gaps. NaN stays NaN, which DuckDB else takes for NULL."""
    import numpy as np

    if kind != "double":
        return SqlColumn({name: array}, f"{quoted(name)}::{_TYPES[kind]}")
    is_nan = np.isnan(array)
    if not is_nan.any():
        return SqlColumn({name: array}, quoted(name))
    flags = f"{name} nan"
    made = f"(CASE WHEN {quoted(flags)} THEN 'nan'::DOUBLE ELSE {quoted(name)} END)"
    return SqlColumn({name: array, flags: is_nan}, made)


def column_of_values(name: str, values: Sequence[Any], kind: ColumnType) -> SqlColumn:
    """A column of Python's values, of which `None` is NULL. Times are given as microseconds, lists as JSON."""
    import numpy as np

    gaps = np.array([value is None for value in values], np.bool_)
    flags = f"{name} gap"
    if kind in ("string", "strings"):
        array = np.empty(len(values), object)
        array[:] = ["" if value is None else value for value in values]
    else:
        types = {"double": np.float64, "boolean": np.bool_}
        array = np.array([0 if value is None else value for value in values], types.get(kind, np.int64))
    plain = quoted(name)
    if kind == "timestamp":
        plain = f"make_timestamp({plain})"
    elif kind == "strings":
        plain = f"""from_json({plain}, '["VARCHAR"]')"""
    made = f"(CASE WHEN {quoted(flags)} THEN NULL ELSE {plain} END)::{_TYPES[kind]}"
    return SqlColumn({name: array, flags: gaps}, made)


def _first_line(error: Exception) -> str:
    """What an error says in a line; of a file that cannot be written DuckDB says it in JSON."""
    text = str(error).partition("\n")[0]
    _, is_json, told = text.partition(': {"exception_type"')
    try:
        return str(json.loads(f'{{"exception_type"{told}')["exception_message"]) if is_json else text
    except (ValueError, KeyError, TypeError):
        return text
