"""Each example of the language gives an answer on the demo; the pages hold all that the language has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runql.language.entry import Entry, Function
from runql.language.pages import PAGES
from runql.language.stages import STAGES
from runql.language.statements import STATEMENTS
from runql.language.words import WORDS
from runql.session import Explanation, Session
from runql.syntax.keywords import keywords
from runql.syntax.parse import parse


def entries() -> list[Entry | Function]:
    shown = [entry for page in PAGES.values() for section in page.sections for entry in section.entries]
    return list(dict.fromkeys([*shown, *WORDS.values(), *STAGES.values()]))


@pytest.fixture(scope="module")
def demo() -> Iterator[Session]:
    with Session("demo") as session:
        yield session


def _needs_more(entry: Entry | Function) -> bool:
    # `to` writes a file, which the tests of files do.
    return bool(entry.needs) or getattr(entry, "is_later", False) or "| to " in entry.example


def _examples(*, alone: bool) -> list[str]:
    return list(dict.fromkeys(one.example for one in entries() if _needs_more(one) is not alone))


@pytest.mark.parametrize("example", _examples(alone=True))
def test_an_example_gives_an_answer(demo: Session, example: str) -> None:
    found = demo.run(example)[-1]
    if isinstance(found, Explanation):
        assert found.text
        return
    assert next(iter(found), None) is not None, "an example that finds nothing explains nothing"


@pytest.mark.parametrize("example", _examples(alone=False))
def test_an_example_that_needs_more_is_whole(example: str) -> None:
    assert parse(example).ok


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.form)
def test_an_entry_says_what_it_is(entry: Entry | Function) -> None:
    assert entry.form.strip() == entry.form
    assert entry.doc.endswith(".")
    assert entry.example


def test_a_page_or_the_list_of_stages_names_all_there_is() -> None:
    on_pages = {entry for page in PAGES.values() for section in page.sections for entry in section.entries}
    later: set[Entry | Function] = {one for one in STAGES.values() if one.is_later}
    later |= {one for one in STATEMENTS.values() if one.is_later}
    assert {*WORDS.values(), *STAGES.values()} - on_pages == later
    text = "\n".join(f"{one.form}\n{one.doc}" for one in on_pages)
    signs = {sign for spelled in keywords().symbols.values() for sign in spelled}
    assert {sign for sign in signs if sign not in text} == {"<>"}
