"""Values beyond every bound, on disk and on a server: one run never takes the others down, and it is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runql.results.formats.formats import FORMATS
from runql.results.terminal_table.options import View
from runql.session import Result, Session
from runql.sources.protocol import ServiceApi
from runql.sources.wandb import Credentials, ServiceOptions, WandbService
from runql.sources.wandb.http import client
from runql.text.source import Source
from tests.server import Store
from tests.session import odd_values
from tests.sources.wandb.in_process import InProcess

QUERIES = """
runs
runs full
runs select id, config.*, summary.*
runs order config.huge
runs order -config.large
runs where config.huge > 3
count runs where config.deep is null
runs | describe
runs | diff
runs keys loss, huge
runs keys * scan
runs keys huge, large, digits, deep align ffill scan
runs keys large scan | smooth ema 0.5
runs select id, max(logged.large), mean(logged.large), last(logged.deep), first(logged.huge) scan
runs keys large scan | group run_id: s = sum(large), m = mean(large), v = std(large), q = p90(large), l = last(large)
runs | group state: s = sum(config.large), m = mean(config.large), d = std(config.large), x = max(config.large * 3)
runs | group config.deep: n = count()
runs | derive a = config.large * 4, b = config.large ** 2, c = config.int64 ** 60, d = config.large / 3
runs | derive a = round(config.large, -2), b = log(config.large), c = config.overflow - config.nan
runs | distinct by config.list
runs | where config.record.fine = 3
show fields
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return odd_values.folder(tmp_path_factory.mktemp("odd"))


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbService]:
    store = Store()
    rows = [{"_step": step, "loss": 1.0 / (step + 1), "huge": step, "large": step, "deep": step} for step in range(5)]
    fine = {"config": {"lr": 0.1, "huge": 5}, "summary": {"loss": 0.2}, "history": rows}
    store.add_project("acme", "odd", [{"name": "fine", **fine}, {"name": "odd", **fine}, {"name": "rows", **fine}])
    monkeypatch.setattr(client, "Transport", InProcess(store, odd_values.planted))
    found = WandbService(Credentials("http://127.0.0.1:9"), ServiceOptions("", "acme", "odd"))
    yield found
    found.close()


def answer(source: str | ServiceApi, query: str) -> Result:
    (result,) = Session(source).run(Source(query), {})
    assert isinstance(result, Result)
    return result


def to_every_sink(result: Result) -> None:
    frame = result.frame
    assert len(list(frame.rows())) == len(frame)
    frame.pandas()
    frame.polars()
    frame.arrow()
    assert repr(frame)
    assert frame._repr_html_()
    for form in FORMATS.values():
        if not form.entry.binary and form.name != "none":
            assert b"".join(form.pieces(result.output(View())))


@pytest.mark.parametrize("query", QUERIES.strip().splitlines())
def test_on_disk(folder: Path, query: str) -> None:
    to_every_sink(answer(str(folder), query))


def test_on_disk_it_is_said(folder: Path) -> None:
    result = answer(str(folder), "runs select id, config.huge, config.large order created")
    assert result.frame.columns["config.huge"][:2] == [5, str(2**1024)]
    assert result.frame.columns["config.large"][1] == 2**1023
    assert [notice.code for notice in result.notices].count("RQL540") == 1


@pytest.mark.parametrize("query", QUERIES.strip().splitlines())
def test_on_a_server(service: WandbService, query: str) -> None:
    to_every_sink(answer(service, query))


def test_on_a_server_it_is_said(service: WandbService) -> None:
    result = answer(service, "runs select id, config.huge, config.large order id")
    assert result.frame.columns["config.huge"] == [5, str(2**1024), 5]
    assert result.frame.columns["config.large"][1] == 2**1023
    assert [notice.code for notice in result.notices].count("RQL540") == 1
    scan = answer(service, "run rows keys huge scan")
    assert scan.frame.columns["huge"] == [str(2**1024)] * 5
    assert "RQL540" in [notice.code for notice in scan.notices]
