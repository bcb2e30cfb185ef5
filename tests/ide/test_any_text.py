"""Whatever the text and wherever the cursor: an answer, and nothing offered that cannot stand there."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.ide.code_actions import code_actions, formatting
from runql.ide.completion.complete import complete
from runql.ide.completion.items import Completions
from runql.ide.cursor import cursor_at
from runql.ide.declarations import occurrences
from runql.ide.diagnostics import diagnostics
from runql.ide.hover import hover
from runql.ide.inlay_hints import inlays
from runql.ide.semantic_tokens import semantic_tokens
from runql.ide.signature_help import signature
from runql.ide.symbols import folds, symbols
from runql.language.aggregates import HISTORY_AGGREGATES
from runql.language.functions import FUNCTIONS
from runql.language.stages import STAGES
from runql.language.words import WORDS
from runql.syntax.lexer import END
from runql.syntax.lr_parser import run
from runql.syntax.parse import parse
from runql.text.source import Span
from tests.house.documents import blocks
from tests.ide.world import CONTEXT, CURSOR
from tests.syntax.beginnings import beginnings

PARTS = 16
"""How many tests the examples are shared out to."""

LONGEST = 250
"""Longer texts are long for the sake of the parser: they take long, and their places are like others."""

HERE = Path(__file__).parent
_QUERY = re.compile(r"```rql[^\n]*\n(?P<text>.*?)```", re.DOTALL)
_INSERTED = (*"abx.`\"'()$@#;|,-=<>~*/ \n0é😀", "where ", " and ", "not ", "config.", "..", "order -", "in (")


@cache
def examples() -> tuple[str, ...]:
    """Every query that stands anywhere: in the cases, the documents and the tables."""
    pages = [path for folder in ("cases", "semantic", "plan") for path in (HERE.parent / folder).rglob("*.md")]
    found = [match["text"] for page in pages for match in _QUERY.finditer(page.read_text("utf-8"))]
    found += [block.text for block in blocks("runql")]
    found += [
        line.replace(CURSOR, "") for line in (HERE / "completions.md").read_text("utf-8").split("\n") if CURSOR in line
    ]
    found += [function.example for function in (*FUNCTIONS.values(), *HISTORY_AGGREGATES.values())]
    found += [info.example for info in STAGES.values()]
    found += [word.example for word in WORDS.values() if word.example]
    return tuple(dict.fromkeys(text for text in found if len(text) < LONGEST))


def test_there_are_examples() -> None:
    assert len(examples()) > 150


def everything(text: str, offset: int) -> Completions:
    """Ask all that can be asked at a place; what is given back must lie in the text."""
    parsed = parse(text)
    found = complete(parsed, offset, CONTEXT)
    assert 0 <= found.span.start <= found.span.end == offset <= found.whole_span.end <= len(text)
    signature(parsed, offset, CONTEXT)
    said = hover(parsed, offset, CONTEXT)
    assert said is None or said.span.start <= offset <= said.span.end
    return found


@cache
def begun() -> list[str]:
    """The beginnings of the examples."""
    return beginnings(examples())


def test_there_are_beginnings() -> None:
    assert len(begun()) > 2 * len(examples())


@pytest.mark.parametrize("part", range(PARTS))
def test_every_beginning_of_an_example_has_an_answer(part: int) -> None:
    for text in begun()[part::PARTS]:
        assert_answered(text)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_beginning_of_an_example_has_an_answer(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(examples()))
    assert_answered(text[: data.draw(st.integers(0, len(text)))])


def assert_answered(text: str) -> None:
    """Ask all that can be asked at the end of a text. Raises what was raised there, with the text."""
    try:
        everything(text, len(text))
    except Exception as error:
        error.add_note(f"asked at the end of {text!r}")
        raise


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_change_of_an_example_has_an_answer(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(examples()))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        drop = data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(st.sampled_from(_INSERTED)) + text[at + drop :]
    everything(text, data.draw(st.integers(0, len(text))))
    whole(text)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=60), st.integers(0, 60))
def test_any_text_has_an_answer(text: str, offset: int) -> None:
    everything(text, min(offset, len(text)))
    whole(text)


def whole(written: str) -> None:
    """Ask all that is asked of a whole text."""
    text = parse(written)
    for diagnostic in diagnostics(text, CONTEXT):
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(written)
    assert all(a.span.end <= b.span.start for a, b in pairwise(semantic_tokens(text)))
    symbols(text)
    folds(text)
    formatting(text)
    inlays(text, CONTEXT)
    occurrences(text, len(written) // 2)
    code_actions(text, Span(0, len(written)), CONTEXT)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_what_is_offered_can_stand_there(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(examples()))
    offset = data.draw(st.integers(0, len(text)))
    text = text[:offset]
    cursor = cursor_at(text, offset)
    if cursor is None or not cursor.is_whole or "| sql" in text:
        return  # nothing can be said of what stands behind a mistake, nor of SQL that is not at its end
    begin = cursor.offset - len(cursor.before) - len(cursor.typed)
    # What another language writes is completed as what it means: `(select` as `runs select`.
    before = (
        text[begin : cursor.word.start]
        if text[: cursor.offset].endswith(cursor.before + cursor.typed)
        else cursor.before
    )
    for item in complete(text, offset, CONTEXT).items:
        # A namespace waits for a name, and a text that is begun for its end.
        begun = item.insert_text.count('"') % 2 and not item.insert_text.startswith("'")
        end = "x" if item.insert_text.endswith(".") else '"' if begun else ""
        attempt = run(before + item.insert_text + end)
        assert attempt.failure is None or attempt.failure.found.terminal == END, (text, item)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_coloured_pieces_are_all_of_a_text(part: int) -> None:
    for text in examples()[part::PARTS]:
        left = list(text)
        for piece in semantic_tokens(text):
            left[piece.span.start : piece.span.end] = " " * (piece.span.end - piece.span.start)
        assert not "".join(left).strip(" \t\r\n\ufeff"), text
