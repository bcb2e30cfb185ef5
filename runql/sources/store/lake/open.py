"""From the name of an engine to whoever speaks to it."""

from __future__ import annotations

from importlib.util import find_spec

from runql.errors import SourceError
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName


def open_engine(name: LakeName) -> LakeEngine:
    """The engine that a name means. Raises `SourceError` where what speaks to it is not installed."""
    if name.engine == "clickhouse":
        _check(name, "sqlglot", "clickhouse_connect", *(() if name.authority else ("chdb",)))
        from runql.sources.store.lake.clickhouse import ClickHouseEngine

        return ClickHouseEngine(name)
    _check(name, "sqlglot", "pyspark")
    from runql.sources.store.lake.spark import SparkEngine

    return SparkEngine(name)


_PACKAGES = {"sqlglot": "runql[remote]", "clickhouse_connect": "runql[remote]", "chdb": "chdb", "pyspark": "pyspark"}


def _check(name: LakeName, *needed: str) -> None:
    lacking = [module for module in needed if find_spec(module) is None]
    if lacking:
        wanted = " ".join(f'"{each}"' for each in dict.fromkeys(_PACKAGES[module] for module in lacking))
        packages = " and ".join(f"`{module.replace('_', '-')}`" for module in lacking)
        are = "is" if len(lacking) == 1 else "are"
        message = f"`{name.shown}` needs {packages}, which {are} not installed"
        raise SourceError.of("RQL511", message, f"install with `pip install {wanted}`")
