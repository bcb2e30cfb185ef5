"""Write the reference pages that are made of tables: `python docs/make_reference.py [--out FOLDER]`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from runql.frontends.repl.commands.table import COMMANDS, MARK
from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.entry import Function
from runql.language.functions import FUNCTIONS
from runql.language.kinds import ANY_TABLE
from runql.language.pages import PAGES
from runql.language.stages import STAGES
from runql.language.statements import STATEMENTS
from runql.language.windows import WINDOWS
from runql.text.codes import CODES
from runql.text.markdown import code

MADE = "<!-- made by docs/make_reference.py -->"


def pages() -> dict[str, str]:
    """The pages by the names of their files."""
    made = {
        "language.md": _language(),
        "stages.md": _stages(),
        "functions.md": _functions(),
        "codes.md": _codes(),
        "prompt.md": _prompt(),
    }
    return {name: "\n".join([MADE, "", *lines]) + "\n" for name, lines in made.items()}


def _language() -> Iterator[str]:
    yield from ("# The language", "")
    yield "Every form with what it means and an example. Each example runs on the embedded runs (`runql -s demo`),"
    yield "unless it says what it needs. Keywords are written in any case, names as they were logged. What a query"
    yield "means exactly, with null, missing and NaN, is in [semantics.md](../design/semantics.md)."
    yield ""
    yield " · ".join(
        f"[{page.title}](#{page.title.lower().replace(' ', '-').replace(',', '')})" for page in PAGES.values()
    )
    for page in PAGES.values():
        yield from ("", f"## {page.title}", "", page.doc)
        for section in page.sections:
            if len(page.sections) > 1:
                yield from ("", f"### {section.title}")
            if section.doc:
                yield from ("", section.doc)
            yield from ("", "| written | what it means | for example |", "|---|---|---|")
            for one in section.entries:
                needs = f" (needs {one.needs})" if one.needs else ""
                yield f"| {_code(section.before + one.form)} | {_cell(one.doc)} | {_code(one.example)}{needs} |"
    yield from (
        "",
        "Statements, and more of each stage: [stages.md](stages.md). Messages about answers: [codes.md](codes.md).",
    )


def _stages() -> Iterator[str]:
    yield from ("# Stages and statements", "", "## Stages", "")
    yield "A stage stands right of a `|`: a table in, a table out. One that streams passes rows on while it reads."
    for info in STAGES.values():
        tables = "any table" if info.takes == ANY_TABLE else " and ".join(sorted(info.takes))
        later = " It comes in a later version: it is read and checked, but does nothing yet." if info.is_later else ""
        yield from ("", f"### {info.name}", "", f"    {info.form}", "", info.doc + later)
        yield from ("", f"Works on {tables}{', and streams' if info.streams else ''}. For example:", "")
        yield f"    {info.example}"
    yield from ("", "## Statements", "", "Several statements are parted by `;`.")
    for one in STATEMENTS.values():
        later = " It comes in a later version: it is read, but does nothing yet." if one.is_later else ""
        yield from ("", f"### The statement {one.name}", "", f"    {one.form}", "", one.doc + later)
        yield from ("", "For example:", "", f"    {one.example}")


def _functions() -> Iterator[str]:
    yield "# Functions"
    for title, table in (
        ("Functions of values", FUNCTIONS.values()),
        ("Values of a metric's history", HISTORY_AGGREGATES.values()),
        ("Aggregates over rows", ROW_AGGREGATES.values()),
        ("Functions of windows", WINDOWS.values()),
    ):
        yield from ("", f"## {title}", "", *_rows(table))
    yield from (
        "",
        "Of rows there are the percentiles from `p0` to `p100` too, and all of them are functions of windows as well.",
    )


def _rows(functions: Iterable[Function]) -> Iterator[str]:
    yield from ("| written | what it is | for example |", "|---|---|---|")
    for one in functions:
        yield f"| `{one.form}` | {_cell(one.doc)} | `{_cell(one.example)}` |"


def _codes() -> Iterator[str]:
    yield from ("# Codes", "", "A code never changes its meaning. A notice or a warning can be silenced:")
    yield from ("`--no RQL311`, or `set RQL311 off`.", "", "| code | severity | what it is about |", "|---|---|---|")
    for number, one in CODES.items():
        yield f"| {number} | {one.severity} | {_cell(one.title)} |"


def _prompt() -> Iterator[str]:
    yield from (
        "# Commands of the prompt",
        "",
        "A line that begins with a backslash is a command; anything else is a text of queries",
    )
    yield from ("and statements. `help`, `quit` and `exit` need no backslash.", "")
    yield from ("| command | what it does |", "|---|---|")
    for one in COMMANDS.values():
        yield f"| `{_cell(one.syntax)}` | {_cell(one.doc)} |"
    for one in COMMANDS.values():
        yield from (
            "",
            f"## {one.name}",
            "",
            f"    {one.syntax}",
            "",
            " ".join(part for part in (one.doc, one.more) if part),
        )
        if one.aliases:
            yield from ("", f"Also {', '.join(f'`{MARK}{name}`' for name in one.aliases)}.")
        yield from ("", "For example:", "", f"    {one.example}")


def _code(text: str) -> str:
    return code(_cell(text))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write all pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "reference")
    folder: Path = parser.parse_args().out
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
