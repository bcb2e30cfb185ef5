"""What the tools of the server for agents answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runql import config
from runql.extras import install_command
from runql.frontends.mcp.answers import NOTE, Answers, going_on
from runql.frontends.mcp.fixed_session import FixedSession
from runql.frontends.mcp.main import serve
from runql.frontends.mcp.server import pages, primer
from runql.sources.open import SourcePlace, open_place
from tests.house.sources import ROOT
from tests.session.fixtures import Watched


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """Over twelve runs in memory and those of the demo."""

    def opens(name: str, settings: config.Settings) -> SourcePlace:
        return SourcePlace(name, Watched()) if name == "memory" else open_place(name, settings)

    monkeypatch.setattr("runql.session.open_sources.open_place", opens)
    monkeypatch.chdir(tmp_path)
    with FixedSession(("memory", "demo"), replace(config.load(), folder=tmp_path)) as session:
        yield Answers(session, None)


def rows(answers: Answers, query: str, budget: int = 1500, **params: Any) -> dict[str, Any]:
    answer, is_error = answers.query(query, params, budget)
    assert not is_error, answer
    return answer


def codes(answers: Answers, query: str) -> list[str]:
    answer, is_error = answers.query(query, {}, 500)
    assert is_error
    assert "Traceback" not in json.dumps(answer)
    return [one["code"] for one in answer["errors"]]


def test_rows_are_data_with_what_there_is_to_say(answers: Answers) -> None:
    answer = rows(answers, "runs where config.opt != 'sgd' order -config.lr limit 2 select id, config.lr")
    assert answer["columns"] == ["id", "config.lr"]
    assert [row[0] for row in answer["rows"]] == ["r11", "r10"]
    assert (answer["truncated"], answer["note"]) == (False, NOTE)
    assert answer["about"].startswith("2 of 9 matching runs")
    assert "RQL303" in [one["code"] for one in rows(answers, "runs where config.opt != 'sgd'")["said"]]
    assert rows(answers, "count runs where config.lr >= $least", least=0.1)["count"] == 2


@pytest.mark.parametrize("text", ["pull demo", "pull acme/vision", "pull runs into x", "count runs; pull runs"])
def test_nothing_is_copied(answers: Answers, text: str, tmp_path: Path) -> None:
    answer, is_error = answers.query(text, {}, 500)
    assert is_error
    (wrong,) = answer["errors"]
    assert wrong["code"] == "RQL535"
    assert wrong["message"].startswith("nothing is copied")
    assert "fixes" not in wrong
    assert not list(tmp_path.iterdir())


def test_a_budget_is_kept_and_says_how_to_go_on(answers: Answers) -> None:
    text = "runs from demo where config.lr > 0.001 order -summary.val/acc select name, summary.val/acc"
    every = rows(answers, text, 20_000)
    got: list[Any] = []
    asked = text
    while True:
        answer = rows(answers, asked, 60)
        assert sum(len(json.dumps(row).split()) for row in answer["rows"]) <= 60
        got += answer["rows"]
        if not answer["truncated"]:
            break
        assert answer["rows"]
        asked = answer["go_on"]
    assert got == every["rows"]
    assert len(got) > 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("runs limit 10", "runs limit 7 offset 3"),
        ("runs order -config.lr offset 2", "runs order -config.lr offset 5"),
        ("runs | group config.lr : count()", "ask for less"),
        ("runs keys loss scan", "ask for less"),
        ("runs limit $n", "ask for less"),
        ("runs limit 5; count runs", "ask for less"),
    ],
)
def test_how_to_go_on(text: str, expected: str) -> None:
    assert going_on(text, 3).startswith(expected)


def test_a_long_text_is_cut_and_that_is_counted(answers: Answers) -> None:
    answer = rows(answers, f"runs limit 1 select concat(id, '{'x' * 5000}') as long")
    assert answer["cut_cells"] == 1
    assert len(answer["rows"][0][0]) == 401


def test_mistakes_are_data_with_fixes_that_run(answers: Answers) -> None:
    text = "runs where config.lrr > 0.01"
    checked, is_error = answers.check(text, {}, explains=True)
    assert (is_error, checked["ok"]) == (False, False)
    (edit,) = checked["said"][0]["fixes"][0]["edits"]
    start, end = edit["span"]
    mended = text[:start] + edit["text"] + text[end:]
    checked, _ = answers.check(mended, {}, explains=True)
    assert checked["ok"]
    assert checked["explained"].startswith(mended)
    assert codes(answers, text) == ["RQL201"]
    assert codes(answers, "runs where") == ["RQL102"]


def test_only_the_sources_that_it_was_started_with(answers: Answers, tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    for name in ("./wandb", "wandb", "acme/vision", "tb:./logs", "store:x", "../..", "/etc"):
        assert codes(answers, f"runs from '{name}'") == ["RQL593"]
        assert codes(answers, f"use '{name}'; runs") == ["RQL593"]
        assert codes(answers, f"runs where config.lr = value(runs from '{name}' limit 1 select config.lr)") == [
            "RQL593"
        ]
        assert codes(answers, f"runs | join (runs from '{name}' select id) on id") == ["RQL593"]
    assert rows(answers, "count runs from demo")["count"] == 64
    listed = {row[0] for row in rows(answers, "show sources")["rows"]}
    assert listed <= {"demo", "memory"}
    answer, is_error = answers.describe("./wandb", None, 200)
    assert (is_error, answer["errors"][0]["code"]) == (True, "RQL593")


def test_nothing_is_written(answers: Answers, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for query in (
        "runs | to 'here/x.csv'",
        "runs select id | to 'x.jsonl' | order id",
        "let a = runs | to 'x.csv'; runs from a",
        "runs | join (runs select id, name as other | to 'x.csv') on id",
        "runs where id in (runs select id | to 'x.csv')",
    ):
        assert codes(answers, query) == ["RQL535"], query
    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


def test_each_call_stands_by_itself(answers: Answers) -> None:
    rows(answers, "let good = runs limit 1; runs from good")
    assert codes(answers, "runs from good") == ["RQL593"]


def test_a_schema_has_its_budget(answers: Answers) -> None:
    answer, is_error = answers.describe("demo", None, 200)
    assert not is_error
    assert len(json.dumps(answer, ensure_ascii=False).split()) <= 200
    assert answer["schema"].startswith("demo: 64 runs")
    field, _ = answers.describe("demo", "config.lr", 200)
    assert field["rows"][0][0] == "config.lr"


def test_a_fault_of_ours_is_data_too(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret of a traceback")

    monkeypatch.setattr(FixedSession, "run", fails)
    answer, is_error = answers.query("runs", {}, 500)
    assert is_error
    assert answer["errors"][0]["code"] == "RQL901"
    assert "secret" not in json.dumps(answer)


def test_the_language_in_800_words() -> None:
    assert len(primer().split()) <= 800
    body = primer().partition("\n\n")[2]
    assert body in (ROOT / "skills" / "runql" / "SKILL.md").read_text(encoding="utf-8"), "the skill shows the same"
    assert {"stages", "functions", "codes"} <= set(pages())


@pytest.mark.parametrize("http", ["0.0.0.0:8642", "example.com:80", "localhost:0", "x", "127.0.0.1"])
def test_it_listens_on_this_computer_alone(http: str) -> None:
    from runql.errors import QueryError

    with pytest.raises(QueryError) as caught:
        serve(("demo",), config.Settings(), http=http, seconds=None)
    assert caught.value.diagnostics[0].code == "RQL512"


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from runql.errors import QueryError

    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(QueryError, match=f"RQL593.*{re.escape(install_command('mcp'))}"):
        serve(("demo",), config.Settings(), http=None, seconds=None)


def test_a_field_is_no_text_that_could_say_more(answers: Answers) -> None:
    for field in ("config.lr; runs", "config.lr;count runs"):
        answer, is_error = answers.describe("demo", field, 200)
        assert (is_error, answer["errors"][0]["code"]) == (True, "RQL512"), field
