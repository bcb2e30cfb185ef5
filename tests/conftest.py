"""What all tests share: a parser's table beside the grammar, as an installed RunQL has it.

Many tests start the command with a home of its own. Without the table each of these processes would build it anew,
which takes seconds; the tests of the table itself look elsewhere. And the demo: its files are read once a process.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from runql.sources.local import folder
from runql.syntax import grammar
from runql.text.collector import keep_for_good
from tests.house import demo

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # no test depends on the speed of the machine

TABLE = Path(grammar.__file__).with_name("runql.table")


def pytest_configure(config: pytest.Config) -> None:
    """Write the table once, before any worker starts, unless a fresh one is there."""
    if hasattr(config, "workerinput"):
        return
    if os.environ.get("RUNQL_ACCEPT") and config.getoption("numprocesses", None):
        raise pytest.UsageError("RUNQL_ACCEPT writes files that several tests share: leave out -n")
    key = grammar.table_key().encode() + b"\n"
    if TABLE.is_file() and TABLE.read_bytes().startswith(key):
        return
    fresh = TABLE.with_suffix(".new")
    fresh.write_bytes(grammar.write_table())
    fresh.replace(TABLE)


def pytest_collection_finish() -> None:
    """Leave the tests themselves, which are held to the end, out of the search for circles."""
    gc.collect()
    keep_for_good()


@pytest.fixture(scope="session", autouse=True)
def the_demo_is_read_once() -> Iterator[None]:
    """Hundreds of tests open the demo anew; its files stay as they are, and so does what is read of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "read_run", demo.read_run)
        yield
