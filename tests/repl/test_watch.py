"""`\\watch`: what it reads, what it marks, when it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runql.errors import AuthError, QueryError, Unreachable
from runql.frontends.repl.commands import watch
from runql.frontends.repl.commands.changes import Changes
from runql.frontends.repl.commands.watch import Order, read_order
from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.results.terminal_table.table import table_lines
from runql.sources.protocol import Page
from tests.repl.screen import terminal
from tests.repl.shells import Make
from tests.session.fixtures import Watched


@pytest.mark.parametrize(
    ("rest", "order"),
    [
        ("", Order(30, "")),
        ("5", Order(5, "")),
        ("2m runs", Order(120, "runs")),
        ("1.5 min runs limit 3", Order(90, "runs limit 3")),
        ("runs limit 3", Order(30, "runs limit 3")),
        ("10 count runs until count > 3", Order(10, "count runs", "count > 3")),
        ("until count() = 0", Order(30, "", "count() = 0")),
        ("5 runs where name = 'until then'", Order(5, "runs where name = 'until then'")),
        ("5 runs where config.until > 3", Order(5, "runs where config.until > 3")),
        ("5 runs where config.`until` > 3 UNTIL count() > 2", Order(5, "runs where config.`until` > 3", "count() > 2")),
        ("5\nruns # until\n limit 3 until true", Order(5, "runs # until\n limit 3", "true")),
    ],
)
def test_what_is_to_be_watched(rest: str, order: Order) -> None:
    assert read_order(rest) == order


@pytest.mark.parametrize("rest", ["0.5 runs", "0 runs", "5 runs until", "runs until  "])
def test_what_cannot_be_watched(rest: str) -> None:
    with pytest.raises(QueryError):
        read_order(rest)


# ---------------------------------------------------------------- changes


def changes(before: dict[str, list[Any]], now: dict[str, list[Any]]) -> tuple[dict[str, set[int]], str]:
    found = Changes.between(Frame(before), Frame(now))
    return {name: set(rows) for name, rows in found.cells.items()}, str(found)


@pytest.mark.parametrize(
    ("before", "now", "cells", "said"),
    [
        ({"id": ["a"], "x": [1]}, {"id": ["a"], "x": [1]}, {}, "nothing changed"),
        ({"id": ["a"], "x": [1]}, {"id": ["a"], "x": [2]}, {"x": {0}}, "1 cell changed"),
        ({"id": ["a", "b"], "x": [1, 2]}, {"id": ["b", "a"], "x": [2, 1]}, {}, "nothing changed"),
        ({"id": ["a"], "x": [1]}, {"id": ["b", "a"], "x": [1, 1]}, {"id": {0}}, "1 new"),
        ({"id": ["a", "b"], "x": [1, 2]}, {"id": ["b"], "x": [5]}, {"x": {0}}, "1 cell changed, 1 gone"),
        ({"n": [3]}, {"n": [4]}, {"n": {0}}, "1 cell changed"),
        ({"x": [float("nan")]}, {"x": [float("nan")]}, {}, "nothing changed"),
        ({"x": [1]}, {"x": [1.0]}, {"x": {0}}, "1 cell changed"),
        ({"x": [1]}, {"x": [True]}, {"x": {0}}, "1 cell changed"),
        ({"id": ["a"]}, {"id": ["a"], "x": [1]}, {"x": {0}}, "1 cell changed"),
        (
            {"run_id": ["a", "a"], "_step": [0, 1], "loss": [3, 2]},
            {"run_id": ["a", "a", "a"], "_step": [0, 1, 2], "loss": [3, 2, 1]},
            {"run_id": {2}},
            "1 new",
        ),
    ],
)
def test_what_has_changed(
    before: dict[str, list[Any]], now: dict[str, list[Any]], cells: dict[str, set[int]], said: str
) -> None:
    assert changes(before, now) == (cells, said)


def test_changed_cells_are_marked() -> None:
    frame = Frame({"id": ["a", "b"], "loss": [1.25, 3.0]})
    assert list(table_lines(frame, View(), changed={"loss": {1}, "id": {0}}))[2:] == ["a*  1.25", "b   3*"]
    assert "\x1b[1;7m3\x1b[0m" in list(table_lines(frame, View(color=True), changed={"loss": {1}}))[3]


def test_a_changed_cell_of_the_last_rows_is_marked_there() -> None:
    frame = Frame({"x": list(range(100))})
    view = View(most_rows=10, head=3, tail=2)
    assert [line.strip() for line in table_lines(frame, view, changed={"x": {2, 50, 99}})][2:] == [
        "0",
        "1",
        "2*",
        "… 95 rows between",
        "98",
        "99*",
    ]


# ---------------------------------------------------------------- the rounds


class Growing(Watched):
    """One run more each time it is asked, and what else a test wants to happen."""

    def __init__(self, *happens: BaseException | None, first: int = 1) -> None:
        super().__init__(20)
        self.happens = [*happens]
        self.first = first
        self.rounds = 0

    def runs_page(self, request: Any) -> Page:
        self.rounds += 1
        if self.rounds <= len(self.happens) and (error := self.happens[self.rounds - 1]) is not None:
            raise error
        page = super().runs_page(request)
        return Page(page.runs[: self.rounds - 1 + self.first])


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch._Watch, "_wait", lambda self, is_live: None)


def test_it_ends_when_the_condition_holds(new: Make) -> None:
    shell = new(Growing())
    out = shell(r"\watch 1 runs select id until count() >= 3")
    assert [line for line in out.splitlines() if line.startswith("r")] == ["r0", "r0", "r1*", "r0", "r1", "r2*"]
    assert shell.err.splitlines()[-1].startswith("`count() >= 3` holds · asked 3 times in ")
    assert shell.shell.session.state.lets.keys() == {"_"}
    assert shell(r"\last csv") == "id\nr0\nr1\nr2\n"


def test_a_condition_of_rows_needs_a_row(new: Make) -> None:
    shell = new(Growing(first=0))
    shell(r"\watch 1 runs select id until id startswith 'r'")
    assert "asked 2 times" in shell.err


def test_ctrl_c_ends_it_and_keeps_the_last_table(new: Make) -> None:
    shell = new(Growing(None, None, KeyboardInterrupt()))
    shell(r"\watch 1 runs select id")
    assert shell.err.splitlines()[-1].startswith("stopped · asked 2 times in ")
    assert shell(r"\last csv") == "id\nr0\nr1\n"


def test_a_source_that_fails_in_between_is_asked_again(new: Make) -> None:
    shell = new(Growing(None, Unreachable.of("RQL404", "the line is cut"), None))
    shell(r"\watch 1 runs select id until count() >= 3")
    assert "asked 2 times" in shell.err


def test_what_fails_at_once_is_an_error(new: Make) -> None:
    shell = new(Growing(Unreachable.of("RQL404", "the line is cut")))
    shell(r"\watch 1 runs select id")
    assert "error[RQL404]" in shell.err


def test_a_key_that_is_no_longer_good_ends_it(new: Make) -> None:
    shell = new(Growing(None, AuthError.of("RQL401", "who are you?")))
    shell(r"\watch 1 runs select id")
    assert "error[RQL401]" in shell.err
    assert shell("count runs") != ""


def test_the_last_query_is_watched_when_none_is_given(new: Make) -> None:
    shell = new(Growing())
    shell("runs select id limit 1")
    shell(r"\watch 1 until count() = 1")
    assert "holds · asked once" in shell.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\watch 1 runs; runs", "watches one query"),
        (r"\watch 1 use demo", "watches one query"),
        (r"\watch 1 explain runs", "watches one query"),
        (r"\watch 1 runs limt 3", "unknown word `limt`"),
        (r"\watch 1 runs until config.lrr > 3", "no config field `lrr`"),
        (r"\watch 1 runs until name", "error[RQL"),
    ],
)
def test_what_is_wrong_is_said_before_it_begins(new: Make, text: str, said: str) -> None:
    service = Growing()
    shell = new(service)
    shell(text)
    assert said in shell.err
    assert service.asked == []
    assert not shell.shell.session.state.lets


# ---------------------------------------------------------------- at a terminal

_RUNS_THAT_COME = """
import itertools
from runql import config
from runql.frontends.repl.evaluate import evaluate
from runql.frontends.repl.shell import Shell
from runql.sources.protocol import Page
from runql.session import Session
from tests.session.fixtures import Watched

