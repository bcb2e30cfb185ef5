"""The manual: it names all that the language has, and each of its examples gives an answer on the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runql.ide.manual import Entry, pages
from runql.ide.words import WORDS
from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.functions import FUNCTIONS
from runql.language.stages import STAGES
from runql.session import Result, Session
from runql.syntax.keywords import keywords
from runql.syntax.parse import parse


def entries() -> list[Entry]:
    return [entry for page in pages().values() for section in page.sections for entry in section.entries]


@pytest.fixture(scope="module")
def demo() -> Iterator[Session]:
    with Session("demo") as session:
        yield session


def _examples() -> list[str]:
    # `to` writes a file, which the tests of files do.
    return list(dict.fromkeys(one.example for one in entries() if not one.needs and "| to " not in one.example))


@pytest.mark.parametrize("example", _examples())
def test_an_example_gives_an_answer(demo: Session, example: str) -> None:
    found = demo.run(example)[-1]
    assert isinstance(found, Result)
    assert next(iter(found), None) is not None, "an example that finds nothing explains nothing"


@pytest.mark.parametrize("example", [one.example for one in entries() if one.needs or "| to " in one.example])
def test_an_example_that_needs_more_is_whole(example: str) -> None:
    assert parse(example).ok


def test_it_names_all_there_is() -> None:
    text = "\n".join(f"{one.syntax}\n{one.doc}" for one in entries())
    for name in (*FUNCTIONS, *HISTORY_AGGREGATES, *ROW_AGGREGATES):
        assert f"{name}(" in text
    for terminal in keywords().clauses:
        assert WORDS[terminal].syntax in text and WORDS[terminal].example
    for info in STAGES.values():
        assert info.is_later or f"| {info.form}" in text
    signs = {sign for spelled in keywords().symbols.values() for sign in spelled}
    assert not {sign for sign in signs if sign not in text} - {";", ":", "<>"}
