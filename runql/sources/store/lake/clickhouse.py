"""ClickHouse: a server by `clickhouse-connect`, or chDB in this process, which the same client speaks to."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final

from runql.errors import AuthError, BackendError, Unreachable
from runql.sources.store.lake.engine import EngineTrouble
from runql.sources.store.lake.names import LakeName, server_of
from runql.sources.store.lake.spelling import CLICKHOUSE, EngineDialect
from runql.sources.store.layout import FACTS, Fact
from runql.text.diagnostic import Diagnostic

_SETTINGS: Final = {
    "join_use_nulls": 1,  # a join without a partner gives NULL, not the zero of a type
    "use_hive_partitioning": 0,  # `fact` is no column of a part
    "max_query_size": 64 * 1024 * 1024,
    "max_ast_elements": 10_000_000,
    "max_expanded_ast_elements": 10_000_000,
}
_MOST_LINE: Final = 300
_OWN_WORDS: Final = re.compile(r"(Code: \d+\..+?)(?: \(for url .*)?$|\[Errno -?\d+\] ([^')\"]+)")
_REFUSED: Final = ("Code: 516.", "Code: 497.", "Code: 194.")
"""Neither the user nor the password, or not this, is taken."""


class ClickHouseEngine:
    """A server of ClickHouse, which sees the files of the store. Nothing is written there, no table made."""

    dialect: EngineDialect = CLICKHOUSE

    def __init__(self, name: LakeName) -> None:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import Error

        self._errors: tuple[type[Exception], ...] = (Error, OSError)
        self._lock = Lock()
        logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())  # what it logs is raised too
        try:
            if not name.authority:
                self._client: Any = clickhouse_connect.get_client(interface="chdb", settings=dict(_SETTINGS))
            else:
                server = server_of(name)
                self._client = clickhouse_connect.get_client(
                    host=server.host.strip("[]"),
                    port=server.port,
                    username=server.user or None,
                    password=server.password,
                    secure=server.is_secure,
                    settings=dict(_SETTINGS),
                    autogenerate_session_id=False,
                )
        except self._errors as error:
            raise _not_opened(name, _first_line(error)) from error

    def table(self, fact: Fact, files: Sequence[str]) -> str:
        """A table function over the list of the parts."""
        kinds = FACTS[fact].columns
        quoted, types = self.dialect.quoted, self.dialect.types
        columns = self.dialect.text(", ".join(f"{quoted(name)} {types[kind]}" for name, kind in kinds.items()))
        if not files:
            return f"null({columns})"
        folder = files[0].rpartition("/")[0]  # braces hold names: with a slash in them nothing would be found
        names = ",".join(file.rpartition("/")[2] for file in files)
        listed = self.dialect.text(f"{folder}/{{{names}}}" if len(files) > 1 else files[0])
        function = "s3" if "://" in files[0] else "file"
        return f"{function}({listed}, 'Parquet', {columns})"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        with self._lock:
            try:
                return [tuple(row) for row in self._client.query(sql).result_rows]
            except self._errors as error:
                raise EngineTrouble(_first_line(error)) from error

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def _not_opened(name: LakeName, reason: str) -> BackendError:
    """That a server is not there, or does not take who asks."""
    if any(mark in reason for mark in _REFUSED):
        hint = "user and password stand before the host: `lake+clickhouse://USER:PASSWORD@HOST/STORE`"
        return AuthError([Diagnostic("RQL401", f"`{name.shown}` does not take who asks: {reason}", hints=(hint,))])
    return Unreachable([Diagnostic("RQL404", f"`{name.shown}` cannot be reached: {reason}")])


def _first_line(error: Exception) -> str:
    """What an error says in a line: what ClickHouse itself says, or the system, without the words of the client."""
    text = " ".join(str(error).split())
    found = _OWN_WORDS.search(text)
    return (found[1] or found[2] if found else text)[:_MOST_LINE]
