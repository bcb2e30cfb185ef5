"""Several results, interrupts, and what is said although nobody wants to hear anything."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runql.semantic.record import RunHistory
from runql.sources.protocol import HistoryRequest
from runql.text.diagnostic import Diagnostic
from tests.cli.conftest import Runql
from tests.session.fixtures import Watched

SCRIPT = "count runs; runs where id in ('r1', 'r2') select id; explain count runs; runs where config.lr > 5 select id"


def test_several_results_are_one_document_of_json(runql: Runql) -> None:
    said = runql("-s", "memory", "-o", "json", SCRIPT)
    count, runs, explained, nothing = json.loads(said.out)
    assert (count, runs, nothing) == (12, [{"id": "r1"}, {"id": "r2"}], [])
    assert explained.startswith("count runs\n\n")
    assert said.err.index("2 of 12 runs") < said.err.index("0 of 12 runs")


def test_one_result_is_no_array_of_results(runql: Runql) -> None:
    assert json.loads(runql("-s", "memory", "-o", "json", "count runs").out) == 12
    assert json.loads(runql("-s", "memory", "-o", "json", "runs limit 1 select id").out) == [{"id": "r0"}]


@pytest.mark.parametrize("form", ["csv", "tsv", "md", "table"])
def test_an_empty_line_parts_two_tables(runql: Runql, form: str) -> None:
    said = runql("-s", "memory", "-o", form, "runs limit 1 select id; runs limit 2 select id")
    first, second = said.out.split("\n\n")
    assert first.splitlines()[-1].strip("| ") == "r0"
    assert second.splitlines()[-1].strip("| ") == "r1"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("count runs; run r99", 3),
        ("count runs; runs | assert config.lr > 0.05", 1),
        ("count runs; runs | pivot mean(config.lr) by state, config.opt | select nothing", 2),
    ],
)
def test_a_document_of_json_holds_the_results_before_an_error(runql: Runql, text: str, status: int) -> None:
    said = runql("-s", "memory", "-o", "json", text)
    assert (said.status, json.loads(said.out)) == (status, [12])
    assert "12" in runql("-s", "memory", "-o", "csv", text).out
    first, second = text.split("; ")
    said = runql("-s", "memory", "-o", "json", f"{second}; {first}")
    assert (said.status, said.out) == (status, "")


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl", "md", "table", "yaml"])
@pytest.mark.parametrize("query", ["runs", "runs keys loss scan"])
def test_rows_of_which_an_assertion_does_not_hold_are_not_written(runql: Runql, form: str, query: str) -> None:
    said = runql("-s", "memory", "-o", form, f"{query} | assert id = 'r0', 'only one'")
    assert (said.status, said.out) == (1, "")
    assert "only one" in said.err
    assert "r11" in runql("-s", "memory", "-o", form, f"{query} | assert id != 'r99'").out


# ---------------------------------------------------------------- headings

TITLED = """\
#!/usr/bin/env runql
# How many
# there are
count runs;

runs limit 1   # the first
  select id;  show tags
"""


def test_answers_have_headings_where_people_read_them(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runql.terminal.stdout.is_terminal", lambda: True)
    said = runql("-s", "memory", TITLED)
    parts = [part.splitlines() for part in said.out.replace("\x1b[1m", "").replace("\x1b[0m", "").split("\n\n")]
    assert [part[0] for part in parts] == ["# How many there are", "# runs limit 1 select id", "# show tags"]
    assert parts[0][1:] == ["12"]
    assert runql("-s", "memory", "-o", "jsonl", TITLED).out.splitlines()[0] == "12"
    assert runql("-s", "memory", "count runs").out == "12\n"


def test_a_pipe_gets_no_headings(runql: Runql) -> None:
    assert runql("-s", "memory", TITLED).out.startswith("count\n12\n\nid\nr0\n")


def test_an_empty_answer_is_explained_a_line_a_term(runql: Runql) -> None:
    said = runql("-s", "memory", "runs where config.lr > 5 and config.opt = 'Adam'")
    assert said.err.splitlines()[1:] == [
        "  RQL307 ✗ config.lr > 5       → 0 of 12 (largest is 0.11); without it 0",
        "         ✗ config.opt = 'Adam' → 0 of 12 (nearest: \"adam\" in 6 runs); without it 0",
    ]
    assert runql("-s", "memory", "--quiet", "runs where config.lr > 5").err == ""


def test_a_parameter_without_its_dollar(runql: Runql) -> None:
    said = runql("-s", "memory", "-p", "lr=0.05", "runs where config.lr > lr")
    assert said.status == 2
    assert "its value stands where `$lr` is written, not `lr`" in said.err


# ---------------------------------------------------------------- interrupts


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The histories of two runs come, then somebody presses Ctrl-C."""
    whole = Watched.histories

    def histories(self: Watched, request: HistoryRequest) -> Iterator[RunHistory]:
        for number, history in enumerate(whole(self, request)):
            if number == 2:
                raise KeyboardInterrupt
            yield history

    monkeypatch.setattr(Watched, "histories", histories)


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "table"])
def test_an_interrupt_keeps_what_was_read_and_says_so(runql: Runql, interrupted: None, form: str) -> None:
    said = runql("-s", "memory", "-o", form, "runs scan keys loss")
    assert said.status == 130
    assert said.out.count("r0") == said.out.count("r1") == 30
    assert said.err == "interrupted · 60 rows shown, not all\n"
    if form == "json":
        assert len(json.loads(said.out)) == 60


def test_an_interrupt_leaves_a_file_as_it_was(runql: Runql, interrupted: None, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("good")
    said = runql("-s", "memory", "-o", "old.csv", "runs scan keys loss")
    assert (said.status, said.out) == (130, "")
    assert said.err.endswith("`old.csv` is as it was\n")
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "good"


def test_an_interrupt_before_the_first_row(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    def pages(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Watched, "runs_page", pages)
    said = runql("-s", "memory", "runs")
    assert (said.status, said.out, said.err) == (130, "", "interrupted · 0 runs read · nothing is shown\n")


# ---------------------------------------------------------------- warnings


@pytest.fixture
def damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine files could not be read."""
    whole = Watched.runs_page
    torn = tuple(Diagnostic("RQL503", f"`run-{number}.wandb` could not be read") for number in range(9))
    monkeypatch.setattr(Watched, "runs_page", lambda self, request: replace(whole(self, request), notices=torn))


@pytest.mark.parametrize("query", ["runs", "count runs", "runs keys loss"])
def test_what_is_wrong_is_said_also_to_who_wants_quiet(runql: Runql, damaged: None, query: str) -> None:
    said = runql("-s", "memory", "--quiet", query)
    assert said.status == 0
    assert said.err.count("warning[RQL503]") == 3
    assert said.err.endswith("  = and 6 more like it\n")


def test_a_standard_error_without_an_encoding(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    assert runql("-s", "memory", "runs where config.lr > 5").status == 0
    assert "→ 0 of 12" in err.getvalue()


def test_markdown_holds_nothing_that_steers_a_terminal(runql: Runql) -> None:
    query = r'runs limit 1 select name, "x\u001b[31m\ty\u202ez" as evil'
    assert "| x\\x1b\\[31m y\\u202ez |" in runql("-s", "memory", "-o", "md", query).out


def test_a_chart_in_a_pipe_is_its_table_and_a_sentence(runql: Runql) -> None:
    done = runql("-s", "demo", "runs | group config.optimizer : count() | plot")
    assert done.out.startswith("config.optimizer,count(),n\nadam,19,19\n")
    assert "the table of the chart is written: a chart is drawn at a terminal" in done.err
    assert done.status == 0
