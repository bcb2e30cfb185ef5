"""Each example of the language gives an answer on the demo; the pages hold all that the language has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runql.config import load
from runql.ide.completion.complete import complete
from runql.ide.context import Context
from runql.ide.hover import hover
from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.entry import Entry, FieldEntry, Function, StageEntry
from runql.language.fields import RUN_FIELDS
from runql.language.functions import FUNCTIONS
from runql.language.options import CODE_OPTION, OPTIONS
from runql.language.pages import PAGES
from runql.language.stages import STAGES
from runql.language.statements import STATEMENTS
from runql.language.types import TYPES
from runql.language.windows import WINDOWS
from runql.language.words import WORDS
from runql.session import Explanation, Session
from runql.syntax.keywords import keywords
from runql.syntax.parse import parse


def entries() -> list[Entry | Function]:
    shown = [entry for page in PAGES.values() for section in page.sections for entry in section.entries]
    return list(dict.fromkeys([*shown, *WORDS.values(), *STAGES.values()]))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with Session("demo", replace(load(), stores=tmp_path_factory.mktemp("stores"))) as session:
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


@pytest.mark.parametrize("example", [one.example for one in entries() if "| to " in one.example])
def test_an_example_writes_its_file(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Session("demo") as session:
        found = session.run(example)[-1]
        assert not isinstance(found, Explanation)
        assert list(found)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size


# ---------------------------------------------------------------- completion, hover, help

FUNCTION_ENTRIES = [
    *FUNCTIONS.values(),
    *(one for one in HISTORY_AGGREGATES.values() if one.name != "exists"),  # a test of its own: a word
    *ROW_AGGREGATES.values(),
    *WINDOWS.values(),
]
NOWHERE_ELSE = {"INTO", "OF"}
"""Words that no menu leads to: of what comes in a later version; the `of` of `as of`, which comes with the `as`."""


def _words() -> list[Entry]:
    both = {*WORDS.values(), *STAGES.values()}
    return sorted((one for one in both if one.terminal), key=lambda one: (one.terminal, one.form))


def _place(entry: Entry) -> int:
    """Where the word of an entry stands in its example: of a stage behind a pipe."""
    tokens = [token for token in parse(entry.example).tokens if token.terminal == entry.terminal]
    return tokens[-1 if isinstance(entry, StageEntry) else 0].span.start


@pytest.mark.parametrize("entry", _words(), ids=lambda entry: entry.form)
def test_the_pointer_explains_a_word(entry: Entry) -> None:
    found = hover(entry.example, _place(entry), Context())
    assert found is not None and entry.doc in found.markdown


@pytest.mark.parametrize("entry", _words(), ids=lambda entry: entry.form)
def test_a_menu_has_a_word(entry: Entry) -> None:
    if getattr(entry, "is_later", False) or entry.terminal in NOWHERE_ELSE or entry.terminal in keywords().symbols:
        return
    place = _place(entry)
    found = complete(entry.example[:place], place, Context())
    spelled = set(keywords().words[entry.terminal])
    shown = {item.label: item for item in found.items if item.label in spelled}
    assert shown.keys() == spelled
    assert all(entry.doc in item.documentation for item in shown.values())


@pytest.mark.parametrize("function", FUNCTION_ENTRIES, ids=lambda one: one.form)
def test_a_menu_and_the_pointer_explain_a_function(function: Function) -> None:
    place = function.example.rindex(f"{function.name}(")
    found = hover(function.example, place, Context())
    assert found is not None and function.doc in found.markdown
    offered = complete(function.example[:place], place, Context()).items
    assert any(function.doc in item.documentation for item in offered if item.label == function.name)


@pytest.mark.parametrize("field", RUN_FIELDS.values(), ids=lambda field: field.name)
def test_a_menu_and_the_pointer_explain_a_field(field: FieldEntry) -> None:
    text = f"runs select {field.name}"
    found = hover(text, len(text), Context())
    assert found is not None and field.doc in found.markdown
    offered = complete("runs select ", len("runs select "), Context()).items
    assert any(field.doc in item.documentation for item in offered if item.label == field.name)


@pytest.mark.parametrize(
    ("before", "entry"),
    [
        *(("param a: ", entry) for entry in TYPES.values()),
        *(("set ", entry) for entry in OPTIONS.values() if entry is not CODE_OPTION),
    ],
)
def test_a_menu_and_the_pointer_explain_a_type_and_an_option(before: str, entry: Entry) -> None:
    offered = complete(before, len(before), Context()).items
    assert any(entry.doc in item.documentation for item in offered if item.label == entry.name)
    text = f"{before}{entry.name} = 1"
    found = hover(text, len(before), Context())
    assert found is not None and entry.doc in found.markdown
