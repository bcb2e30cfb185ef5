"""Completion: what can stand at a place in a text, best first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runql.ide.completion.fields import names
from runql.ide.completion.index import MOST_BY_LETTERS
from runql.ide.completion.items import Completions, Item, Offer, listed
from runql.ide.completion.named import functions, parameters, sources
from runql.ide.completion.slots import slot_at
from runql.ide.completion.tables import Keys, from_tables, inside_question, keys_at, saved_at, shared
from runql.ide.completion.values import values
from runql.ide.completion.words import words
from runql.ide.context import Context, Text
from runql.ide.cursor import Cursor, cursor_at
from runql.ide.declarations import with_declared
from runql.ide.named_tables import put_in, scope_of, sources_behind
from runql.ide.nodes import queries
from runql.semantic.check_stages.scope import Scope
from runql.syntax.literals import read_string, write_string
from runql.syntax.parse import parse
from runql.text.source import Span

_QUOTES = frozenset("\"'")
_OPENS = frozenset("([{,=<>~!+*/%|-")
"""Signs behind which a word may stand without a space."""


def complete(text: Text, offset: int, context: Context) -> Completions:
    """What can stand at an offset of a text; never raises, whatever the text.

    Nothing is asked of any source: it knows what the context knows.
    """
    cursor = cursor_at(text, offset)
    if cursor is None:
        return Completions(Span(offset, offset), Span(offset, offset))
    known = with_declared(cursor.around, context)
    context = known.of(sources_behind(cursor.sources, known))
    if "SAVED" not in cursor.accepted and cursor.text[: cursor.word.start].endswith("@"):
        return _of_saved(cursor, context)
    table = table_at(cursor, context)
    if (inside := inside_question(cursor, context, table)) is not None:
        return inside
    keys = keys_at(cursor, table, context, known)
    if keys is not None:
        table, context = keys.table, keys.context
    items, is_cut = listed(_offers(cursor, context, table, keys), cursor.typed)
    spaced = tuple(_spaced(_quoted(item, cursor), cursor) for item in items)
    # A letter more also finds the fields that are listed under their namespace so far.
    more = bool(cursor.chain) and "." not in cursor.typed and context.catalog is not None
    return Completions(cursor.word, cursor.whole, spaced, is_cut or more or len(items) >= MOST_BY_LETTERS)


def _offers(cursor: Cursor, context: Context, table: Scope | None, keys: Keys | None) -> Iterator[Offer]:
    slot = slot_at(cursor)
    if keys is not None:
        yield from shared(keys)
    if not cursor.typed.startswith("$"):
        yield from values(cursor, slot, context)
        yield from names(cursor, slot, context, table)
        yield from functions(cursor, slot, context)
        yield from sources(cursor, context)
        yield from words(cursor, slot, context, table)
        yield from from_tables(cursor, context)
    yield from parameters(cursor, slot, context)


def _of_saved(cursor: Cursor, context: Context) -> Completions:
    """What an item of a saved query replaces is its sign too."""
    items, is_cut = listed(saved_at(cursor, context), cursor.typed)
    start = cursor.word.start - 1
    return Completions(Span(start, cursor.word.end), Span(start, cursor.whole.end), items, is_cut)


def _quoted(item: Item, cursor: Cursor) -> Item:
    """A text in the quotes that were begun."""
    text, quote = item.insert_text, cursor.quote
    if quote not in _QUOTES or text[:1] not in _QUOTES or text[0] == quote or text[-1] != text[0]:
        return item
    return replace(item, insert_text=write_string(read_string(text), quote))


def _spaced(item: Item, cursor: Cursor) -> Item:
    """An item with a space where it would run into what stands beside it."""
    before = cursor.text[: cursor.word.start][-1:]
    after = cursor.text[cursor.whole.end :][:1]
    text = item.insert_text
    if before and not before.isspace() and before not in _OPENS and (text[0].isalnum() or text[0] in "\"'`$"):
        text = f" {text}"
    if _is_wordy(after) and _is_wordy(text[-1]):
        text = f"{text} "
    return item if text == item.insert_text else replace(item, insert_text=text)


def _is_wordy(char: str) -> bool:
    return char.isalnum() or char in set("_\"'`$")


def table_at(cursor: Cursor, context: Context) -> Scope | None:
    """The columns and the kind of the table left of the last pipe; none if there is no pipe, or that has mistakes."""
    pipes = [lexeme.start for lexeme in cursor.lexemes if lexeme.terminal == "PIPE"]
    if not pipes:
        return None
    found = list(queries(parse(cursor.before[: pipes[-1]]).script))
    if not found:
        return None
    return scope_of(put_in(found[-1], context), context)
