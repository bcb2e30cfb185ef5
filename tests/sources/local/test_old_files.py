"""Folders that SDKs before 0.10 left are read back as `tests/fixtures/make_old_runs.py` logged them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runql.sources.local import LocalService
from tests.fixtures import make_old_runs
from tests.sources.local.ask import history, notices, page, rows
from tests.sources.local.real import flat, same, without_clock

FILES = Path(__file__).parents[2] / "fixtures" / "old_files"
HISTOGRAM = {"_type": "histogram", "values": [1, 2], "bins": [0, 1, 2]}


@pytest.fixture(params=sorted(path.name for path in FILES.iterdir()))
def service(request: pytest.FixtureRequest) -> LocalService:
    return LocalService(FILES / request.param)


def test_every_row_and_nothing_else(service: LocalService) -> None:
    expected: list[dict[str, Any]] = [
        {"_step": step, **flat(row)} for step, row in enumerate(make_old_runs.rows(HISTOGRAM))
    ]
    found = page(service).runs
    assert len(found) == 2
    for run in found:
        assert same(without_clock(rows(history(service, run.id))), expected)
        assert history(service, run.id, "loss", "net.b.c").columns.keys() == {"_step", "loss", "net.b.c"}


def test_what_the_folder_says_of_a_run(service: LocalService) -> None:
    listing = page(service)
    assert not notices(listing)
    for run in listing.runs:
        assert run.config == {**make_old_runs.CONFIG, "tup": [1, 2]}
        assert (run.name, run.project, run.notes) == ("my run", "oldp", "hello\nthere")
        assert (run.state, run.host, run.user, run.history_line_count) == ("finished", "node-1", "ada", 30)
        assert run.created is not None
        assert run.created.strftime("%Y%m%d_%H%M%S") in {path.name[7:22] for path in FILES.glob("*/wandb/*")}
        assert run.runtime is not None
        assert 1 < run.runtime < 10
        assert (run.summary or {})["net"] == {"a": 29, "b": {"c": -29}}
        machine = history(service, run.id, stream="system")
        assert machine.length == 1
        assert machine.columns["system.cpu"][0] > 0
    assert {(run.summary or {}).get("best") for run in listing.runs} == {0.5, None}