class Growing(Watched):
    rounds = itertools.count(1)
    def runs_page(self, request):
        return Page(super().runs_page(request).runs[: 3 * next(self.rounds)])

shell = Shell(Session(Growing(20), config.load()))
while True:
    evaluate(shell, input("> "))
"""


def test_it_is_drawn_in_place_at_a_terminal(tmp_path: Path) -> None:
    with terminal(tmp_path, code=_RUNS_THAT_COME, lines=13) as seen:
        seen.wait(">")
        seen.press("\\watch 1 runs select id, state\n")
        seen.wait("next in 1 s")
        seen.wait("r0  finished")
        assert seen.text.count("id  state") == 1
        seen.wait("3 new")
        assert seen.text.count("id  state") == 1
        seen.press("nobody reads this")
        seen.wait("rows between")  # it does not grow past the screen
        assert "\\watch 1" in seen.lines[0]
        assert "nobody" not in seen.text
        seen.press("\x03")
        seen.wait("stopped · asked")
        seen.wait(lambda: seen.lines[seen.screen.cursor.y] == ">")
        assert "nobody" not in seen.text
        seen.press("count runs\n")
        seen.wait("ms")


def test_a_chart_is_drawn_in_place(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo") as seen:
        seen.wait("demo>")
        seen.press("runs where group = 'long' keys val/loss scan | plot\r")
        seen.wait("adam h128")
        seen.wait("┤")
        seen.press("\\watch 60 runs where group = 'long' keys val/loss scan | plot log y\r")
        seen.wait("next in")
        seen.wait(lambda: any("sgd h32 0.0" in line for line in seen.lines))
        seen.press("\x03")
        seen.wait("asked once")
        seen.press("\\spark runs where group = 'long' keys val/loss scan\r")
        seen.wait("█")
        seen.wait("6 lines")
        seen.press("\x04")
        assert seen.end() == 0
