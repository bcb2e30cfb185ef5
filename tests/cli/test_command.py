"""The command: what it writes where, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from runql import __version__
from runql.execute.answer import Answer
from runql.frontends.cli.main import main
from tests.cli.conftest import Runql

MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())


def test_version_and_help(runql: Runql) -> None:
    assert runql("--version").out == f"runql {__version__}\n"
    said = runql("--help")
    assert said.status == 0
    assert said.out.startswith("usage: runql [-s SOURCE] [-o FORMAT|FILE] [-p NAME=VALUE]")
    assert "exit status" in said.out
    assert "--check" in runql("fmt", "-h").out


def test_alone_at_a_terminal_it_starts_the_prompt(runql: Runql, stdin: None) -> None:
    assert main([], {"prompt": lambda arguments: 7 if arguments.source is None else 8}) == 7
    assert main(["-s", "demo"], {"prompt": lambda arguments: 9 if arguments.source == "demo" else 8}) == 9
    assert runql("fmt").status == 2


def test_in_a_pipe_the_data_is_csv_and_the_rest_is_on_stderr(runql: Runql) -> None:
    said = runql("-s", "memory", "runs where config.lr > 0.05 and config.opt != 'sgd' order -config.lr limit 2")
    assert said.status == 0
    rows = list(csv.reader(io.StringIO(said.out)))
    assert rows[0] == ["id", "name", "state", "created", "config.lr", "config.opt"]
    assert [row[0] for row in rows[1:]] == ["r11", "r10"]
    assert said.err.startswith("2 of 4 matching runs")


def test_notices_come_with_a_way_out(runql: Runql) -> None:
    said = runql("-s", "memory", "runs where config.opt != 'sgd'")
    assert "incl. 3 runs without `config.opt`" in said.err.splitlines()[0]
    assert "  RQL303 leave them out: `and config.opt is not null`" in said.err.splitlines()


def test_quiet(runql: Runql) -> None:
    said = runql("-s", "memory", "--quiet", "runs where config.opt != 'sgd'")
    assert said.err == ""


@pytest.mark.parametrize(
    ("words", "way"),
    [
        (["demo"], 'runql -s demo "runs limit 10"'),
        (["demo"], "the prompt on it: `runql -s demo`"),
        (["demo", "runs", "limit", "3"], "runql -s demo 'runs limit 3'"),
        (["acme/vision"], 'runql -s acme/vision "runs limit 10"'),
        (["./a"], 'runql -s ./a "runs limit 10"'),
        (["tb:./logs"], 'runql -s tb:./logs "runs limit 10"'),
    ],
)
def test_a_source_where_a_query_stands(runql: Runql, tmp_path: Path, words: list[str], way: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "runs").mkdir()
    called = runql(*words)
    assert called.status == 2
    assert "names a source: it stands behind `-s`" in called.err
    assert way in called.err
    assert "names a source" not in runql("-s", "demo", "runs where name ~ 1").err


@pytest.mark.parametrize("given", [["-s", "demo"], []])
@pytest.mark.parametrize("condition", ["val/acc > 0.8", "val/acc is null", "demo in (1)"])
def test_a_condition_whose_field_looks_like_a_source(runql: Runql, given: list[str], condition: str) -> None:
    called = runql(*given, condition)
    assert called.status == 2
    assert f"`runs where` is missing before `{condition.split(maxsplit=1)[0]}`" in called.err
    assert "source" not in called.err


def test_no_other_source_behind_the_one_that_is_given(runql: Runql) -> None:
    called = runql("-s", "demo", "acme/vision runs")
    assert called.status == 2
    assert "`acme/vision` does not begin a statement" in called.err
    assert "-s acme/vision" not in called.err


def test_several_results_and_one_file(runql: Runql) -> None:
    called = runql("-s", "memory", "-o", "j.json", "runs limit 1; runs limit 2")
    assert called.status == 2
    assert '`… | to "j-1.json"; … | to "j-2.json"`' in called.err
    assert "`-o json > j.json`" in called.err
    assert "`-o json" not in runql("-s", "memory", "-o", "j.csv", "runs limit 1; runs limit 2").err


def test_a_gate_shows_no_answer(runql: Runql, tmp_path: Path) -> None:
    text = 'runs | assert count() > 0 | assert count() > 1 | to "runs.csv"; runs limit 3 keys loss scan | plot'
    called = runql("-s", "memory", "-o", "none", text)
    assert (called.status, called.out) == (0, "")
    assert "2 assertions hold" in called.err
    assert "RQL573" not in called.err
    assert (tmp_path / "runs.csv").exists()
    failed = runql("-s", "memory", "-o", "none", "runs | assert count() > 1000")
    assert (failed.status, failed.out) == (1, "")
    assert "1 assertion holds" in runql("-s", "memory", "-o", "csv", "runs | assert count() > 0").err


@pytest.mark.parametrize(("words", "near"), [("pul demo", "pull"), ("chekc runs", "check"), ("doctr", "doctor")])
def test_a_command_misspelled(runql: Runql, words: str, near: str) -> None:
    first, *_ = words.split()
    called = runql(*words.split())
    assert called.status == 2
    assert f"`{first}`" in called.err.splitlines()[0]
    assert f"  1 │ {words}" in called.err
    assert f"nearest command: `runql {near}`" in called.err
    assert "nearest command" not in runql("-s", "demo", "rnus", "limit", "1").err


def test_a_query_without_quotes(runql: Runql) -> None:
    words = ["runs", "order", "-config.lr", "limit", "1", "select", "id"]
    assert runql("-s", "memory", *words, "-o", "jsonl").out == '{"id": "r11"}\n'


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("json", '[\n  {"id": "r1", "config.lr": 0.01}\n]\n'),
        ("jsonl", '{"id": "r1", "config.lr": 0.01}\n'),
        ("csv", "id,config.lr\nr1,0.01\n"),
        ("tsv", "id\tconfig.lr\nr1\t0.01\n"),
        ("md", "| id | config.lr |\n| --- | ---: |\n| r1 | 0.01 |\n"),
        ("table", "id  config.lr\n──  ─────────\nr1       0.01\n"),
    ],
)
def test_formats(runql: Runql, form: str, text: str) -> None:
    assert runql("-s", "memory", "-o", form, "runs where id = 'r1' select id, config.lr").out == text


@pytest.mark.parametrize(("form", "text"), [("json", "2\n"), ("csv", "count\n2\n"), ("table", "2\n")])
def test_a_count(runql: Runql, form: str, text: str) -> None:
    assert runql("-s", "memory", "-o", form, "count runs where config.lr >= 0.1").out == text


def test_files(runql: Runql, tmp_path: Path) -> None:
    said = runql("-s", "memory", "-o", "out.parquet", "runs order id select id, config.lr, config.opt")
    assert (said.status, said.out) == (0, "")
    assert said.err.startswith("wrote out.parquet · 12 runs")
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert (table.num_rows, table.column_names) == (12, ["id", "config.lr", "config.opt"])
    assert runql("-s", "memory", "-o", "no/out.csv", "runs").status == 2
    assert runql("-s", "memory", "-o", "out.json", "count runs; runs").status == 2
    assert not (tmp_path / "out.json").exists()


def test_nan_in_json_is_said(runql: Runql) -> None:
    said = runql("-s", "memory", "-o", "json", "runs limit 1 select log(config.lr - 1) as x")
    assert json.loads(said.out) == [{"x": None}]
    assert "1 value is NaN or infinite: null in JSON" in said.err


def test_scripts_parameters_and_standard_input(runql: Runql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "best.rql"
    path.write_text("# the best\nruns where id in $ids select id; count runs;\n")
    said = runql("-s", "memory", "-p", 'ids=["r3", "r1"]', str(path), "-o", "csv")
    assert said.out == "id\nr1\nr3\n\ncount\n12\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"count runs")))
    assert runql("-s", "memory", "-").out == "count\n12\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"count runs")))
    assert runql("-s", "memory").out == "count\n12\n"


def test_a_mistake_is_a_picture_and_nothing_is_written(runql: Runql) -> None:
    said = runql("-s", "memory", "-o", "out.csv", "runs where config.lrr > 1")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("error[RQL201]: no config field `lrr`")
    assert "─────" in said.err
    assert "nearest: `config.lr`" in said.err


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (["runs"], 3, "error[RQL511]: no source"),
        (["-s", "./nowhere", "runs"], 3, "error[RQL511]: there is no folder `./nowhere`"),
        (["-s", "memory", "run r99"], 3, "error[RQL402]: no run `r99`"),
        (["-s", "memory", "-o", "excel", "runs"], 2, "error[RQL506]: `excel` is neither a format"),
        (["-s", "memory", "-o", "parquet", "runs"], 2, "error[RQL506]: `parquet` is no text"),
        (["-s", "memory", "-p", "lr", "runs"], 2, "error[RQL512]: `-p lr` is not of the form"),
        (["-s", "memory", "-p", "lr=1", "runs"], 2, "error[RQL217]: the text does not use the parameter `lr`"),
        (["-s", "memory", "missing.rql"], 2, "error[RQL512]: there is no file `missing.rql`"),
        (["--nope", "runs"], 2, "runql: there is no option `--nope`"),
        (["--csv", "runs"], 2, "runql: there is no option `--csv`: it is `-o csv`"),
        (["--limit", "1", "runs"], 2, "runql: there is no option `--limit`: it is a part of the query, `runs limit 5`"),
        (["run", "runs limit 1"], 2, "runql: a query needs no command before it: `runql 'runs limit 1'`"),
        (["runs limit 2", "--max-row", "3"], 2, "runql: there is no option `--max-row`; nearest: `--max-rows`"),
        (["-s", "memory", "runs where"], 2, "error[RQL102]"),
        (["-s", "memory", ""], 2, "error[RQL110]"),
    ],
)
def test_how_it_ends(runql: Runql, argv: list[str], status: int, message: str) -> None:
    said = runql(*argv)
    assert said.status == status
    assert said.err.startswith(message)
    assert said.out == ""


def test_a_script_stops_at_the_first_error(runql: Runql) -> None:
    said = runql("-s", "memory", "count runs; run r99; count runs")
    assert (said.status, said.out) == (3, "count\n12\n")


def test_the_settings_name_the_source(runql: Runql, tmp_path: Path) -> None:
    (tmp_path / ".runql.toml").write_text('source = "mine"\n[sources]\nmine = "./runs"\n')
    assert runql("runs").err.startswith("error[RQL511]: there is no folder `./runs`")
    (tmp_path / ".runql.toml").write_text("sorce = 1")
    said = runql("-s", "memory", "runs")
    assert said.status == 2
    assert said.err.startswith("error[RQL510]: the settings file")


def test_a_fault_of_ours_is_shown_as_ours(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answer, "frames", lambda self, shown: 1 / 0)
    said = runql("-s", "memory", "runs")
    assert said.status == 70
    assert said.err.startswith("error[RQL901]: ZeroDivisionError: division by zero")
    assert "Traceback" not in said.err
    monkeypatch.setenv("RUNQL_DEBUG", "1")
    assert "Traceback" in runql("-s", "memory", "runs").err


def test_an_interrupt(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Answer, shown: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Answer, "frames", interrupted)
    assert runql("-s", "memory", "runs").status == 130


def test_explain(runql: Runql) -> None:
    said = runql("-s", "memory", "explain", "runs where config.lr > 0.01 limit 3")
    assert runql("explain", "-s", "memory", "runs where config.lr > 0.01 limit 3").out == said.out
    assert "runs where config.lr > 0.01 limit 3" in said.out
    assert '{"config.lr": {"$gt": 0.01}}' in said.out


def test_check(runql: Runql) -> None:
    assert runql("check", "-s", "memory", "runs where config.lr > 1").status == 0
    said = runql("check", "-s", "memory", "runs where config.lrr > 1 order config.nope")
    assert said.status == 2
    assert said.err.count("error[RQL201]") == 2
    assert runql("check", "--offline", "runs where config.lrr > 1").status == 0
    assert runql("check", "--offline", "runs wher config.lrr > 1").status == 2


UGLY = "RUNS limit 3 where config.lr>1"
NEAT = "runs where config.lr > 1 limit 3\n"


def test_fmt(runql: Runql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runql("fmt", UGLY).out == NEAT
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    assert runql("fmt", "-").out == NEAT
    ugly, neat, broken = tmp_path / "ugly.rql", tmp_path / "neat.rql", tmp_path / "broken.rql"
    ugly.write_text(UGLY)
    neat.write_text(NEAT)
    broken.write_text("runs where")
    said = runql("fmt", "--check", "ugly.rql", "neat.rql")
    assert (said.status, said.out, said.err) == (2, "", "ugly.rql would change\n")
    assert runql("fmt", "--diff", "ugly.rql").out.startswith("--- ugly.rql\n+++ ugly.rql\n@@ -1 +1 @@\n")
    assert ugly.read_text() == UGLY
    said = runql("fmt", "broken.rql", "ugly.rql", "neat.rql")
    assert (said.status, said.out) == (2, "")
    assert said.err.endswith("ugly.rql formatted\n")
    assert (ugly.read_text(), neat.read_text(), broken.read_text()) == (NEAT, NEAT, "runs where")
    assert runql("fmt", "--check", "ugly.rql").status == 0
    (ugly := tmp_path / "open.rql").write_text("RUNS limit 3")
    assert runql("fmt", "--diff", ugly.name).out.splitlines()[3:] == [
        "-RUNS limit 3",
        "\\ No newline at end of file",
        "+runs limit 3",
    ]
    assert runql("fmt", "--check", "--diff", "ugly.rql").status == 2
