"""Names: namespaces, fields of runs, metrics, patterns, aliases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import IntEnum
from functools import partial
from typing import Final

from runql.ide.completion.index import Accept, Hit, NameIndex, index_of
from runql.ide.completion.items import MOST_ITEMS, ItemKind, Offer
from runql.ide.completion.slots import Role, Slot, kinds_of_expr, takes_value
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.entry_text import entry_markdown
from runql.ide.field_text import detail, documentation, kinds_of
from runql.language.aggregates import HISTORY_AGGREGATES
from runql.language.fields import RUN_FIELDS, Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import ANYTHING, BOOL, Kind
from runql.semantic.catalog import SYSTEM_PREFIX, Catalog, FieldInfo
from runql.semantic.check_stages.scope import Scope
from runql.semantic.names.metrics import ALWAYS_LOGGED
from runql.semantic.spelling import PREFIXES, info_text, path_text, spelled_exactly
from runql.syntax import tree as t
from runql.syntax.lexer import lexer
from runql.syntax.literals import quote_name
from runql.syntax.printer.to_text import to_text
from runql.text.frozen import frozen
from runql.text.render import clean

_VALUED: Final = (Space.CONFIG, Space.SUMMARY)
_SORTABLE: Final = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})
_LOGGED: Final = (frozenset({Kind.NUMBER, Kind.BOOL}), ANYTHING)
"""What an aggregate reads, and what `exists` asks for."""
_NUMBER: Final = frozenset({Kind.NUMBER})
_MOST: Final = MOST_ITEMS + 1
_FEW: Final = 20
_PLAIN: Final = re.compile(r"\w+(?:[./]\w+)*")
_ALONG: Final = frozenset({"BEST", "BIN"})
"""The stages that take a metric, or the axis, of a history."""
_MANY: Final = 4
_ORDER: Final = ("created", "runtime", "heartbeat", "updated")
"""The fields of every run that are sorted by most."""


class FieldGroup(IntEnum):
    """The order of names that match alike; values stand before nearly all of them."""

    VALUES = 0
    NAMESPACES = 1
    RUN_FIELDS = 2
    FIELDS = 3
    REST = 4


def names(cursor: Cursor, slot: Slot, context: Context, table: Scope | None) -> Iterator[Offer]:
    """The names that can stand at the cursor; `table` is the one on which a stage stands."""
    if not ({"PATH", "GLOB"} & cursor.accepted) or cursor.quote in {'"', "'"} or slot.role is Role.NEW_NAME:
        return
    typed = cursor.typed.replace("`", "")
    if slot.role in {Role.METRIC, Role.AXIS}:
        yield from _metrics(cursor, slot, context, typed)
    elif slot.role is not Role.NOTHING:
        if table is not None:
            yield from _columns(cursor, table, slot, context)
        if table is None or (table.fields and cursor.clause not in _ALONG):
            yield from _fields(cursor, slot, context, typed)


# ---------------------------------------------------------------- columns


def _columns(cursor: Cursor, table: Scope, slot: Slot, context: Context) -> Iterator[Offer]:
    """The columns of a table, in their order; without those of the fields of every run, which are offered as such."""
    kinds = _wanted(slot, context)
    only = {"BEST": table.metrics, "BIN": {table.x_axis}}.get(cursor.clause)
    for name, facts in table.columns.items():
        text = name if lexer().terminal_pattern("PATH").fullmatch(name) else quote_name(name)
        is_offered = name in only if only is not None else not facts.kinds or facts.kinds & kinds
        if is_offered and not (table.fields and name in RUN_FIELDS) and clean(text) == text:
            shown = " or ".join(sorted(facts.kinds)) if len(facts.kinds) < _MANY else ""
            yield Offer(text, text, ItemKind.FIELD, FieldGroup.VALUES, shown or "a column", name=name)


# ---------------------------------------------------------------- fields


def _fields(cursor: Cursor, slot: Slot, context: Context, typed: str) -> Iterator[Offer]:
    kinds = _wanted(slot, context)
    head, dot, rest = typed.partition(".")
    space = PREFIXES.get(head.lower()) if dot else None
    if context.catalog is not None:
        index = index_of(context.catalog)
        searched = rest if space is not None else typed
        for each, limit in _searched(slot, space, typed):
            yield from _hits(_Search(index, context.catalog, each, searched, limit), slot, kinds)
        if "GLOB" in cursor.accepted and not cursor.quote:
            yield from _globs(index, slot, space, head)
        elif "FIELDS_OF" in cursor.accepted and space and not cursor.is_piped and slot.role is Role.CONDITION:
            yield from _any_of(index, space, head)
    if space is None and not cursor.quote and slot.role is not Role.EXCEPTED:
        yield from _namespaces(context.catalog, slot)
        if _VALUED[0] in _spaces(slot) and slot.role is not Role.DESCRIBED:
            yield from _run_fields(slot, kinds)
            for name, value in context.aliases.items():
                yield Offer(name, name, ItemKind.ALIAS, FieldGroup.NAMESPACES, f"alias of {to_text(value)}")


def _searched(slot: Slot, space: Space | None, typed: str) -> list[tuple[Space, int]]:
    """The spaces whose fields are listed, with how many of each: with nothing typed, where they are what is wanted."""
    if space is not None:
        return [(space, _MOST)] if space in _spaces(slot) else []
    if typed or slot.role is Role.EXCEPTED:
        spaces = _spaces(slot)
        return [(each, _MOST // len(spaces)) for each in spaces]
    if slot.role is Role.ORDER_KEY or slot.kinds:
        return [(Space.SUMMARY, _FEW), (Space.CONFIG, _FEW)]
    if slot.role is Role.ARGUMENT and _spaces(slot) == (Space.LOGGED,):
        return [(Space.LOGGED, _FEW)]
    return []


def _wanted(slot: Slot, context: Context) -> frozenset[Kind]:
    """The kinds of value that make sense at the cursor."""
    match slot.role:
        case Role.CONDITION:
            return ANYTHING - {Kind.RECORD}
        case Role.VALUE | Role.PATTERN | Role.MEMBER:
            return kinds_of_expr(slot.subject, context) or ANYTHING - {Kind.RECORD}
        case Role.OPERAND:
            return _NUMBER | {Kind.TIME}
        case Role.ORDER_KEY:
            return _SORTABLE
        case Role.ARGUMENT:
            function = FUNCTIONS.get(slot.function)
            others = _NUMBER if takes_value(slot) else _LOGGED[slot.function == "exists"]
            kinds = function.parameter(slot.index).kinds if function is not None else others
            return ANYTHING - {Kind.RECORD} if kinds == BOOL else kinds
        case _:
            return slot.kinds or ANYTHING


def _spaces(slot: Slot) -> tuple[Space, ...]:
    """Where fields may come from. A metric's history stands only inside of an aggregate."""
    if slot.role is Role.DESCRIBED:
        return (*_VALUED, Space.LOGGED, Space.SYSTEM)
    if slot.role is Role.EXCEPTED:
        glob = slot.subject.path if isinstance(slot.subject, t.Field) else None
        space = PREFIXES.get(str(glob.segments[0])) if glob is not None else None
        return (space,) if space in _VALUED else _VALUED
    if slot.role is Role.ARGUMENT and slot.index and not takes_value(slot):
        return ()
    if slot.role is Role.ARGUMENT and slot.function in HISTORY_AGGREGATES and not slot.index:
        return (Space.LOGGED, *(_VALUED if slot.function in {*FUNCTIONS, "exists"} else ()))
    return _VALUED


