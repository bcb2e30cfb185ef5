"""Whatever is edited, the server's text is the client's, and what it says is what it says of a file opened anew."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.frontends.lsp.document import Document, Piece, ends_after, piece_ends
from runql.frontends.lsp.positions import UTF8, UTF16, UTF32, Places, units
from runql.script.interpreter import Reader, ScriptState
from runql.script.named_queries import NamedQuery
from runql.syntax import parse
from runql.syntax.tree import Query, Target
from runql.text.source import Span
from tests.ide.test_any_text import examples
from tests.lsp.raw import Json, piped

BITS = (
    "runs",
    " where config.lr > 0.01",
    ' and name = "a;b"',
    '"',
    "'",
    "`",
    ";",
    "# 😀;\n",
    "\r\n",
    "\n",
    " ",
    "😀",
    "let good = runs",
    " from good",
    "param p = 1",
    " $p",
    " limt 3",
    " | ",
    "é\u2028",
    "use demo",
)
TEXTS = st.lists(st.sampled_from(BITS), max_size=12).map("".join)
FEW = settings(max_examples=150, deadline=None)


@FEW
@given(
    TEXTS,
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), TEXTS), max_size=6),
    st.sampled_from([UTF8, UTF16, UTF32]),
)
def test_a_text_that_is_edited_is_the_text_of_the_client(
    text: str, edits: list[tuple[float, float, str]], encoding: str
) -> None:
    document = Document("file:///a.rql", text, 1, "rql", encoding)
    for a, b, new in edits:
        start, end = sorted((int(a * len(text)), int(b * len(text))))
        places = Places(text, encoding)
        part = places.range(Span(start, end))
        # A place between the two characters of a line end is the end of the line, for every client.
        start, end = places.offset(part["start"]), places.offset(part["end"])
        document.change(new, part)
        text = text[:start] + new + text[end:]
        assert document.text == text
        fresh = Document("file:///a.rql", text, 1, "rql", encoding)
        assert [piece.text for piece in document.scripts[0].pieces] == [piece.text for piece in fresh.scripts[0].pieces]


@pytest.mark.parametrize("texts", [examples()[::6], [f"{a}{b}" for a in BITS for b in BITS]])
def test_nothing_is_said_of_the_names_of_a_piece_that_names_nothing(texts: list[str]) -> None:
    alone = [piece for piece in map(Piece, texts) if piece.declared.is_alone]
    assert len(alone) > 5
    for piece in alone:
        state, now = ScriptState({"good": NamedQuery(Query(Target.RUNS))}), datetime(2026, 1, 1, tzinfo=UTC)
        reader = Reader(piece.parsed, state, {}, now, UTC, lambda name, _: pytest.fail(name), pytest.fail)
        assert not reader.read().diagnostics, piece.text


@FEW
@given(TEXTS)
def test_the_pieces_are_the_text_and_say_what_it_says(text: str) -> None:
    ends = list(piece_ends(text))
    pieces = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    assert "".join(pieces) == text
    whole = parse(text)
    if whole.ok:
        parts = [parse(piece) for piece in pieces]
        statements = [statement for part in parts for statement in part.script.statements]
        assert tuple(statements) == whole.script.statements
        assert [token.text for part in parts for token in part.tokens] == [token.text for token in whole.tokens]


@FEW
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_the_pieces_near_an_edit_are_all_that_change(before: str, out: str, new: str, after: str) -> None:
    old, text = before + out + after, before + new + after
    ends = list(piece_ends(old))
    first, last, fresh = ends_after(text, ends, len(before), len(before) + len(out), len(new))
    shift = len(new) - len(out)
    assert [*ends[:first], *fresh, *(end + shift for end in ends[last:])] == list(piece_ends(text))


@FEW
@given(TEXTS, st.sampled_from([UTF8, UTF16, UTF32]))
def test_places_there_and_back(text: str, encoding: str) -> None:
    places = Places(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert places.offset(places.place(offset)) == offset


@pytest.mark.parametrize(("encoding", "width"), [(UTF8, 4), (UTF16, 2), (UTF32, 1)])
def test_a_place_inside_a_character_is_its_beginning(encoding: str, width: int) -> None:
    places = Places("a😀b", encoding)
    assert units("😀", encoding) == width
    assert [places.offset({"line": 0, "character": 1 + inside}) for inside in range(width)] == [1] * width
    assert places.offset({"line": 0, "character": 99}) == 3
    assert places.offset({"line": 9, "character": 0}) == 3


def test_an_edited_file_is_said_of_what_is_said_of_a_new_one() -> None:
    choose = random.Random(5)
    text = "".join(choose.choice(BITS) for _ in range(20))
    with piped() as (client, _):
        client.begin({"general": {"positionEncodings": ["utf-16"]}})
        edited = client.open("file:///edited.rql", text)
        for number in range(25):
            places = Places(text, UTF16)
            start, end = sorted(choose.randrange(len(text) + 1) for _ in range(2))
            end = min(end, start + 6)
            part = places.range(Span(start, end))
            start, end = places.offset(part["start"]), places.offset(part["end"])
            new = choose.choice(BITS)
            text = text[:start] + new + text[end:]
            client.change(edited["uri"], number + 2, {"range": part, "text": new})
            fresh = client.open(f"file:///fresh{number}.rql", text)
            assert _said(client, edited) == _said(client, fresh), repr(text)


def _said(client: Any, document: Json) -> list[Any]:
    """Everything that the server says of a text."""
    asked = {"textDocument": document}
    found = [client.ask("textDocument/diagnostic", asked)["items"]]
    found += [client.ask(f"textDocument/{what}", asked) for what in ("documentSymbol", "foldingRange")]
    found.append(client.ask("textDocument/semanticTokens/full", asked)["data"])
    for symbol in found[1]:
        symbol["location"]["uri"] = ""
    return found
