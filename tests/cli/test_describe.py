"""`runql describe`: a source in so many words, or one field of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Runql


def test_a_source_as_text_and_as_json(runql: Runql) -> None:
    said = runql("describe", "memory")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("memory: 12 runs\n\nconfig:\n  config.lr number 0..0.11\n")
    assert "logged.loss number" in said.out
    data = json.loads(runql("describe", "memory", "-o", "json").out)
    assert [one["name"] for one in data["config"]] == ["config.lr", "config.opt"]


def test_behind_options(runql: Runql) -> None:
    assert runql("-s", "memory", "describe").out == runql("describe", "memory").out
    assert runql("-s", "memory", "describe", "-o", "json").out == runql("describe", "memory", "-o", "json").out
    assert runql("-s", "memory", "describe", "config.lr").out == runql("describe", "memory", "config.lr").out


def test_within_a_budget(runql: Runql) -> None:
    said = runql("describe", "demo", "--budget", "150")
    assert len(said.out.split()) <= 150
    assert "left out:" in said.out


@pytest.mark.parametrize(
    "words", [("memory", "config.lr"), ("-s", "memory", "config.lr"), ("config.lr", "-s", "memory")]
)
def test_a_field(runql: Runql, words: tuple[str, ...]) -> None:
    said = runql("describe", *words, "-o", "json")
    assert [row["field"] for row in json.loads(said.out)] == ["config.lr"]


def test_to_a_file(runql: Runql, tmp_path: Path) -> None:
    assert runql("describe", "memory", "-o", "schema.json").out == ""
    assert json.loads((tmp_path / "schema.json").read_text())["runs"] == 12


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("memory", "config.lrr"), 2, "nearest: `config.lr`"),
        (("memory", "config.lr", "x"), 2, "one word too many"),
        (("memory", "--budget", "9"), 2, "at least 100"),
        (("memory", "config.lr", "--budget", "900"), 2, "`--budget` goes with a whole source"),
        (("memory", "-o", "csv"), 2, "a schema is written as"),
        (("nowhere",), 3, "no source `nowhere`"),
        ((), 3, "no source"),
    ],
)
def test_what_is_wrong(runql: Runql, words: tuple[str, ...], status: int, said: str) -> None:
    result = runql("describe", *words)
    assert (result.status, result.out) == (status, "")
    assert said in result.err
