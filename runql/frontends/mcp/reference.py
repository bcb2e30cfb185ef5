"""The reference as resources, and the language in 800 words as a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runql.language.entry import ReferencePage
from runql.language.pages import PAGES
from runql.text.codes import CODES

_PRIMER = Path(__file__).with_name("primer.md")


def primer() -> str:
    """The language in at most 800 words."""
    return _PRIMER.read_text(encoding="utf-8")


def pages() -> dict[str, tuple[str, str]]:
    """Each page of the reference by its name: its title, and its text in Markdown."""
    return {
        **{name: (page.title, _page(page)) for name, page in PAGES.items()},
        "codes": ("Codes of messages", _codes()),
    }


def _page(page: ReferencePage) -> str:
    return "\n".join(_lines(page))


def _lines(page: ReferencePage) -> Iterator[str]:
    yield from (f"# {page.title}", "", page.doc)
    for section in page.sections:
        yield from ("", f"## {section.title}", "")
        if section.doc:
            yield from (section.doc, "")
        for entry in section.entries:
            yield f"- `{section.before}{entry.form}`: {entry.doc} For example `{entry.example}`"


def _codes() -> str:
    lines = (f"- {code} ({one.severity}): {one.title}" for code, one in CODES.items())
    return "\n".join(("# Codes of messages", "", *lines))
