"""What no catalog holds and no grammar spells: types of parameters, options of `set`, endings of files; the keys of a
join, those that both tables have first; inside the question of `sql` the columns as SQL spells them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from runql.ide.completion.index import index_of
from runql.ide.completion.items import Completions, ItemKind, Offer, listed
from runql.ide.completion.words import WordGroup
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.entry_text import entry_markdown
from runql.ide.named_tables import other_table
from runql.language.fields import RUN_FIELDS, Space
from runql.language.formats import FORMATS
from runql.language.options import CODE_OPTION, OPTIONS
from runql.language.types import TYPES
from runql.semantic.check_stages.scope import Scope
from runql.semantic.spelling import PREFIXES, info_text
from runql.syntax import tree as t
from runql.syntax.lexer import lexer
from runql.syntax.literals import quote_name, read_string, write_string
from runql.text.codes import CODES
from runql.text.frozen import frozen
from runql.text.render import clean
from runql.text.source import Span

_FIRST = -1
_MADE = "n"
"""What `group` counts: no key."""


@frozen
class Keys:
    """The tables of a join at whose keys the cursor stands: the one whose columns come, and the other one."""

    table: Scope | None
    context: Context
    other: Scope | None = None


def keys_at(cursor: Cursor, table: Scope | None, context: Context, known: Context) -> Keys | None:
    """Whose columns come at the cursor, if it stands at a key of a join. `known` is of queries that name no source."""
    if cursor.clause != "JOIN" or cursor.previous not in {"ON", "EQ", "COMMA"}:
        return None
    stage = next((node for node in reversed(cursor.chain) if isinstance(node, t.JoinStage)), None)
    if stage is None:
        return None
    found = other_table(stage, known, context)
    if cursor.previous == "EQ":
        return Keys(Scope(), known) if found is None else Keys(*found)
    return Keys(table, context, None if found is None else found[0])


def shared(keys: Keys) -> Iterator[Offer]:
    """The columns of the other table that this one has too."""
    if keys.other is None or keys.table is None:
        return
    for name, facts in keys.other.columns.items():
        text = name if lexer().terminal_pattern("PATH").fullmatch(name) else quote_name(name)
        if name != _MADE and clean(text) == text and _is_known(name, keys.table, keys.context):
            kinds = " or ".join(sorted(facts.kinds)) if len(facts.kinds) == 1 else "a column"
            yield Offer(text, text, ItemKind.FIELD, _FIRST, f"{kinds} · in both tables", name=name)


def _is_known(name: str, table: Scope, context: Context) -> bool:
    if name in table.columns:
        return True
    space, _, rest = name.partition(".")
    is_field = context.catalog is not None and (PREFIXES.get(space), rest) in context.catalog.index.prefixes
    return table.fields and (name in RUN_FIELDS or is_field)


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
