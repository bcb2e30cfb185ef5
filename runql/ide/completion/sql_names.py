"""Completion inside the question of the stage `sql`: the columns of the table as SQL spells them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from runql.ide.completion.items import Completions, ItemKind, Offer, listed
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.language.fields import Space
from runql.semantic.check_stages.scope import Scope
from runql.semantic.spelling import info_text
from runql.text.source import Span

_WORD: Final = re.compile(r'(?P<quote>(?:\\?")?)(?P<name>[\w./]*)\Z')
_PLAIN: Final = re.compile(r"[^\W\dA-Z]\w*\Z")
_SPACES: Final = (Space.CONFIG, Space.SUMMARY)
_TABLE: Final = "_"


def inside_question(cursor: Cursor, context: Context, table: Scope | None) -> Completions | None:
    """The names that can stand at the cursor, if it is in a question; they replace the name that is being written."""
    if cursor.previous != "SQL" or cursor.quote not in {'"', "'"} or table is None:
        return None
    found = _WORD.search(cursor.typed, 1)
    if found is None:
        return None
    inner, name = found["quote"], found["name"]
    if inner == '"' and cursor.quote == '"':
        return None
    start = cursor.offset - len(found[0])
    span = Span(start, cursor.offset)
    quote = '"' if cursor.quote == "'" else '\\"'
    items, is_cut = listed(_offers(_names(table, context), inner, quote), name)
    return Completions(span, span, items, is_cut)


def _names(table: Scope, context: Context) -> Mapping[str, None]:
    """The columns, then the fields of runs that a question may name besides."""
    names = dict.fromkeys(table.columns)
    if table.fields and context.catalog is not None:
        names.update(dict.fromkeys(info_text(info) for info in context.catalog.fields if info.space in _SPACES))
    return names


def _offers(names: Mapping[str, None], inner: str, quote: str) -> Iterator[Offer]:
    for name in names:
        quoted = f"{quote}{name}{quote}"
        plain = not inner and _PLAIN.match(name) is not None
        yield Offer(name, name if plain else quoted, ItemKind.FIELD, 0, "column")
    if not inner:
        yield Offer(_TABLE, _TABLE, ItemKind.SOURCE, 1, "the table so far")
