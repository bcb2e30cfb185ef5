"""Typing at the prompt: Enter, several lines, history, keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql.frontends.repl.wiring import edited
from tests.repl.driving import prompt


def test_a_statement_is_run_and_the_next_line_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with prompt(tmp_path) as driver:
        driver.run("count runs where config.lr > 0.01")
        assert driver.text == ""
    assert "44" in capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("begun", "rest"),
    [
        ("count runs where (config.lr > 0.01", ")"),
        ("count runs where", "config.lr > 0.01"),
        ("count runs where config.lr >", "0.01"),
        ("runs limit 3 |", "drop name"),
        ("runs limit 3 select name,", "state"),
    ],
)
def test_enter_goes_on_with_what_is_not_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], begun: str, rest: str
) -> None:
    with prompt(tmp_path, menu="tab") as driver:
        driver.ready()
        driver.type(begun)
        driver.press("Enter")
        driver.wait(lambda: driver.text == f"{begun}\n")
        driver.run(rest)
    said = capsys.readouterr()
    assert said.out
    assert "error" not in said.err


@pytest.mark.parametrize("text", ["runs wher config.lr > 1", 'runs where name = "open', "runs limit -1", "]"])
def test_a_mistake_that_is_over_is_run_and_said(tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str) -> None:
    with prompt(tmp_path) as driver:
        driver.ready()
        driver.run(text)
    assert "error[RQL" in capfd.readouterr().err


def test_an_empty_last_line_runs_what_is_not_whole(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with prompt(tmp_path, menu="tab") as driver:
        driver.ready()
        driver.type("runs where")
        driver.press("Enter")
        driver.wait(lambda: driver.text == "runs where\n")
        driver.enter()
    assert "error[RQL" in capfd.readouterr().err


def test_enter_on_an_empty_line_does_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with prompt(tmp_path) as driver:
        driver.press("Enter", "Enter")
        driver.type("x")
        assert driver.conversation.line.lines_read == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("key", ["AltEnter", "CtrlO"])
def test_a_new_line_whatever_the_text(tmp_path: Path, key: str) -> None:
    with prompt(tmp_path) as driver:
        driver.type("count runs")
        driver.press(key)
        driver.wait(lambda: driver.text == "count runs\n")


def test_a_paste_of_several_lines_stays_one_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with prompt(tmp_path) as driver:
        driver.press("\x1b[200~count runs;\r\ncount runs\rwhere config.lr > 0.01\x1b[201~")
        driver.wait(lambda: driver.text == "count runs;\ncount runs\nwhere config.lr > 0.01")
        driver.enter()
    out = capsys.readouterr().out.split()
    assert "64" in out
    assert "44" in out


def test_earlier_queries_come_whole(tmp_path: Path) -> None:
    whole = "count runs\nwhere config.lr > 0.01"
    with prompt(tmp_path) as driver:
        driver.run("count runs")
        driver.press("\x1b[200~" + whole + "\x1b[201~")
        driver.wait(lambda: driver.text == whole)
        driver.enter()
        driver.press("Up")
        driver.wait(lambda: driver.text == whole)
        driver.press("Up")
        driver.wait(lambda: driver.text == "count runs")
        driver.press("Down")
        driver.wait(lambda: driver.text == whole)


def test_up_finds_what_begins_alike(tmp_path: Path) -> None:
    with prompt(tmp_path) as driver:
        driver.run("count runs where config.lr > 0.01")
        driver.run("show tags")
        driver.type("cou")
        driver.press("Up")
        driver.wait(lambda: driver.text == "count runs where config.lr > 0.01")


def test_the_history_is_searched_by_letters(tmp_path: Path) -> None:
    with prompt(tmp_path) as driver:
        driver.press("\x1b[200~count runs\nwhere config.lr > 0.01\x1b[201~")
        driver.wait(lambda: "\n" in driver.text)
        driver.enter()
        driver.run("show tags")
        driver.press("CtrlR", "lr >", "Enter")
        driver.wait(lambda: driver.text == "count runs\nwhere config.lr > 0.01")


def test_a_suggestion_is_taken_with_right(tmp_path: Path) -> None:
    with prompt(tmp_path) as driver:
        driver.run("count runs where config.lr > 0.01")
        driver.type("count runs wh")
        driver.wait(lambda: driver.buffer.suggestion is not None)
        driver.press("Right")
        driver.wait(lambda: driver.text == "count runs where config.lr > 0.01")


def test_what_would_fill_the_screen_is_not_suggested(tmp_path: Path) -> None:
    with prompt(tmp_path) as driver:
        driver.run("count runs where config.lr > 0.5")
        driver.run(f"count runs where name = '{'x' * 400}'")
        driver.type("count runs where ")
        driver.wait(lambda: driver.buffer.suggestion is not None)
        assert driver.buffer.suggestion is not None
        assert driver.buffer.suggestion.text == "config.lr > 0.5"


def test_nothing_is_suggested_if_that_is_not_wanted(tmp_path: Path) -> None:
    with prompt(tmp_path, suggestions=False) as driver:
        driver.run("count runs where config.lr > 0.01")
        driver.type("count runs wh")
        driver.thought()
        assert driver.buffer.suggestion is None


def test_control_c_gives_the_line_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with prompt(tmp_path) as driver:
        driver.type("count runs")
        driver.press("CtrlC")
        driver.wait(lambda: driver.text == "" and driver.conversation.line.lines_read == 2)
        driver.run("count runs where config.lr > 0.01")
    assert "44" in capsys.readouterr().out.split()


def test_control_d_deletes_and_leaves_only_an_empty_line(tmp_path: Path) -> None:
    with prompt(tmp_path) as driver:
        driver.type("ab")
        driver.press("Left", "CtrlD")
        driver.wait(lambda: driver.text == "a")
        assert driver.status is None
        driver.press("CtrlU", "CtrlD")
        driver.wait(lambda: driver.status == 0)


def test_quit_leaves(tmp_path: Path) -> None:
    with prompt(tmp_path) as driver:
        driver.type(r"\quit", then="Enter")
        driver.wait(lambda: driver.status == 0)


def test_keys_of_vi(tmp_path: Path) -> None:
    with prompt(tmp_path, keys="vi") as driver:
        driver.type("count runss")
        driver.press("\x1b")
        driver.wait(lambda: driver.buffer.cursor_position == len("count runs"))
        driver.press("x")
        driver.wait(lambda: driver.text == "count runs")


def test_f4_changes_the_keys(tmp_path: Path) -> None:
    with prompt(tmp_path) as driver:
        app = driver.conversation.line.app
        before = app.editing_mode
        driver.press("F4")
        driver.wait(lambda: app.editing_mode != before)
        assert "vi: insert · demo" in driver.bottom
        driver.press("\x1b")
        driver.wait(lambda: "vi: normal · demo" in driver.bottom)
        driver.press("F4")
        driver.wait(lambda: app.editing_mode == before)
        assert "vi" not in driver.bottom


def test_a_query_entered_at_once_waits_for_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with prompt(tmp_path) as driver:
        driver.press("count runs where config.lr > 0.01\r")
        driver.wait(lambda: driver.conversation.line.lines_read == 2)
    assert "44" in capsys.readouterr().out.split()


def test_the_editor_edits_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i s/runs/'runs where config.lr > 0.01'/ \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    with prompt(tmp_path) as driver:
        driver.type("count runs")
        driver.press("CtrlX", "CtrlE")
        driver.wait(lambda: driver.text == "count runs where config.lr > 0.01")


def test_a_text_comes_back_from_an_editor_that_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsleep 0.1; echo 'runs limit 7' > \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    assert edited("runs") == "runs limit 7"
    assert edited("runs limit 7") is None
