"""The line at the bottom: what it says of the text and of the source, in as much room as there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.formatted_text import fragment_list_width

from runql.frontends.repl.knowledge import PromptWorld
from runql.frontends.repl.line.lexer import QueryLexer
from runql.frontends.repl.line.toolbar import toolbar
from runql.frontends.repl.line.toolbar_text import Thought
from runql.ide.context import Context
from runql.ide.counting import Counts
from runql.semantic.catalog import Catalog
from runql.semantic.record import RunRecord
from runql.sources.store.snapshot import StoreSnapshot
from runql.sources.store.writer import StoreWriter
from runql.text.diagnostic import Diagnostic
from runql.text.source import Span
from tests.repl.driving import Driver, prompt
from tests.sources.store.judged import store_of_records


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with prompt(tmp_path_factory.mktemp("bottom"), menu="tab") as made:
        made.ready()
        yield made


def at_the_end_of(driver: Driver, text: str) -> str:
    """What the line at the bottom says once a text was typed."""
    line = driver.conversation.line
    before = line.lines_read
    driver.press("CtrlC")
    driver.wait(lambda: line.lines_read > before and line.app.is_running and driver.text == "")
    driver.type(text)
    driver.thought()
    return driver.bottom


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("runs where config.lr > 0.01", "44 runs"),
        ("runs where summary.val/acc > 0.9 ", "52 runs · 3 without val/acc"),
        ("runs order -summary.val/acc ", "64 runs · 3 without val/acc"),
        ("\\watch 30 count runs where config.lr > 0.01", "44 runs"),
        ("runs where config.optimiser = 'adam' ", "no config field `optimiser` in demo · nearest: `config.optimizer`"),
        ("runs where abs(", "abs(x)"),
        ("runs limit 3 | group config.optimizer : mean(", "mean(x)"),
        ("count runs; runs wher config.lr > 1 ", "`wher`"),
        ('{"config.lr": {"$gt": 0.01}}', "read as: runs where config.lr > 0.01"),
        ("https://wandb.ai/acme/vision/reports/x", "the page `reports` of an address shows no runs"),
    ],
)
def test_what_it_says_of_a_text(driver: Driver, text: str, says: str) -> None:
    assert says in at_the_end_of(driver, text)


@pytest.mark.parametrize(
    "text",
    ["runs wher", "runs where config.optimise", "runs where (config.lr > 1", "runs where name = 'ope", "runs where"],
)
def test_what_is_not_written_to_its_end_is_not_wrong(driver: Driver, text: str) -> None:
    at_the_end_of(driver, text)
    thought = driver.conversation.line.thinker.thought
    assert thought is not None
    assert thought.shown == ()


def test_what_is_wrong_is_underlined_where_it_stands(driver: Driver) -> None:
    at_the_end_of(driver, "runs where config.optimiser = 'adam' ")
    line = driver.conversation.line
    pieces = QueryLexer(driver.conversation.knowledge, line.thinker).lex_document(driver.buffer.document)(0)
    assert "".join(text for style, text, *_ in pieces if "class:wrong" in style) == "config.optimiser"
    assert {style: text for style, text, *_ in pieces}["class:string"] == "'adam'"


def test_the_count_can_be_left_away(tmp_path: Path) -> None:
    with prompt(tmp_path, counts=False, menu="tab") as driver:
        driver.ready()
        driver.type("runs where config.lr > 0.01")
        driver.thought()
        assert "44" not in driver.bottom


def test_an_estimate_says_that_it_is_one() -> None:
    thought = Thought("", 0, counts=Counts(312, 1000, about=True, without=(("lr", 14),)))
    assert said(thought, PromptWorld("a/b"), 80).startswith("about 312 runs · 14 without lr")


@pytest.mark.parametrize(
    ("age", "shown"), [(1, "just now"), (90, "2 min ago"), (7200, "2 h ago"), (200_000, "2 d ago")]
)
def test_the_age_of_what_is_known(age: int, shown: str) -> None:
    catalog = Catalog("demo", 1, complete=True, as_of=datetime.now(UTC) - timedelta(seconds=age))
    assert said(None, PromptWorld("demo", Context(catalog=catalog)), 60).endswith(f"demo · 1 run · {shown}")


def test_no_source_and_one_that_is_in_trouble() -> None:
    assert "use demo" in said(None, PromptWorld(None), 80)
    assert "there is no folder" in said(None, PromptWorld("./x", trouble="there is no folder `./x`"), 80)


texts = st.text(max_size=40) | st.sampled_from(["\x1b[2J", "狐狸" * 20, "a\nb", "\u202e", "e\u0301" * 30])


@given(message=texts, source=texts, columns=st.integers(0, 200))
@settings(deadline=None, max_examples=150)
def test_it_fits_and_steers_nothing(message: str, source: str, columns: int) -> None:
    wrong = Diagnostic("RQL201", message, Span(0, 1), hints=(f"nearest: {message}",))
    pieces = toolbar(
        Thought("x", 0, (wrong,)), PromptWorld(source, Context(catalog=Catalog(source, 5)), trouble=""), columns
    )
    assert fragment_list_width(pieces) <= max(columns, 0)
    shown = "".join(text for _, text, *_ in pieces)
    assert "\x1b" not in shown
    assert "\n" not in shown


def said(thought: Thought | None, world: PromptWorld, columns: int) -> str:
    return "".join(text for _, text, *_ in toolbar(thought, world, columns)).rstrip()


def test_the_line_tells_what_another_process_pulled(tmp_path: Path) -> None:
    """Before the minute is over after which any source is looked at anew."""
    pytest.importorskip("deltalake")
    folder = tmp_path / "s"
    store_of_records([RunRecord(id="r0", config={}, summary={})], folder).close()
    with prompt(tmp_path, f"store:{folder}") as driver:
        driver.ready()
        driver.run("count runs")
        driver.ready()
        assert "1 run ·" in driver.bottom
        writer = StoreWriter(folder, newest_pull=StoreSnapshot(folder, "s").newest_pull)
        writer.end(writer.begin(RunRecord(id="r1", config={}, summary={}), "mark"))
        writer.commit()
        writer.close()
        driver.run("count runs")
        driver.wait(lambda: "2 runs ·" in driver.bottom, "the line kept the old number")