def _fits(info: FieldInfo, kinds: frozenset[Kind]) -> bool:
    if any(count and kind in kinds for kind, count in info.kinds.items()):
        return True
    return not kinds_of(info)


@frozen
class _Search:
    """What is looked for in one space."""

    index: NameIndex
    catalog: Catalog
    space: Space
    typed: str
    limit: int

    def hits(self, accept: Accept) -> list[Hit]:
        return self.index.pools[self.space].search(self.typed, self.limit, accept)


def _hits(search: _Search, slot: Slot, kinds: frozenset[Kind]) -> Iterator[Offer]:
    if slot.role is Role.ORDER_KEY:
        numbers = search.hits(partial(_fits, kinds=_NUMBER))
        ranked = [(_below(FieldGroup.VALUES, hit), hit) for hit in numbers]
        if search.typed and len(numbers) < search.limit:
            others = search.hits(lambda info: _fits(info, kinds) and not _fits(info, _NUMBER))
            ranked += [(FieldGroup.REST, hit) for hit in others]
    else:
        group = FieldGroup.VALUES if slot.kinds else FieldGroup.FIELDS
        ranked = [(_below(group, hit), hit) for hit in search.hits(partial(_fits, kinds=kinds))]
    for group, hit in ranked:
        yield _field(hit, partial(field_name, hit.info, search.catalog), group, search)


def _below(group: FieldGroup, hit: Hit) -> FieldGroup:
    """The place of a field that is listed first: not one of W&B's own."""
    return FieldGroup.REST if group is FieldGroup.VALUES and hit.info.path[0].startswith("_") else group


def _field(hit: Hit, name_of: Callable[[], str], group: FieldGroup, search: _Search) -> Offer:
    """A field that matches; its name is written only if it comes to be listed."""
    info, catalog = hit.info, search.catalog
    return Offer(
        label="",
        insert_text="",
        kind=ItemKind.METRIC if info.space in {Space.LOGGED, Space.SYSTEM} else ItemKind.FIELD,
        group=group,
        describe=partial(documentation, info, catalog),
        name=info.dotted,
        typed=search.typed,
        tier=hit.tier,
        score=hit.score,
        written=lambda: (name_of(), detail(info, catalog)),
    )


