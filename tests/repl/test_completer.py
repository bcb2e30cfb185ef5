"""The menu at the prompt: what is in it, when it comes, and what choosing does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runql.frontends.repl.knowledge import Knowledge
from tests.repl.driving import Driver, prompt


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with prompt(tmp_path_factory.mktemp("menu")) as made:
        made.ready()
        yield made


@pytest.fixture(autouse=True)
def _empty_line(driver: Driver) -> None:
    line = driver.conversation.line
    before = line.lines_read
    driver.press("CtrlC")
    driver.wait(lambda: line.lines_read > before and line.app.is_running and driver.text == "")


def test_it_comes_while_typing_with_kind_type_and_counts(driver: Driver) -> None:
    driver.type("runs where config.l")
    driver.wait(lambda: driver.menu[:1] == ["config.lr"])
    state = driver.buffer.complete_state
    assert state is not None
    assert state.completions[0].display_meta_text == "field · number · 64 of 64 runs"
    marked = [text for style, text, *_ in state.completions[0].display if "match" in style]
    assert "".join(marked) == "l"  # the namespace is there already


def test_values_come_with_their_counts_under_the_query_so_far(driver: Driver) -> None:
    driver.type("runs where config.lr > 0.01 and config.optimizer = ")
    driver.wait(lambda: '"sgd"' in driver.menu)
    state = driver.buffer.complete_state
    assert state is not None
    assert "of the runs so far" in state.completions[0].display_meta_text


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("runs where tags has any (", '"baseline"'),
        ('runs where tags has all ("final", ', '"sweep"'),
        ("runs where config.model.sizes has ", "64"),
        ("runs where created > ", "7d ago"),
        ("runs where heartbeat < ", "yesterday"),
        ("runs where created > now - ", "7d"),
        ("runs where lower(config.optimizer) in (", '"sgd"'),
        ("runs order by ", "summary.loss"),
        ("show fields like ", '"val/*"'),
        ("describe system.", "system.cpu"),
    ],
)
def test_what_can_stand_there_comes_by_itself(driver: Driver, text: str, offered: str) -> None:
    driver.type(text)
    driver.wait(lambda: offered in driver.menu, f"{driver.menu}")


def test_tab_writes_the_only_completion_whole(driver: Driver) -> None:
    driver.type("count runs where config.opti")
    driver.press("Tab")
    driver.wait(lambda: driver.text == "count runs where config.optimizer")
    assert not driver.menu


def test_tab_goes_through_the_menu_and_enter_takes_without_running(driver: Driver) -> None:
    lines = driver.conversation.line.lines_read
    driver.type("runs order config.model.")
    driver.wait(lambda: len(driver.menu) > 1)
    first, second = driver.menu[:2]
    driver.press("Tab")
    driver.wait(lambda: driver.text.endswith(first))
    driver.press("Tab")
    driver.wait(lambda: driver.text.endswith(second))
    driver.press("Enter")
    driver.wait(lambda: not driver.menu)
    assert driver.text == f"runs order {second}"
    assert driver.conversation.line.lines_read == lines


def test_a_completion_replaces_the_rest_of_the_word(driver: Driver) -> None:
    driver.type("count runs where config.opti = 'adam'")
    driver.press(*["Left"] * len("i = 'adam'"), "Tab")
    driver.wait(lambda: driver.text == "count runs where config.optimizer = 'adam'")


def test_a_namespace_goes_on_with_what_is_in_it(driver: Driver) -> None:
    driver.type("runs where conf")
    driver.wait(lambda: driver.menu[:1] == ["config."])
    driver.press("Tab")
    driver.wait(lambda: "config.lr" in driver.menu)


@pytest.mark.parametrize("text", ["runs limit 1", "runs ", "runs where config.lr > 0.01 ", "runs order -summary.loss "])
def test_it_stays_away_where_it_would_be_in_the_way(driver: Driver, text: str) -> None:
    driver.type(text)
    driver.thought()
    driver.type("x")  # whatever was to come for the text before has come
    driver.press("\x7f")
    driver.thought()
    assert not driver.menu


def test_up_goes_past_a_menu_that_came_by_itself(driver: Driver) -> None:
    driver.run("count runs where config.lr > 0.01")
    driver.type("count runs where c")
    driver.wait(lambda: bool(driver.menu))
    driver.press("Up")
    driver.wait(lambda: driver.text == "count runs where config.lr > 0.01")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("\\he", "\\help"),
        ("\\help piv", "pivot"),
        ("\\describe config.opt", "config.optimizer"),
        ("\\explain runs where config.opt", "config.optimizer"),
        ("\\watch 30 count runs where config.opt", "config.optimizer"),
        ("\\save good runs where config.opt", "config.optimizer"),
        ("\\source de", "demo"),
        ("\\o js", "json"),
        ("\\timing o", "on"),
    ],
)
def test_commands_are_completed(driver: Driver, text: str, label: str) -> None:
    driver.type(text)
    driver.wait(lambda: label in driver.menu, f"{driver.menu}")


def test_without_typing_only_tab_brings_it(tmp_path: Path) -> None:
    with prompt(tmp_path, menu="tab") as driver:
        driver.ready()
        driver.type("runs where config.opti")
        driver.thought()
        assert not driver.menu
        driver.press("Tab")
        driver.wait(lambda: driver.text == "runs where config.optimizer")


def test_before_anything_is_loaded_keys_are_simply_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key press waits for nothing that loads."""
    gate = threading.Event()
    load = Knowledge._load

    def slow(self: Knowledge) -> None:
        gate.wait(60)
        load(self)

    monkeypatch.setattr(Knowledge, "_load", slow)
    with prompt(tmp_path) as driver:
        driver.type("runs where config.l")
        driver.press("Tab")
        driver.type("r > (")
        assert not driver.menu
        assert driver.conversation.knowledge.language is None
        gate.set()
        driver.ready()
        driver.thought()
        assert driver.bottom.startswith("runs") or "demo" in driver.bottom


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_text_keeps_its_quotes_and_the_one_that_is_typed_behind_is_not_written_twice(
    driver: Driver, quote: str
) -> None:
    driver.type(f"count runs where config.optimizer = {quote}ada")
    driver.press("Tab")
    whole = f"count runs where config.optimizer = {quote}adam{quote}"
    driver.wait(lambda: driver.text == whole)
    driver.press(quote, " ")
    driver.wait(lambda: driver.text == f"{whole} ", driver.text)
