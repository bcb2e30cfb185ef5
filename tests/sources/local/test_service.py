"""A folder answers as every source of runs does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runql.engine.mongo.history_keys import history_keys_of
from runql.errors import ArgumentError, NotFound
from runql.language.fields import Space
from runql.plan.selectors import TypedSelector, wandb_selector
from runql.sources import at_hand
from runql.sources.local import LocalService
from runql.sources.protocol import FULL, LIGHT, HistoryRequest, PageRequest, ServiceApi, Wanted
from tests.sources.local import files
from tests.sources.local.ask import codes, history, page, rows


@pytest.fixture
def source(tmp_path: Path) -> LocalService:
    """Five runs of a sweep: `lr` goes down, `loss` up, `val/loss` is logged every fifth step."""
    for at in range(5):
        bodies = [
            files.run(f"r{at}", started=1.7e9 + at, config={"lr": 1 / (at + 1)}, sweep="s1" if at else "", tags=["t"])
        ]
        for step in range(100):
            values = {("loss",): at + step, ("acc",): step} | ({("val/loss",): step} if step % 5 == 0 else {})
            bodies += [files.summary(values), files.row(values, step)]
        files.write(tmp_path, files.log([*bodies, files.exit_(at % 2)]), f"r{at}")
    return LocalService(tmp_path, name="./wandb")


def test_it_is_a_source(source: LocalService) -> None:
    assert isinstance(source, ServiceApi)
    assert source.name == "./wandb"
    assert source.capabilities.counts
    source.close()


def test_pages(source: LocalService) -> None:
    request = PageRequest("", "p", wandb_selector({"config.lr": {"$lt": 1}}, "-summary_metrics.loss"), per_page=3)
    first = source.runs_page(request)
    assert [run.id for run in first.runs] == ["r4", "r3", "r2"]
    assert (first.total, first.has_next) == (4, True)
    second = source.runs_page(replace(request, cursor=first.cursor))
    assert [run.id for run in second.runs] == ["r1"]
    assert not second.has_next


def test_a_page_holds_what_was_asked_for(source: LocalService) -> None:
    light = page(source, wanted=LIGHT).runs[0]
    assert (light.config, light.summary, light.system_metrics, light.logged) == (None, None, None, None)
    some = page(source, wanted=Wanted(config=("lr",), summary=("acc", "gone"))).runs[0]
    assert (some.config, some.summary) == ({"lr": 1.0}, {"acc": 99})
    full = page(source, wanted=FULL).runs[0]
    assert history_keys_of(full)["lastStep"] == 99


def test_count_run_and_upgrade(source: LocalService) -> None:
    assert source.count("", "", wandb_selector({"state": "failed"})) == 2
    assert source.count("", "", wandb_selector({"keys_info.keys.val/loss": {"$exists": True}})) == 5
    run = source.run("", "", "r1", FULL)
    assert run is not None
    assert (run.id, run.sweep) == ("r1", "s1")
    assert source.run("", "", "nobody", FULL) is None
    assert source.upgrade("", "", ("r1", "nobody"), FULL) == {"r1": run}


def test_a_project_that_is_not_there(source: LocalService) -> None:
    with pytest.raises(NotFound, match="no project `q`"):
        source.count("", "q", TypedSelector())


def test_a_filter_that_is_wrong(source: LocalService) -> None:
    with pytest.raises(ArgumentError):
        source.count("", "", wandb_selector({"config.lr": {"$near": 1}}))


def test_histories_in_the_order_of_the_ids(source: LocalService) -> None:
    found = list(source.histories(HistoryRequest("", "", ("r3", "nobody", "r1"), ("loss",), samples=10)))
    assert [(one.run_id, one.length) for one in found] == [("r3", 10), ("nobody", 0), ("r1", 10)]
    assert found[0].sampled
    assert found[0].rows_of == {"loss": 100}
    assert found[0].columns["loss"][0] == 3
    assert found[0].columns["loss"][-1] == 102


def test_rows_that_hold_all_keys(source: LocalService) -> None:
    found = history(source, "r0", "loss", "val/loss", rows="all", min_step=10, max_step=20)
    assert found.columns == {"_step": [10, 15, 20], "loss": [10, 15, 20], "val/loss": [10, 15, 20]}
    assert found.rows_of == {"loss": 11, "val/loss": 3}


def test_a_scan_comes_in_pieces(source: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_hand, "PIECE_ROWS", 30)
    found = list(source.histories(HistoryRequest("", "", ("r0",), ("loss",), samples=None)))
    assert [one.length for one in found] == [30, 30, 30, 10]
    assert [row["loss"] for one in found for row in rows(one)] == list(range(100))
    assert all(one.rows_of == {"loss": 100} for one in found)


def test_sweeps_and_projects(source: LocalService) -> None:
    (sweep,) = source.sweeps("", "")
    assert (sweep.id, sweep.project, sweep.run_count) == ("s1", "p", 4)
    assert source.sweep("", "p", "s1") == sweep
    assert source.sweep("", "p", "s2") is None
    (project,) = source.projects("")
    assert (project.name, project.run_count) == ("p", 5)
    assert project.last_active is not None


def test_the_catalog(source: LocalService) -> None:
    catalog = source.catalog("", "")
    assert (catalog.source, catalog.run_count, catalog.complete) == ("./wandb", 5, True)
    lr = catalog.index.by_path[Space.CONFIG, ("lr",)]
    assert (lr.runs, lr.minimum, lr.maximum) == (5, 0.2, 1.0)
    assert catalog.tags == {"t": 5}
    assert catalog.sweeps == {"s1": 4}
    assert Space.LOGGED not in catalog.index.spaces
    logged = source.catalog("", "", metrics=True).index.by_path[Space.LOGGED, ("val/loss",)]
    assert (logged.runs, logged.rows, logged.every) == (5, 100, 5.0)


def test_damage_is_told_with_the_run(source: LocalService, tmp_path: Path) -> None:
    content = files.log([files.run("bad"), files.row({("n",): 1}, 0), files.exit_()])
    files.write(tmp_path, content[:-1].replace(b"\x12\x01n", b"\x12\x01m"), "bad")
    first = source.runs_page(PageRequest("", "", per_page=4))
    second = source.runs_page(PageRequest("", "", per_page=4, cursor=first.cursor))
    assert sorted([*codes(first), *codes(second)]) == ["RQL501"]
    (bad,) = [run for run in (*first.runs, *second.runs) if run.id == "bad"]
    assert [said.code for said in bad.said] == ["RQL501"]