def field_name(info: FieldInfo, catalog: Catalog) -> str:
    """The name that means this field and no other; empty if the language cannot write it."""
    dotted = info.dotted
    several = len(catalog.index.prefixes.get((info.space, dotted), ())) > 1
    if not several and len(info.path) == dotted.count(".") + 1 and _PLAIN.fullmatch(dotted):
        return f"{info.space}.{dotted}"  # nearly every name
    text = spelled_exactly(info.space, info.path) if several and info.space in _VALUED else info_text(info)
    return _if_readable(text)


def _if_readable(text: str) -> str:
    return text if lexer().terminal_pattern("PATH").fullmatch(text) else ""


def _namespaces(catalog: Catalog | None, slot: Slot) -> Iterator[Offer]:
    for space in _spaces(slot):
        what = "metrics" if space is Space.LOGGED else "fields"
        count = len(index_of(catalog).pools[space].fields) if catalog is not None else 0
        if count and slot.kinds and catalog is not None:
            count = sum(_fits(info, slot.kinds) for info in index_of(catalog).pools[space].fields)
        if count or catalog is None:
            detail = f"{count:,} {what}" if count else what
            yield Offer(f"{space}.", f"{space}.", ItemKind.NAMESPACE, FieldGroup.NAMESPACES, detail)


def _run_fields(slot: Slot, kinds: frozenset[Kind]) -> Iterator[Offer]:
    order = _ORDER if slot.role is Role.ORDER_KEY else ()
    for name in (*order, *(name for name in RUN_FIELDS if name not in order)):
        entry = RUN_FIELDS[name]
        if entry.kind in kinds:
            describe = partial(entry_markdown, entry)
            yield Offer(name, name, ItemKind.FIELD, FieldGroup.RUN_FIELDS, f"{entry.kind} · every run", describe)


def _globs(index: NameIndex, slot: Slot, space: Space | None, head: str) -> Iterator[Offer]:
    """`config.*`, and `config.model.*` where `config.` is typed."""
    for each in _spaces(slot):
        if space is None and slot.role is Role.COLUMN and not slot.kinds and index.pools[each].fields:
            text = f"{each}.*"
            yield Offer(text, text, ItemKind.NAMESPACE, FieldGroup.NAMESPACES, f"all {len(index.pools[each].fields):,}")
        if space is each and slot.role is Role.COLUMN and not slot.kinds and index.pools[each].fields:
            yield _all_of(index, each, f"{head}.*", "all")
        for record in index.records.get(each, ()) if space is each else ():
            text = f"{head}.{record}.*"
            yield Offer(text, text, ItemKind.NAMESPACE, FieldGroup.REST, "all below it")


def _any_of(index: NameIndex, space: Space, head: str) -> Iterator[Offer]:
    """`config.*` in a condition: a test that any of these fields passes."""
    if space in _VALUED and index.pools[space].fields:
        yield _all_of(index, space, f"{head}.*", "any of")


def _all_of(index: NameIndex, space: Space, text: str, which: str) -> Offer:
    count = len(index.pools[space].fields)
    return Offer(text, text, ItemKind.NAMESPACE, FieldGroup.REST, f"{which} {count:,}")


# ---------------------------------------------------------------- metrics


def _metrics(cursor: Cursor, slot: Slot, context: Context, typed: str) -> Iterator[Offer]:
    catalog = context.catalog
    if slot.role is Role.AXIS and not cursor.quote:
        for name in sorted(ALWAYS_LOGGED - {"_step"}):
            yield Offer(name, name, ItemKind.METRIC, FieldGroup.NAMESPACES, "logged with every row")
    if catalog is None:
        return
    index = index_of(catalog)
    # Sources that do not list their metrics still have what each of them ended with.
    logged = Space.LOGGED if index.pools[Space.LOGGED].fields else Space.SUMMARY
    for space in (Space.SYSTEM,) if typed.startswith(SYSTEM_PREFIX) else (logged, Space.SYSTEM):
        prefix = SYSTEM_PREFIX if space is Space.SYSTEM else ""
        if "GLOB" in cursor.accepted and not cursor.quote:
            yield from _patterns(index, space, prefix)
        search = _Search(index, catalog, space, typed.removeprefix(prefix), _MOST)
        for place, hit in enumerate(search.hits(partial(_fits, kinds=_NUMBER))):
            name = prefix + hit.info.dotted.removeprefix(prefix)
            group = FieldGroup.REST if prefix or place > _FEW else FieldGroup.RUN_FIELDS
            if name not in slot.taken and name not in ALWAYS_LOGGED:
                yield _field(hit, partial(_metric_name, name), group, search)


def _metric_name(name: str) -> str:
    return _if_readable(path_text(name.split(".")))


def _patterns(index: NameIndex, space: Space, prefix: str) -> Iterator[Offer]:
    """`val/*` for metrics with a beginning in common."""
    if prefix and index.pools[space].fields:
        text = f"{prefix}*"
        yield Offer(
            text, text, ItemKind.METRIC, FieldGroup.FIELDS, f"{len(index.pools[space].fields):,} machine metrics"
        )
    for family, count in index.families[space]:
        text = f"{prefix}{family}*"
        yield Offer(text, text, ItemKind.METRIC, FieldGroup.FIELDS, f"{count:,} metrics")
