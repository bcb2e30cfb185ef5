"""One run and the way in: attributes, paths, what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runql.errors import NotFound, RunNotFoundError
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.wandb_api.api import WandbApi
from tests.contract.backends import Source
from tests.contract.recorder import Recorder
from tests.contract.sample import IDS, SAMPLE
from tests.sources.store.sample import store_of


@pytest.fixture
def api(source: Source, recorder: Recorder) -> WandbApi:
    return WandbApi(service_api=recorder, entity=source.entity, project=source.project)


def test_the_attributes_that_are_documented(api: WandbApi, source: Source) -> None:
    run = api.run("alpha")
    assert (run.id, run.state, run.group) == ("alpha", "finished", "g1")
    assert run.path[-1] == "alpha"
    assert run.config == {
        "lr": 0.1,
        "model": {"depth": 18, "name": "resnet"},
        "data.path": "/data/a",
        "layers": [64, 32],
        "amp": True,
        "seed": 1,
    }
    assert json.loads(run.json_config)["lr"]["value"] == 0.1
    assert run.summary["val/loss"] == run.summary_metrics["val/loss"] == -3.0
    assert run.summary["net.a"] == 18
    assert run.summary.get("nothing") is None
    assert run.lastHistoryStep == 9
    assert {"loss", "acc", "val/loss", "net.a"} <= run.history_keys["keys"].keys()
    assert run.created_at is not None
    assert run.created_at.endswith("Z")
    assert (run.displayName, run.jobType, run.createdAt) == (run.name, run.job_type, run.created_at)


@pytest.mark.needs("labels")
def test_the_labels(api: WandbApi) -> None:
    run = api.run("alpha")
    assert (run.name, run.job_type, run.notes, run.tags) == ("warm-1", "train", "the first", ["baseline", "paper"])


@pytest.mark.needs("nesting")
def test_nested_metrics(api: WandbApi) -> None:
    assert api.run("alpha").summary["net"]["a"] == 18


def test_one_run_costs_one_request(api: WandbApi, recorder: Recorder) -> None:
    assert api.run("beta").config["seed"] == 2
    assert recorder.calls == ["run"]


def test_a_run_without_anything(api: WandbApi) -> None:
    run = api.run("theta")
    assert run.config == {}
    assert run.lastHistoryStep == -1
    assert run.history(keys=["loss"]).empty
    assert list(run.scan_history()) == []


def test_a_run_can_be_read_again(api: WandbApi, recorder: Recorder) -> None:
    run = api.runs()[0]
    assert run.load()["displayName"] == run.name
    assert "config" not in run.load(force=True)
    assert run.load_full_data()["config"]["lr"] is not None
    assert recorder.calls == ["runs_page", "run", f"upgrade {len(IDS)}"]
    assert run.load_full_data(force=True)["name"] == "alpha"
    assert recorder.calls[-1] == "run"


def test_the_nearest_run_is_named(api: WandbApi) -> None:
    with pytest.raises(RunNotFoundError, match="nearest: `alpha`") as caught:
        api.run("alpah")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, NotFound)
    with pytest.raises(ValueError, match="no project"):
        list(api.runs("nobody/nothing"))
    with pytest.raises(RunNotFoundError) as far:
        api.run("qqqqqqqqqqqqqqqq")
    assert far.value.diagnostics[0].hints == ("`runs select id, name` lists those there are",)


@pytest.mark.needs("labels")
def test_a_name_is_no_id(api: WandbApi) -> None:
    with pytest.raises(ValueError, match="`cold-2` is a name, its id is `delta`"):
        api.run("cold-2")


def test_each_listing_is_new(api: WandbApi) -> None:
    assert api.runs() is not api.runs()
    assert [run.id for run in api.runs(filters={"state": "failed"}, order="-created_at", per_page=2)] == ["beta"]


@pytest.mark.needs("sweeps")
def test_sweeps(api: WandbApi) -> None:
    sweep = api.sweep("sw1")
    assert [run.id for run in sweep.runs] == ["alpha", "beta"]
    best = sweep.best_run("+summary_metrics.loss")
    assert best is not None
    assert best.id == "alpha"
    with pytest.raises(ValueError, match="no sweep"):
        api.sweep("sw2")


def test_projects(api: WandbApi, source: Source) -> None:
    if not source.project:
        pytest.skip("this source is one project without a name")
    assert source.project in [project.name for project in api.projects()]


def test_the_catalog_tells_what_there_is(source: Source) -> None:
    catalog = source.service.catalog(source.entity, source.project, metrics=True)
    assert catalog.run_count == len(IDS)
    (lr,) = catalog.index.by_dotted[Space.CONFIG, "lr"]
    assert lr.runs == 6
    assert dict(lr.kinds) == {Kind.NUMBER: 3, Kind.TEXT: 1, Kind.NULL: 1, Kind.BOOL: 1}
    assert (lr.minimum, lr.median, lr.maximum) == (0.01, 0.1, 1)
    (depth,) = catalog.index.by_dotted[Space.CONFIG, "model.depth"]
    assert depth.path == ("model", "depth")
    assert catalog.index.by_dotted[Space.CONFIG, "data.path"][0].path == ("data.path",)
    (loss,) = catalog.index.by_dotted[Space.LOGGED, "loss"]
    assert loss.runs == 6
    assert catalog.index.by_dotted[Space.LOGGED, "net.a"][0].runs == 1
    assert dict(catalog.groups) == {"g1": 2, "g2": 2}


@pytest.mark.needs("labels")
def test_the_catalog_tells_the_tags(source: Source) -> None:
    catalog = source.service.catalog(source.entity, source.project)
    assert dict(catalog.tags) == {"paper": 3, "baseline": 2}


@pytest.mark.needs("metadata")
def test_where_a_run_ran(source: Source) -> None:
    metadata = WandbApi(service_api=source.service, entity=source.entity, project=source.project).run("alpha").metadata
    told = {name: metadata[name] for name in SAMPLE.runs[0].metadata}
    assert told == {**SAMPLE.runs[0].metadata}


def test_a_store_of_it_says_where_runs_ran(source: Source, tmp_path: Path) -> None:
    store = store_of(source.service, tmp_path / "s", source.entity, source.project)
    for run_id in IDS:
        own = source.service.metadata(source.entity, source.project, run_id)
        assert store.metadata(source.entity, source.project, run_id) == own
    store.close()
