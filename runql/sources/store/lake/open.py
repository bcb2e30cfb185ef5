"""From the name of an engine to whoever speaks to it."""

from __future__ import annotations

from importlib.util import find_spec

from runql.errors import SourceError
from runql.extras import install_command
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


_OF_EXTRA = {"sqlglot", "clickhouse_connect"}


def _check(name: LakeName, *needed: str) -> None:
    lacking = [module for module in needed if find_spec(module) is None]
    if lacking:
        commands = dict.fromkeys(
            install_command("remote") if module in _OF_EXTRA else f'pip install "{module}"' for module in lacking
        )
        wanted = " and ".join(f"`{command}`" for command in commands)
        packages = " and ".join(f"`{module.replace('_', '-')}`" for module in lacking)
        are = "is" if len(lacking) == 1 else "are"
        message = f"`{name.shown}` needs {packages}, which {are} not installed"
        raise SourceError.of("RQL511", message, f"install with {wanted}")
