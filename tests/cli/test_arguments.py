"""What a call of the command means, before anything else is loaded."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runql.errors import QueryError
from runql.frontends.cli.arguments import parse
from runql.frontends.cli.call import read_file, text_of
from runql.frontends.cli.command_table import Arguments, UsageError
from runql.script.given_values import value_of, values_of


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["runs"], Arguments("run", ("runs",))),
        (["-s", "demo", "-o", "csv", "runs"], Arguments("run", ("runs",), "demo", "csv")),
        (["-sdemo", "--output=a.csv", "runs"], Arguments("run", ("runs",), "demo", "a.csv")),
        (["runs", "--source", "demo", "-q"], Arguments("run", ("runs",), "demo", quiet=True)),
        (["-"], Arguments("run", ("-",))),
        (
            ["runs", "order", "-summary.loss", "limit", "3", "-o", "json"],
            Arguments("run", ("runs", "order", "-summary.loss", "limit", "3"), output="json"),
        ),
        (["runs", "where", "x", "=", "-1"], Arguments("run", ("runs", "where", "x", "=", "-1"))),
        (["-p", "a=1", "runs", "-p", "b=2"], Arguments("run", ("runs",), params=("a=1", "b=2"))),
        (["--", "-s"], Arguments("run", ("-s",))),
        (["-s", "demo", "--source=demo"], Arguments("run", (), "demo")),
        (["explain", "runs", "-s", "demo"], Arguments("explain", ("runs",), "demo")),
        (["check", "--offline", "a.rql"], Arguments("check", ("a.rql",), offline=True)),
        (["fmt", "a.rql", "b.rql", "--check"], Arguments("fmt", ("a.rql", "b.rql"), check=True)),
    ],
)
def test_calls(argv: list[str], expected: Arguments) -> None:
    assert parse(argv) == expected


@pytest.mark.parametrize(
    "argv",
    [["--nope", "runs"], ["-s"], ["fmt", "-s", "demo"], ["--quiet=3", "runs"], ["-s", "--"], ["-p", "a=1", "-p", "--"]],
)
def test_wrong_calls(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(argv)


@pytest.mark.parametrize(
    "argv",
    [
        ["-s", "a", "-s", "b"],
        ["-o", "a.csv", "--output=b.csv"],
        ["--max-rows=1", "--max-rows=2"],
        ["--theme", "light", "--theme", "dark"],
    ],
)
def test_no_value_is_left_out_for_a_second_one(argv: list[str]) -> None:
    with pytest.raises(UsageError, match="is given twice"):
        parse(["runs", *argv])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-2.5", -2.5),
        ("1e-4", 1e-4),
        (".5", 0.5),
        ("1_000", 1000),
        ("true", True),
        ("null", None),
        ("adam", "adam"),
        ("2026-01-31", "2026-01-31"),
        ("1h", timedelta(hours=1)),
        ("", ""),
        ('"1"', "1"),
        ('["a", 2]', ["a", 2]),
        ("a=b", "a=b"),
    ],
)
def test_values(text: str, value: Any) -> None:
    read = value_of("x", text)
    assert read == value
    assert isinstance(read, type(value))


def test_nan_is_a_value() -> None:
    assert math.isnan(value_of("x", "nan"))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (["lr"], "`-p lr` is not of the form NAME=VALUE"),
        (["1x=3"], "`-p 1x=3` is not of the form NAME=VALUE"),
        (["a=1", "a=2"], "`-p a` is given twice"),
        (["ids=[a, b]"], "the list of `-p ids` is not JSON: Expecting value at character 2"),
    ],
)
def test_wrong_values(params: list[str], message: str) -> None:
    with pytest.raises(QueryError) as error:
        values_of(params)
    assert error.value.diagnostics[0].message == message


def test_words_are_joined_and_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "best.rql"
    path.write_bytes("\ufeffruns\r\nlimit 3\r\n".encode())
    assert text_of(["runs", "limit", "3"]).text == "runs limit 3"
    assert text_of(["runs limit 3"]).name == "<query>"
    assert text_of([str(path)]).text == "runs\nlimit 3\n"
    assert text_of([str(path)]).name == str(path)


def test_a_file_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "best.rql").write_text("runs")
    with pytest.raises(QueryError) as error:
        read_file(tmp_path / "bets.rql")
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.message == f"there is no file `{tmp_path / 'bets.rql'}`"
    assert diagnostic.hints == (f"nearest: `{tmp_path / 'best.rql'}`",)
    (tmp_path / "empty").mkdir()
    for name, hint in (("other.rql", "there are: `best.rql`"), ("empty/x.rql", "no `.rql` file is in")):
        with pytest.raises(QueryError) as error:
            read_file(tmp_path / name)
        assert error.value.diagnostics[0].hints[0].startswith(hint)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.rql").write_bytes(b"runs \xff")
    with pytest.raises(QueryError, match="is not UTF-8: invalid start byte at byte 5"):
        read_file(tmp_path / "a.rql")


@pytest.mark.parametrize(
    ("call", "command", "words"),
    [
        ("-s demo lsp", "lsp", ()),
        ("--source=demo lsp", "lsp", ()),
        ("-s demo check runs", "check", ("runs",)),
        ("--offline -s demo check runs", "check", ("runs",)),
        ("-s demo runs where check", "run", ("runs", "where", "check")),
        ("-s demo describe config.lr", "run", ("describe", "config.lr")),
        ("-s lsp runs", "run", ("runs",)),
        ("-s demo -- check", "run", ("check",)),
    ],
)
def test_options_may_stand_before_a_command(call: str, command: str, words: tuple[str, ...]) -> None:
    read = parse(call.split())
    assert (read.command, read.words) == (command, words)
    assert read.source == ("lsp" if call.startswith("-s lsp") else "demo")
