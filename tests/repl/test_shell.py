"""What the prompt does with a text: it answers, or says what is wrong, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from runql.errors import Unreachable
from runql.frontends.repl import kept_results as kept_module
from runql.frontends.repl.evaluate import evaluate
from runql.frontends.repl.kept_results import KeptResult, Shelf
from runql.results.frame import Frame
from runql.sources.memory import MemoryService
from runql.sources.protocol import Page
from tests.repl.shells import Make, Told
from tests.session.fixtures import Watched

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\r\nnext\tx"


def test_a_query_is_answered_as_a_table_with_its_footer_below(shell: Told) -> None:
    out = shell("runs where config.lr > 0.08 select id, config.lr")
    assert out.splitlines() == ["id   config.lr", "───  ─────────", "r9        0.09", "r10       0.1", "r11       0.11"]
    assert shell.err.startswith("3 of 12 runs · ")


def test_several_results_stand_under_headings(shell: Told) -> None:
    out = shell("count runs;   runs limit 1\n  select id; show lets")
    assert out.splitlines() == [
        "count runs",
        "12",
        "",
        "runs limit 1 select id",
        "id",
        "──",
        "r0",
        "",
        "show lets",
        *out.splitlines()[9:],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runs limt 3", "error[RQL106]: unknown word `limt`"),
        ("runs where config.lrr > 1", "error[RQL201]: no config field `lrr`"),
        ("runs from nowhere", "error[RQL511]"),
        ("run nobody", "error[RQL402]"),
        ("runs | assert config.lr > 5", "error[RQL520]"),
        (r"\sav x", r"error[RQL512]: there is no command `\sav`"),
        ("}", "error[RQL1"),
    ],
)
def test_an_error_is_said_and_the_prompt_goes_on(shell: Told, text: str, said: str) -> None:
    shell(text)
    assert said in shell.err
    assert not shell.shell.leaving
    assert shell("count runs") == "12\n"


@pytest.mark.parametrize(
    "pasted", ['{"config.lr": {"$gt": 0.08}}', "params.lr > 0.08", 'api.runs(filters={"config.lr": {"$gt": 0.08}})']
)
def test_what_was_pasted_from_elsewhere_is_said_as_a_query_and_run(shell: Told, pasted: str) -> None:
    assert shell(pasted).count("\n") == 5
    assert shell.err.startswith("read as: runs where config.lr > 0.08\n")
    assert shell(rf"\explain {pasted}")
    assert shell.err.startswith("read as: ")


def test_an_address_of_another_server_is_not_asked(shell: Told) -> None:
    assert shell("https://wandb.example/acme/vision/runs/r1") == ""
    assert "read as: run r1 from acme/vision\n" in shell.err
    assert "error[RQL511]: the address is of `wandb.example`" in shell.err


def test_an_error_has_its_picture(shell: Told) -> None:
    shell("runs where config.lrr > 0.01")
    assert "  1 │ runs where config.lrr > 0.01\n    │            ──────────\n" in shell.err


def test_nothing_happens_for_nothing(shell: Told) -> None:
    assert shell("  \n ") == ""
    assert shell.err == ""


def test_a_fault_of_ours_is_no_traceback(shell: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(shell.shell.session, "run", broken)
    shell("runs")
    assert "error[RQL901]: ZeroDivisionError: a mistake" in shell.err
    assert "Traceback" not in shell.err
    assert not shell.shell.leaving


# ---------------------------------------------------------------- what stays for the next line


def test_statements_keep_their_effect(shell: Told) -> None:
    shell("let good = runs where state = 'finished'")
    shell("param least = 0.05")
    shell("set RQL313 off")
    assert shell("count runs from good where config.lr > $least") == "3\n"
    assert shell.shell.session.state.options.silenced == {"RQL313"}


def test_another_source_is_told(shell: Told) -> None:
    shell("runs limit 1")
    assert shell.told == []
    shell("use demo; count runs")
    assert shell.told == ["source"]
    assert shell.out == "64\n"
    assert shell.shell.prompt_name == "demo"


def test_the_name_in_the_prompt_is_short_and_harmless(shell: Told) -> None:
    shell.shell.session.state = type(shell.shell.session.state)(source="/a/very/long/path/\x1b[31mto/some/wandb")
    assert shell.shell.prompt_name == r"…ng/path/\x1b[31mto/some/wandb"


def test_the_last_results_stay(shell: Told) -> None:
    shell("runs where config.lr > 0.08 select id")
    shell("count runs")
    assert shell("runs from _2 limit 1").splitlines()[-1].startswith("r9")
    asked = len(shell.service.asked)
    assert shell(r"\last 2") == "12\n"
    assert shell(r"\last _3 jsonl") == '{"id": "r9"}\n{"id": "r10"}\n{"id": "r11"}\n'
    assert shell(r"\last csv") == "id\nr9\n"
    assert len(shell.service.asked) == asked


def test_a_query_that_fails_has_its_place_among_the_last_ones(shell: Told) -> None:
    shell("runs select id limit 2")
    shell("runs | assert config.lr > 5; runs limit 1")
    shell(r"\last 2")
    assert "nothing of it was read" in shell.err
    assert shell(r"\last 3").splitlines()[2:] == ["r0", "r1"]
    assert len(shell("runs from _3 select id").splitlines()) == 4


def test_nine_results_are_kept(shell: Told) -> None:
    for number in range(1, 12):
        shell(f"runs limit {number} select id")
    assert len(shell(r"\last 9").splitlines()) == 3 + 2
    shell(r"\last 10")
    assert "9 results are kept" in shell.err


def test_large_results_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "MOST_CELLS", 10)
    shelf = Shelf()
    small, large = KeptResult("small", Frame({"a": [1] * 4})), KeptResult("large", Frame({"a": [1] * 8}))
    assert list(shelf.add(small, is_query=True)) == []
    assert list(shelf.add(large, is_query=True)) == [
        "the 4 rows of `_2` were let go to make room; the query is still `_2`"
    ]
    assert [one.frame is None for one in (shelf.get(1), shelf.get(2)) if one is not None] == [False, True]


# ---------------------------------------------------------------- the way out


@pytest.mark.parametrize(
    ("text", "next_text"),
    [
        ("runs limt 3", "runs limit 3"),
        ("runs where config.lrr > 0.01", "runs where config.lr > 0.01"),
        ("runs where state = finished", 'runs where state = "finished"'),
        (r"\save! x runs limt 3", ""),
        (r"\hlep where", r"\help where"),
        ("runs", ""),
        ("_", "runs from _"),
        ("_ | order name", "runs from _ | order name"),
        ("runs where (config.lr > 1", "runs where (config.lr > 1)"),
        ("runs whre config.lr > 1 | limt 3", "runs where config.lr > 1 | limit 3"),
    ],
)
def test_the_next_prompt_begins_with_what_was_put_right(shell: Told, text: str, next_text: str) -> None:
    shell("runs")
    shell(text)
    assert shell.shell.next_text == next_text
    if next_text and not next_text.startswith("\\"):
        shell(next_text)
        assert "error" not in shell.err
        assert shell.shell.next_text == ""


# ---------------------------------------------------------------- results that break off


class Breaking(Watched):
    """Gives a page of three, and then no more."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def runs_page(self, request: Any) -> Page:
        if request.cursor is not None:
            raise self.error
        page = super().runs_page(request)
        return Page(page.runs[:3], "3", has_next=True, total=12)


