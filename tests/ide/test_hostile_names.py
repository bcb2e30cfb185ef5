"""Names and values of runs in hovers, completion and help: none of them becomes Markdown of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from runql.ide.completion.complete import complete
from runql.ide.context import Context
from runql.ide.hover import hover
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog
from runql.syntax.literals import quote_name
from tests.ide.world import CONTEXT, RUNS, expression, info

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
IMAGE = "`![x](https://e.example/a.png) <img src=x> [r](command:y)`"
FENCE = "a ```` b"
FIELDS = (
    info(Space.CONFIG, (IMAGE,), Kind.TEXT, top=((IMAGE, 4), (FENCE, 2))),
    info(Space.CONFIG, "opt", Kind.TEXT, top=((IMAGE, 4), (FENCE, 2), ("`", 1))),
    info(Space.SUMMARY, (IMAGE,), Kind.NUMBER),
    info(Space.LOGGED, (IMAGE,), Kind.NUMBER),
    info(Space.LOGGED, ("val/" + IMAGE,), Kind.NUMBER),
    info(Space.LOGGED, ("val/" + FENCE,), Kind.NUMBER),
)
CATALOG = Catalog(IMAGE, RUNS, complete=True, fields=FIELDS, tags={IMAGE: 3}, sweeps={IMAGE: 1}, groups={IMAGE: 1})
HOSTILE: Context = replace(
    CONTEXT,
    catalog=CATALOG,
    parameters={"p": IMAGE},
    values={"p": IMAGE, "q": FENCE},
    sources={IMAGE: IMAGE, "demo": IMAGE},
    lets={"good": IMAGE},
    saved={"nightly": IMAGE},
    aliases={"bad": expression(f"config.opt = '{IMAGE}\n```\n# x'")},
)
NAME = quote_name(IMAGE)
TEXTS = [
    f"runs where config.{NAME} = 1",
    f"runs keys {NAME}",
    "runs keys val/*",
    "runs where config.* = 1",
    "runs where config.opt = 'x'",
    "runs where bad",
    "runs where config.opt = $p",
    "runs where config.opt = $q",
    f'runs from "{IMAGE}"',
    "runs from good",
    "runs from @nightly",
    "runs from demo",
]
PLACES = [
    "runs where config.",
    "runs where config.opt = ",
    "runs keys ",
    "runs from ",
    "runs where tags has ",
    "run ",
    "runs where ",
]


def kinds(markdown: str) -> Iterator[str]:
    for token in READER.parse(markdown):
        yield token.type
        yield from (child.type for child in token.children or ())


FORBIDDEN = {"image", "link_open", "html_inline", "html_block", "heading_open", "em_open", "strong_open", "s_open"}


@pytest.mark.parametrize("text", TEXTS)
def test_a_hover(text: str) -> None:
    found = [said for offset in range(len(text)) if (said := hover(text, offset, HOSTILE)) is not None]
    assert found
    for said in found:
        assert not FORBIDDEN & set(kinds(said.markdown)), said.markdown
        assert "\n```" not in said.plain or "bad" in text


@pytest.mark.parametrize("text", PLACES)
def test_the_documentation_of_what_can_be_completed(text: str) -> None:
    for item in complete(text, len(text), HOSTILE).items:
        assert not FORBIDDEN & set(kinds(item.documentation)), item.documentation


def test_a_value_is_shown_as_it_is() -> None:
    said = hover("runs where config.opt = 1", 14, HOSTILE)
    assert said is not None
    assert IMAGE in said.plain and FENCE in said.plain
    contents = [child.content for token in READER.parse(said.markdown) for child in token.children or ()]
    assert {f'"{IMAGE}"', f'"{FENCE}"'} <= set(contents)
