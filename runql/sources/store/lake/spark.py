"""Spark: the session that this process has, or one of a master that the name says."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final

from runql.errors import SourceError, Unreachable
from runql.sources.store.lake.engine import EngineTrouble
from runql.sources.store.lake.names import LakeName
from runql.sources.store.lake.spelling import SPARK, EngineDialect
from runql.sources.store.layout import FACTS, Fact

_ESCAPED: Final = "spark.sql.parser.escapedStringLiterals"
_OWN_SESSION: Final = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
_MOST_LINE: Final = 300


class SparkEngine:
    """A session of Spark whose workers see the files of the store. Temporary views are made of them, and dropped."""

    dialect: EngineDialect = SPARK

    def __init__(self, name: LakeName) -> None:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        self._errors: tuple[type[Exception], ...] = (PySparkException, OSError)
        self._views: dict[tuple[Fact, tuple[str, ...]], str] = {}
        self._lock = Lock()
        self._own = bool(name.authority)
        session = SparkSession.getActiveSession()
        if session is None and not name.authority:
            hint = (
                "make one first (`SparkSession.builder…getOrCreate()`), or name a master: `lake+spark://local[2]/STORE`"
            )
            raise SourceError.of(
                "RQL511", f"`{name.shown}` means the Spark session of this process: there is none", hint
            )
        if name.authority:
            master = name.authority if name.authority.startswith("local") else f"spark://{name.authority}"
            builder: Any = SparkSession.builder
            try:
                for option, value in _OWN_SESSION.items():
                    builder = builder.config(option, value)
                session = builder.master(master).appName("runql").getOrCreate()
                session.sparkContext.setLogLevel("ERROR")
            except Exception as error:
                raise Unreachable.of("RQL404", f"`{name.shown}` cannot be reached: {_first_line(error)}") from error
        assert session is not None
        self._session: Any = session
        if str(self._session.conf.get(_ESCAPED, "false")).lower() == "true":
            hint = f"a session without `{_ESCAPED}` answers"
            raise SourceError.of("RQL511", f"`{name.shown}`: texts would be read otherwise than they are written", hint)

    def table(self, fact: Fact, files: Sequence[str]) -> str:
        """A temporary view over the list of the parts."""
        key = fact, tuple(files)
        with self._lock:
            if key not in self._views:
                view = f"runql_{secrets.token_hex(6)}_{fact.value}"
                types, quoted = self.dialect.types, self.dialect.quoted
                schema = ", ".join(f"{quoted(name)} {types[kind]}" for name, kind in FACTS[fact].columns.items())
                try:
                    if files:
                        frame = self._session.read.schema(schema).parquet(*files)
                    else:
                        frame = self._session.createDataFrame([], schema)
                    frame.createOrReplaceTempView(view)
                except self._errors as error:
                    raise EngineTrouble(_first_line(error)) from error
                self._views[key] = view
            return self._views[key]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        try:
            return [tuple(row) for row in self._session.sql(sql).collect()]
        except self._errors as error:
            raise EngineTrouble(_first_line(error)) from error

    def close(self) -> None:
        """Drop the views; a session of ours is stopped, one of the user stays."""
        for view in self._views.values():
            self._session.catalog.dropTempView(view)
        self._views.clear()
        if self._own:
            self._session.stop()


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:_MOST_LINE]