def test_an_interrupt_keeps_and_shows_what_came(new: Make) -> None:
    shell = new(Breaking(KeyboardInterrupt()))
    out = shell("runs page 3 select id")
    assert out.splitlines() == ["id", "──", "r0", "r1", "r2"]
    assert shell.err.splitlines()[-1] == "stopped · 3 rows came, not all"
    assert shell(r"\last csv") == "id\nr0\nr1\nr2\n"


def test_an_interrupt_of_a_chart_shows_no_rows(new: Make) -> None:
    shell = new(Breaking(KeyboardInterrupt()))
    assert shell("runs page 3 select id, config.lr | plot") == ""
    assert shell.err == "stopped · nothing is shown\n"


def test_an_interrupt_stops_the_statements_that_follow(new: Make) -> None:
    shell = new(Breaking(KeyboardInterrupt()))
    shell("runs page 3 select id; count runs")
    assert "count" not in shell.out
    shell(r"\last")
    assert "nothing of it was read" in shell.err


def test_a_source_that_fails_leaves_what_came(new: Make) -> None:
    shell = new(Breaking(Unreachable.of("RQL404", "the line is cut")))
    out = shell("runs page 3 select id")
    assert out.splitlines()[2:] == ["r0", "r1", "r2"]
    assert "failed · 3 rows came, not all" in shell.err
    assert "error[RQL404]: the line is cut" in shell.err


def test_an_interrupt_before_anything_came(new: Make) -> None:
    class Deaf(Watched):
        def runs_page(self, request: Any) -> Page:
            raise KeyboardInterrupt

    shell = new(Deaf())
    assert shell("runs") == ""
    assert shell.err == "stopped · nothing is shown\n"


def test_an_output_that_is_gone_ends_it(shell: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    from runql.terminal import stdout

    def closed(_: Iterator[bytes]) -> None:
        raise stdout.ClosedPipe

    monkeypatch.setattr(stdout, "write", closed)
    evaluate(shell.shell, "runs")
    assert shell.shell.leaving


# ---------------------------------------------------------------- hostile names


@pytest.fixture
def hostile(new: Make) -> Told:
    run = {
        "id": "x1",
        "name": HOSTILE,
        "state": HOSTILE,
        "created": datetime(2026, 1, 1, tzinfo=UTC),
        "tags": [HOSTILE],
        "notes": HOSTILE,
        "config": {HOSTILE: HOSTILE, "lr": 1, "note": HOSTILE},
        "summary": {f"s{HOSTILE}": 1.5},
    }
    told = new(MemoryService([run, {**run, "id": "x2"}]))
    told.shell.screen.is_terminal = True
    return told


@pytest.mark.parametrize(
    "text",
    [
        "runs",
        "runs select *",
        "runs select name; runs select config.*",
        "runs where name = 'a'",
        "show fields",
        "show tags",
        "runs | group name : n = count()",
        "runs | pivot mean(config.lr) by name, state",
        r"\fields",
        r"\x on",
        r"\help lr",
        r"\describe config.note",
        f"runs where config.`{HOSTILE}` = 1 limt",
        f"\\save {HOSTILE}",
        f"\\help {HOSTILE}",
        f"\\{HOSTILE}",
        f"\\o {HOSTILE}",
        f"\\source {HOSTILE}",
        f"\\params x={HOSTILE}",
        f"\\watch 5 runs {HOSTILE}",
        f"\\watch 1 runs until '{HOSTILE}' = name",
        f"let {HOSTILE} = runs",
        f"count runs # {HOSTILE}\n; count runs",
    ],
)
def test_nothing_that_a_run_or_a_line_holds_steers_the_terminal(hostile: Told, text: str) -> None:
    hostile("runs")
    for form in ("table", "json", "csv", "md"):
        hostile(f"\\o {form}")
        hostile(text)  # it looks for control characters itself
        hostile(r"\last")
        hostile(r"\params")
