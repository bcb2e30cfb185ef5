"""The backslash commands: one table, and each of them does what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from runql.frontends.repl.commands.actions import _ACTIONS
from runql.frontends.repl.commands.help import topics_of
from runql.frontends.repl.commands.table import (
    COMMANDS,
    SPELLINGS,
    BackslashCall,
    PromptCommand,
    nearest_command,
    read_call,
)
from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.fields import RUN_FIELDS
from runql.language.functions import FUNCTIONS
from runql.language.options import OPTIONS
from runql.language.stages import STAGES
from runql.language.types import TYPES
from runql.language.windows import WINDOWS
from runql.language.words import WORDS
from runql.results.formats.formats import FORMATS
from runql.syntax.keywords import keywords
from runql.text.codes import CODES
from tests.repl.shells import Make, Told

ALL = [*COMMANDS.values()]


def test_every_command_does_something() -> None:
    assert set(_ACTIONS) == set(COMMANDS)


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.name)
def test_a_command_is_written_as_its_table_says(command: PromptCommand) -> None:
    call = read_call(command.example)
    assert call is not None
    assert call.command is command
    assert command.syntax.startswith(f"\\{command.name}")
    assert command.doc.endswith(".")
    assert not command.more or command.more.endswith(".")
    assert set(command.aliases) <= set(SPELLINGS)


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.name)
def test_every_example_works(new: Make, command: PromptCommand) -> None:
    shell = new("demo")
    shell.edited = "runs limit 1"
    shell("runs limit 2 select id")
    shell(command.example)
    assert "error" not in shell.err
    assert shell.shell.leaving == (command.name == "quit")


@pytest.mark.parametrize(
    ("text", "call"),
    [
        (r"\help", BackslashCall("help", False, "")),
        (r"  \save!  good runs ", BackslashCall("save", True, "good runs")),
        ("\\explain\nruns\nlimit 3", BackslashCall("explain", False, "runs\nlimit 3")),
        ("help", BackslashCall("help", False, "")),
        ("quit;", BackslashCall("quit", False, "")),
        ("Exit", BackslashCall("quit", False, "")),
        ("?", BackslashCall("help", False, "")),
        ("\\", BackslashCall("", False, "")),
        ("runs", None),
        ("help me", None),
    ],
)
def test_what_is_a_command(text: str, call: BackslashCall | None) -> None:
    assert read_call(text) == call


@pytest.mark.parametrize(
    ("word", "name"),
    [("quti", "quit"), ("feilds", "fields"), ("wach", "watch"), ("desc", "describe"), ("xyzzy", None), ("", None)],
)
def test_the_nearest_command(word: str, name: str | None) -> None:
    assert nearest_command(word) == name


def test_an_unknown_command_names_the_nearest(shell: Told) -> None:
    shell(r"\feilds val/*")
    assert r"there is no command `\feilds`" in shell.err
    assert r"nearest: `\fields`" in shell.err
    assert shell.shell.next_text == r"\fields val/*"


# ---------------------------------------------------------------- help


def test_help_names_all_there_is(shell: Told) -> None:
    out = shell(r"\help")
    for command in COMMANDS.values():
        assert command.syntax in out
    words = out.split()
    assert {keywords().spelling(one) for one in keywords().clauses} <= set(words)
    assert {one.name for one in STAGES.values() if not one.is_later} <= set(words)
    named = {*FUNCTIONS, *HISTORY_AGGREGATES, *ROW_AGGREGATES, *WINDOWS, "between", "contains", "!~", "**", "today"}
    assert named <= set(words) and "over (KEY, …)" in out and "join left …" in out
    assert all(len(line) <= 80 for line in out.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        COMMANDS,
        [word for one in WORDS for word in (*keywords().words.get(one, ()), *keywords().symbols.get(one, ()))],
        [one.name for one in STAGES.values()],
        [*FUNCTIONS, *HISTORY_AGGREGATES, *ROW_AGGREGATES, *WINDOWS],
        [*RUN_FIELDS, *TYPES, *OPTIONS, *FORMATS, *CODES],
    ],
    ids=["commands", "words", "stages", "functions", "other names"],
)
def test_every_word_of_a_table_has_help(words: Iterable[str]) -> None:
    topics = {word: list(topics_of(word)) for word in words}
    assert not [word for word in topics if not topics[word] or not all(topic.doc for topic in topics[word])]


def test_help_on_a_word_of_two_kinds_says_both(shell: Told) -> None:
    out = shell(r"\help where")
    assert "where  clause" in out
    assert "where  stage" in out


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("functions", ["coalesce(a, b, …)", "argmin(logged.METRIC, ", "ci95(x)"]),
        ("operators", ["A !~ B", "LIST has any (A, B, …)", "A is missing"]),
        ("dates", ["7d ago", "1h30m", "now - created"]),
        ("system", ["keys system.METRIC", "max(logged.system.METRIC)"]),
        ("literals", ["$NAME", "`odd name`"]),
        ("clauses", ["steps A..B", "count runs"]),
        ("stages", ["| pareto", "| holes"]),
        ("windows", ["over all", "dense_rank()", "order [-]KEY"]),
        ("joins", ["| join NAME on KEY", "A in (QUERY)", "| union"]),
    ],
)
def test_help_on_all_of_a_kind(shell: Told, page: str, said: list[str]) -> None:
    out = shell(rf"\help {page}")
    assert not [one for one in said if one not in out]
    assert all(len(line) <= 80 for line in out.splitlines())
    assert page in shell(r"\help")


def test_help_on_a_field_of_the_source(shell: Told) -> None:
    out = shell(r"\help lr")
    assert "config.lr  field" in out
    assert "12 of 12 runs" in out


def test_help_on_nothing_names_the_nearest(shell: Told) -> None:
    assert shell(r"\help wehre") == ""
    assert "there is no help on `wehre`" in shell.err
    assert "nearest: `where`" in shell.err


# ---------------------------------------------------------------- fields


def test_fields_tell_type_coverage_and_range(shell: Told) -> None:
    lines = shell(r"\fields").splitlines()
    assert lines[0].split() == ["field", "type", "runs", "holds"]
    assert [line.split() for line in lines[2:4]] == [
        ["config.lr", "number", "12", "0", "…", "0.11,", "median", "0.055"],
        ["config.opt", "text", "9", "adam", "(6),", "sgd", "(3)"],
    ]
    assert "of 12 runs" in shell.err
    assert "every run has id, name" in shell.err


@pytest.mark.parametrize(
    ("pattern", "names"),
    [("opt", ["config.opt"]), ("config.*", ["config.lr", "config.opt"]), ("val/*", ["logged.val/loss"])],
)
def test_fields_by_a_pattern(shell: Told, pattern: str, names: list[str]) -> None:
    found = [line.split()[0] for line in shell(rf"\fields {pattern}").splitlines()[2:]]
    assert [name for name in found if not name.startswith("summary.")] == names


def test_no_field_is_like_that(shell: Told) -> None:
    shell(r"\fields los?s")
    assert "no field of memory is like `los?s`" in shell.err


def test_describe_and_explain(shell: Told) -> None:
    assert "config.lr" in shell(r"\describe lr")
    shell(r"\describe")
    assert r"such as `\describe config.lr`" in shell.err
    shell("runs where config.lr > 0.05")
    assert '"config.lr": {"$gt": 0.05}' in shell(r"\explain").replace("\n", "")
    assert "limit 3" in shell(r"\explain runs limit 3")
    assert shell(r"\last") != ""
    shell(r"\explain runs limt 3")
    assert "  1 │ runs limt 3" in shell.err


# ---------------------------------------------------------------- saved queries


def test_saving_asking_and_listing(shell: Told, tmp_path: Path) -> None:
    shell("runs where config.lr > 0.08")
    shell(r"\save fast")
    assert (tmp_path / ".runql" / "fast.rql").read_text() == "runs where config.lr > 0.08\n"
    assert shell("count runs from @fast") == "3\n"
    shell("\\save @slow # the slow ones\n runs where config.lr < $most limit 1")
    assert "@slow" in shell.err
    assert "the slow ones" in shell(r"\saved")
    assert shell(r"\saved slow") == "# the slow ones\n runs where config.lr < $most limit 1\n"


def test_a_folder_for_saved_queries_that_was_made_meanwhile(shell: Told, tmp_path: Path) -> None:
    """`mkdir .runql` beside an open prompt counts from the next line on."""
    prompt = shell.shell
    prompt.settings = prompt.session.settings = replace(prompt.settings, saved=(tmp_path / "own",))
    shell("count runs")
    (tmp_path / ".runql").mkdir()
    (tmp_path / ".runql" / "there.rql").write_text("runs where config.lr > 0.08\n")
    assert shell("count runs from @there") == "3\n"
    shell(r"\save good runs where config.lr > 0.09")
    assert (tmp_path / ".runql" / "good.rql").is_file()
    assert shell("count runs from @good") == "2\n"
    assert "@there" in shell(r"\saved")


def test_nothing_saved_is_lost(shell: Told, tmp_path: Path) -> None:
    shell(r"\save one runs limit 1")
    shell(r"\save one runs limit 2")
    assert "there is a saved query `@one` already" in shell.err
    assert (tmp_path / ".runql" / "one.rql").read_text() == "runs limit 1\n"
    shell(r"\save! one runs limit 2")
    assert (tmp_path / ".runql" / "one.rql").read_text() == "runs limit 2\n"
    shell(r"\save one runs limit 2")
    assert "that query already" in shell.err


def test_a_saved_query_means_the_same_elsewhere(new: Make, tmp_path: Path) -> None:
    shell = new()
    shell("let good = runs where state = 'finished'")
    shell("param least = 0.02")
    shell("runs from good where config.lr > $least")
    shell(r"\save last")
    shell(r"\save named runs from good limit 3")
    here = shell("count runs from @last")
    assert (tmp_path / ".runql" / "named.rql").read_text() == 'runs where state = "finished" limit 3\n'
    assert new()("count runs from @last") == here == "4\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\save", "wants a name"),
        (r"\save ../x runs", "is no name for a file"),
        (r"\save x", "there is no last query yet"),
        (r"\save x runs limt 3", "unknown word `limt`"),
        (r"\save x runs; runs", "is one query"),
        (r"\save x use demo", "is one query"),
        (r"\saved nobody", "there is no saved query `@nobody`"),
        (r"\edit ../x", "is no name for a file"),
    ],
)
def test_what_cannot_be_saved(shell: Told, tmp_path: Path, text: str, said: str) -> None:
    shell(text)
    assert said in shell.err
    assert not (tmp_path / ".runql").exists()


def test_editing_the_last_query(shell: Told) -> None:
    shell("runs limit 3   # three")
    shell.edited = "runs limit 4\n"
    shell(r"\edit")
    assert shell.offered == "runs limit 3"
    assert shell.shell.next_text == "runs limit 4"
    shell.edited = None
    shell(r"\edit")
    assert shell.shell.next_text == ""


def test_editing_a_saved_query(shell: Told, tmp_path: Path) -> None:
    shell.edited = "runs limt 4"
    shell(r"\edit new")
    assert shell.offered is not None
    assert shell.offered.startswith("# ")
    assert (tmp_path / ".runql" / "new.rql").read_text() == "runs limt 4\n"
    assert "unknown word `limt`" in shell.err
    shell.edited = None
    shell(r"\edit new")
    assert "is as it was" in shell.err


# ---------------------------------------------------------------- how results are shown


def test_formats_and_files(shell: Told, tmp_path: Path) -> None:
    shell(r"\o")
    assert "results are shown as table" in shell.err
    assert all(name in shell.err for name in FORMATS)
    shell(r"\o json")
    assert shell("runs limit 1 select id") == '[\n  {"id": "r0"}\n]\n'
    shell(rf"\o {tmp_path}/runs.csv")
    assert shell("runs limit 2 select id") == ""
    assert f"wrote {tmp_path}/runs.csv" in shell.err
    assert (tmp_path / "runs.csv").read_text() == "id\nr0\nr1\n"
    assert shell("runs limit 1 select id").startswith("[")
    shell(r"\o xml")
    assert "neither a format nor a file" in shell.err
    shell(rf"\last {tmp_path}/last.jsonl")
    assert (tmp_path / "last.jsonl").read_text() == '{"id": "r0"}\n'


def test_turning_the_last_table(shell: Told) -> None:
    shell("runs limit 2 select id, config.lr")
    asked = len(shell.service.asked)
    assert shell(r"\x").splitlines() == [
        "id         r0  r1",
        "─────────  ──  ────",
        "config.lr  0   0.01",
    ]
    assert len(shell.service.asked) == asked
    shell(r"\x on")
    assert shell("runs limit 2 select id").splitlines() == ["id  r0  r1", "──  ──  ──"]
    shell(r"\x sideways")
    assert r"`\x` does not take `sideways`" in shell.err


def test_timing_and_pager_are_switches(shell: Told) -> None:
    shell("count runs")
    assert shell.err.strip().endswith("ms")
    shell(r"\timing")
    assert shell.err == "timing is off\n"
    shell("count runs")
    assert shell.err == ""
    shell(r"\timing on")
    assert shell.err == "timing is on\n"
    shell(r"\pager off")
    assert "the pager is off" in shell.err
    shell(r"\pager maybe")
    assert r"such as `\pager off`" in shell.err


def test_params_are_set_shown_and_forgotten(shell: Told) -> None:
    shell(r"\params")
    assert "no parameter has a value" in shell.err
    shell(r'\params least=0.08 names=["r9", "r10"] word="x y" whole=3')
    assert shell("count runs where config.lr > $least and id in $names") == "2\n"
    assert [line.split(maxsplit=1) for line in shell(r"\params").splitlines()[2:]] == [
        ["$least", "0.08"],
        ["$names", "r9, r10"],
        ["$word", "x y"],
        ["$whole", "3"],
    ]
    shell(r"\params least=")
    shell("count runs where config.lr > $least")
    assert "`$least`" in shell.err
    shell(r"\params nonsense")
    assert "NAME=VALUE" in shell.err


def test_a_secret_is_neither_shown_nor_saved(shell: Told, tmp_path: Path) -> None:
    shell("param token: secret = 'hush-hush'")
    assert "hush" not in shell(r"\params") + shell.err
    shell("count runs where name = $token or config.lr > 0.1")
    assert shell.out == "1\n"
    shell(r"\save one")
    assert "hush" not in (tmp_path / ".runql" / "one.rql").read_text()


def test_options_are_those_of_the_statement(shell: Told) -> None:
    shell(r"\set max_rows 1")
    assert len(shell("runs select id").splitlines()) == 3
    assert "max_rows" in shell(r"\set")
    shell(r"\set max_row 1")
    assert "nearest: `max_rows`" in shell.err


def test_sources(shell: Told) -> None:
    assert "→" in shell(r"\source")
    shell(r"\source demo")
    assert shell.told == ["source"]
    assert shell.err == "demo: 64 runs\n"
    shell(r"\source demoo")
    assert "error[RQL511]" in shell.err
    assert "`demo` is still the source" in shell.err
    assert shell.shell.prompt_name == "demo"
    shell(r"\refresh")
    assert shell.told == ["source", "refresh"]


def test_nothing_last(shell: Told) -> None:
    for text in (r"\last", r"\last 2", r"\x", r"\explain", r"\watch"):
        shell(text)
        assert "last" in shell.err
