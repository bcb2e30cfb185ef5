"""One run: what it does not offer, how it looks, how it is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from runql.errors import ArgumentError, SourceError
from runql.semantic.record import SweepRecord
from runql.sources.memory import MemoryService
from runql.wandb_api.api import WandbApi, parse_item_path, parse_project_path
from runql.wandb_api.explained import RUN_REASONS
from runql.wandb_api.run_attributes import SPELLINGS
from runql.wandb_api.runs import Run


def make_run(**attributes: Any) -> Run:
    return WandbApi(service_api=MemoryService([{"id": "a1", **attributes}])).run("a1")


@pytest.mark.parametrize("name", sorted(RUN_REASONS))
def test_what_is_not_offered_says_why(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"`Run\.{name}` is not offered: "):
        getattr(make_run(), name)


@pytest.mark.parametrize("name", sorted(SPELLINGS))
def test_other_spellings(name: str) -> None:
    run = make_run(name="bee", created=datetime(2026, 1, 1, tzinfo=UTC))
    assert getattr(run, name) == getattr(run, SPELLINGS[name])


def test_an_unknown_attribute_is_told() -> None:
    assert not hasattr(make_run(), "learning_rate")


def test_a_run_cannot_be_changed() -> None:
    run = make_run(tags=["x"], config={"a": 1}, summary={"b": 2})
    with pytest.raises(AttributeError, match="only reads"):
        run.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError, match="only reads"):
        run.summary["b"] = 3
    run.tags.append("y")
    run.config["a"] = 2
    assert (run.tags, run.config) == (["x", "y"], {"a": 2})
    assert (run.record.tags, run.record.config) == (("x",), {"a": 1})


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
        (datetime(2026, 1, 31, 12, 0, 0, 500, tzinfo=UTC), "2026-01-31T12:00:00.000500Z"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=1))), "2026-01-31T11:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        (None, None),
    ],
)
def test_times_are_text_in_utc(time: object, text: str | None) -> None:
    assert make_run(created=time).created_at == text


def test_what_wandb_keeps_in_a_config_is_hidden() -> None:
    run = make_run(config={"lr": 0.1, "_wandb": {"cli_version": "0.31.0"}})
    assert run.config == {"lr": 0.1}
    assert run.rawconfig == {"lr": 0.1, "_wandb": {"cli_version": "0.31.0"}}
    assert json.loads(run.json_config)["lr"] == {"value": 0.1, "desc": None}


def test_hostile_names_are_escaped() -> None:
    run = make_run(name="<script>alert(1)</script>", url='https://x/"><b>')
    assert "<script>" not in run._repr_html_()
    assert '"><b>' not in run._repr_html_()
    assert "javascript" not in make_run(url="javascript:alert(1)")._repr_html_()
    assert repr(make_run(entity="a c", project="p/q")) == "<Run a%20c/p%2Fq/a1 (None)>"
    assert repr(make_run(state="\x1b]0;x\x07")).isprintable()


def test_metadata_is_what_a_listing_tells() -> None:
    run = make_run(host="node1", commit="abc", created="2026-01-31")
    assert run.metadata == {"host": "node1", "startedAt": "2026-01-31T00:00:00Z", "git": {"commit": "abc"}}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (None, ("e", "p")),
        ("", ("e", "p")),
        ("vision", ("e", "vision")),
        ("acme/vision", ("acme", "vision")),
        ("/acme/vision/", ("acme", "vision")),
        ("https://wandb.ai/acme/vision", ("acme", "vision")),
        ("https://wandb.ai/acme/vision/workspace?nw=x", ("acme", "vision")),
        ("https://forge.coreweave.com/wandb/acme/my%20vision/runs", ("acme", "my vision")),
        ("http://localhost:8080/acme/vision/table", ("acme", "vision")),
    ],
)
def test_paths_of_projects(path: str | None, found: tuple[str, str]) -> None:
    assert parse_project_path(path, "e", "p") == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a1", ("e", "p", "a1")),
        ("/runs/a1", ("e", "p", "a1")),
        ("vision/a1", ("e", "vision", "a1")),
        ("runs/a1", ("e", "runs", "a1")),
        ("acme/vision/a1", ("acme", "vision", "a1")),
        ("/acme/vision/a1", ("acme", "vision", "a1")),
        ("acme/vision/runs/a1", ("acme", "vision", "a1")),
        ("acme/vision/sweeps/s1", ("acme", "vision", "s1")),
        ("acme/vision:a1", ("acme", "vision", "a1")),
        ("vision:a1", ("e", "vision", "a1")),
        ("https://wandb.ai/acme/vision/runs/a1", ("acme", "vision", "a1")),
        ("https://wandb.ai/acme/vision/runs/a1/overview?nw=x#top", ("acme", "vision", "a1")),
        ("https://forge.coreweave.com/wandb/acme/vision/runs/a1", ("acme", "vision", "a1")),
        ("https://wandb.ai/acme/vision/sweeps/s1", ("acme", "vision", "s1")),
    ],
)
def test_paths_of_runs_and_sweeps(path: str, found: tuple[str, str, str]) -> None:
    assert parse_item_path(path, "e", "p") == found


@pytest.mark.parametrize("path", ["", "/", "a/b/c/d", "a/b/c/d/e"])
def test_what_is_no_path_of_a_run(path: str) -> None:
    with pytest.raises(ArgumentError):
        parse_item_path(path)


@pytest.mark.parametrize("path", ["a/b/c", 5])
def test_what_is_no_path_of_a_project(path: Any) -> None:
    with pytest.raises(ArgumentError):
        parse_project_path(path)


def test_an_api_without_a_backend_says_so() -> None:
    with pytest.raises(SourceError, match="service_api"):
        WandbApi()


def test_settings_may_come_as_wandbs_first_argument() -> None:
    service = MemoryService([{"id": "a1", "entity": "acme", "project": "vision"}])
    api = WandbApi({"entity": "acme", "project": "vision"}, service_api=service)
    assert api.default_entity == "acme"
    assert api.run("a1").path == ["acme", "vision", "a1"]
    assert api.runs().entity == "acme"
    api.flush()
    with pytest.raises(ArgumentError, match="overrides"):
        WandbApi(service_api=service, overrides=5)  # type: ignore[arg-type]


def test_the_best_run_of_a_sweep_is_that_of_its_metric() -> None:
    def best(metric: object) -> str | None:
        service = MemoryService(
            [{"id": run_id, "sweep": "s", "summary": {"acc": acc}} for run_id, acc in (("a", 1), ("b", 3), ("c", 2))],
            sweeps=[SweepRecord("s", config={"metric": metric}), SweepRecord("none", config={"metric": metric})],
        )
        api = WandbApi(service_api=service)
        assert api.sweep("none").best_run() is None
        run = api.sweep("s").best_run()
        return None if run is None else run.id

    assert best({"name": "acc", "goal": "maximize"}) == "b"
    assert best({"name": "acc"}) == "a"
    with pytest.raises(ArgumentError, match="names no metric"):
        best(None)
