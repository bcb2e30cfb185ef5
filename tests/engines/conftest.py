"""ClickHouse and Spark, each once: `make test-engines` installs and runs them, elsewhere these tests are skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName, lake_name
from runql.sources.store.lake.open import open_engine

NAMES = {"clickhouse": "lake+clickhouse:///s", "spark": "lake+spark:///s"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs engines where nobody asked for them."""
    if os.environ.get("RUNQL_ENGINES") != "1":
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="`make test-engines` installs the engines and runs these"))


class SharedEngine:
    """An engine that several stores of a test ask; none of them lets it go."""

    def __init__(self, engine: LakeEngine) -> None:
        self.dialect = engine.dialect
        self.table = engine.table
        self.rows = engine.rows

    def close(self) -> None:
        """Nothing: others go on."""


@pytest.fixture(scope="session", params=[*NAMES])
def lake(request: pytest.FixtureRequest) -> Iterator[tuple[LakeName, LakeEngine]]:
    """An engine, and the name that means it. The Spark session is that of a user."""
    name = lake_name(NAMES[request.param])
    session = _session() if request.param == "spark" else None
    engine = open_engine(name)
    yield name, SharedEngine(engine)
    engine.close()
    if session is not None:
        assert session.range(1).count() == 1  # the user's own goes on
        session.stop()


def _session() -> Any:
    from pyspark.sql import SparkSession

    quick = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.session.timeZone": "Asia/Kolkata",
    }
    builder = SparkSession.builder.master("local[1]")
    for option, value in quick.items():
        builder = builder.config(option, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session
