"""What no catalog holds and no grammar spells: types of parameters, options of `set`, endings of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from runql.ide.completion.index import index_of
from runql.ide.completion.items import ItemKind, Offer
from runql.ide.completion.words import WordGroup
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.entry_text import entry_markdown
from runql.language.formats import FORMATS
from runql.language.options import CODE_OPTION, OPTIONS
from runql.language.types import TYPES
from runql.syntax.literals import read_string, write_string
from runql.text.codes import CODES
from runql.text.render import clean


def from_tables(cursor: Cursor, context: Context) -> Iterator[Offer]:
    """What can stand after `param NAME:`, `set`, `to` and `show fields like`."""
    first = cursor.lexemes[0].terminal if cursor.lexemes else ""
    if first == "SHOW" and cursor.previous == "LIKE":
        yield from _patterns(cursor, context)
    if cursor.previous == "TO" and "STRING" in cursor.accepted:
        yield from _files(cursor)
    elif cursor.quote:
        return
    elif first == "DECLARE" and cursor.previous == "COLON":
        for name, entry in TYPES.items():
            yield Offer(name, name, ItemKind.KEYWORD, WordGroup.FIRST, entry.doc, partial(entry_markdown, entry))
    elif first == "SET":
        yield from _options(cursor)


def _patterns(cursor: Cursor, context: Context) -> Iterator[Offer]:
    """Patterns for names that begin alike."""
    if context.catalog is None:
        return
    named = cursor.lexemes[-2].text.lower() if cursor.lexemes[-2].terminal == "SPACE" else ""
    index = index_of(context.catalog)
    counts = Counter[str]()
    for space, families in index.families.items():
        if named in {"", space}:
            counts.update(dict(families))
    details = {f"{family}*": f"{count:,} fields" for family, count in counts.most_common()}
    for space, records in index.records.items():
        if named in {"", space}:
            details.update({f"{record}.*": "all below it" for record in records})
    typed = cursor.typed.lstrip("\"'")
    for pattern, detail in details.items():
        text = write_string(pattern)
        yield Offer(text, text, ItemKind.VALUE, WordGroup.FIRST, detail, name=pattern, typed=typed)


def _options(cursor: Cursor) -> Iterator[Offer]:
    if cursor.previous == "SET":
        for name, entry in OPTIONS.items():
            if entry is not CODE_OPTION:
                yield Offer(name, name, ItemKind.PARAMETER, WordGroup.FIRST, entry.doc, partial(entry_markdown, entry))
        for name, code in CODES.items():
            if code.severity != "error":
                yield Offer(name, name, ItemKind.PARAMETER, WordGroup.JOINS, code.title)
        return
    name = cursor.lexemes[1].text if len(cursor.lexemes) > 1 else ""
    if cursor.previous in {"PATH", "EQ"} and len(cursor.lexemes) <= 3:
        option = CODE_OPTION if name.upper() in CODES else OPTIONS.get(name.lower())
        for value in option.values if option is not None else ():
            yield Offer(value, value, ItemKind.VALUE, WordGroup.FIRST, f"for `{clean(name)}`")


def _files(cursor: Cursor) -> Iterator[Offer]:
    """The typed name with each ending; the files that are there are not looked at."""
    quote = cursor.quote or '"'
    typed = cursor.typed.removeprefix(quote)
    stem, dot, ending = typed.rpartition(".")
    stem = read_string(f'"{stem}"') if dot and '"' not in stem else typed if not dot else stem
    endings = {entry.extensions[0]: entry for entry in FORMATS.values() if entry.extensions}
    for name, entry in endings.items():
        if dot and not name.startswith(ending.lower()):
            continue
        written = write_string(f"{stem or 'runs'}.{name}")
        if quote == "'":
            written = f"'{written[1:-1]}'"
        yield Offer(f".{name}", written, ItemKind.VALUE, WordGroup.FIRST, entry.doc, name=written, typed=cursor.typed)


def saved_at(cursor: Cursor, context: Context) -> Iterator[Offer]:
    """`@` where a query may begin: the saved queries, to be started from."""
    if "RUNS" in cursor.accepted:
        for name, detail in context.saved.items():
            yield Offer(f"@{name}", f"runs from @{name}", ItemKind.QUERY, WordGroup.FIRST, clean(detail), name=name)
