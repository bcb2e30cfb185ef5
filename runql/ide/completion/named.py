"""What has a name of its own: functions, parameters, sources, saved queries, runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from runql.config import STORE
from runql.ide.completion.items import ItemKind, Offer
from runql.ide.completion.slots import Role, Slot, kinds_of_expr, takes_value
from runql.ide.completion.words import CALLED, WordGroup
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.entry_text import entry_markdown
from runql.language.aggregates import HISTORY_AGGREGATES, OFFERED_PERCENTILES, ROW_AGGREGATES
from runql.language.entry import Function
from runql.language.fields import Space
from runql.language.functions import FUNCTIONS
from runql.language.kinds import ANYTHING, BOOL, ORDERED, Kind
from runql.language.windows import WINDOWS
from runql.semantic.folds import fold_named
from runql.syntax.lexer import lexer
from runql.syntax.literals import write_string
from runql.text.render import clean

_UNCALLED: Final = frozenset({Role.MEMBER, Role.PATTERN, Role.NOTHING, Role.NEW_NAME, Role.DESCRIBED})


def functions(cursor: Cursor, slot: Slot, context: Context) -> Iterator[Offer]:
    """The functions that can be called at the cursor, each with its signature."""
    if "FUNCTION" not in cursor.accepted or cursor.quote or slot.role in _UNCALLED:
        return
    if slot.role is Role.ARGUMENT and not takes_value(slot):
        return
    kinds = _result_kinds(slot, context)
    tables = _tables(cursor, slot)
    is_fold = cursor.is_folding and slot.role is Role.COLUMN and not slot.function
    group = WordGroup.FIRST if is_fold else WordGroup.FUNCTIONS
    for name in dict.fromkeys(name for table in tables for name in table):
        forms = [table[name] for table in tables if name in table]
        if name.upper() not in CALLED and any(form.result in {Kind.UNKNOWN, *kinds} for form in forms):
            signatures = " or ".join(dict.fromkeys(form.form for form in forms))
            yield Offer(name, f"{name}(", ItemKind.FUNCTION, group, signatures, partial(_forms, forms))


def _tables(cursor: Cursor, slot: Slot) -> tuple[Mapping[str, Function], ...]:
    """The functions that there are where the cursor stands: those over rows only in stages that fold."""
    if not cursor.is_piped:
        return (FUNCTIONS, HISTORY_AGGREGATES)
    if cursor.previous in {"OVER", "SORTED"}:
        return (FUNCTIONS,)
    if slot.function in WINDOWS or (cursor.is_folding and fold_named(slot.function) is not None):
        return (FUNCTIONS,)  # an aggregate holds no other
    if not cursor.is_folding:
        return (FUNCTIONS, HISTORY_AGGREGATES, WINDOWS, ROW_AGGREGATES)
    percentiles = {name: fold for name in OFFERED_PERCENTILES if (fold := fold_named(name)) is not None}
    return (ROW_AGGREGATES, percentiles, FUNCTIONS, WINDOWS)


def _result_kinds(slot: Slot, context: Context) -> frozenset[Kind]:
    """The kinds of result that are wanted."""
    if slot.kinds:
        return slot.kinds
    if slot.role is Role.OPERAND or (slot.role is Role.ARGUMENT and slot.function not in FUNCTIONS):
        return ORDERED
    if slot.role is Role.ARGUMENT:
        kinds = FUNCTIONS[slot.function].parameter(slot.index).kinds
        return ANYTHING if kinds == BOOL else kinds  # a condition may begin with anything
    return kinds_of_expr(slot.subject, context) or ANYTHING


def _forms(forms: Iterable[Function]) -> str:
    return "\n\n".join(map(entry_markdown, forms))


# ---------------------------------------------------------------- what others have named


def parameters(cursor: Cursor, slot: Slot, context: Context) -> Iterator[Offer]:
    """The parameters that have a value, or were declared."""
    if "PARAM" not in cursor.accepted or cursor.quote or (cursor.typed and not cursor.typed.startswith("$")):
        return
    if slot.role is Role.NEW_NAME or (slot.role is Role.ARGUMENT and not takes_value(slot)):
        return
    names = {**dict.fromkeys(context.values, ""), **context.parameters}
    group = (
        WordGroup.JOINS if slot.role in {Role.VALUE, Role.MEMBER, Role.PATTERN, Role.NOTHING} else WordGroup.FUNCTIONS
    )
    typed = cursor.typed.removeprefix("$")
    for name, description in names.items():
        if name.isidentifier():
            yield Offer(f"${name}", f"${name}", ItemKind.PARAMETER, group, clean(description), name=name, typed=typed)


def sources(cursor: Cursor, context: Context) -> Iterator[Offer]:
    """Where runs can come from: places, queries with a name, the last result; after `run` and `sweep`, their ids."""
    if "SOURCE" not in cursor.accepted:
        return
    typed = cursor.typed.lstrip("\"'")
    if cursor.previous == "INTO":
        yield from _stores(context, typed)
        return
    if cursor.previous in {"RUN", "SWEEP", "VS"}:
        for name, detail in _idents(cursor.previous, context):
            yield _source(name, detail, ItemKind.RUN, WordGroup.FIRST, typed)
        return
    for name, detail in context.sources.items():
        yield _source(name, detail, ItemKind.SOURCE, WordGroup.JOINS, typed)
    if cursor.previous == "USE":
        return  # a source, and no query
    for name, detail in context.lets.items():
        yield _source(name, detail, ItemKind.QUERY, WordGroup.FIRST, typed)
    if "SAVED" in cursor.accepted and not cursor.quote:
        for name, detail in context.saved.items():
            if lexer().terminal_pattern("SAVED").fullmatch(f"@{name}"):
                yield Offer(f"@{name}", f"@{name}", ItemKind.QUERY, WordGroup.CLAUSES, clean(detail), name=f"@{name}")
    if "LAST_RESULT" in cursor.accepted and not cursor.quote:
        yield Offer("_", "_", ItemKind.QUERY, WordGroup.LAST, "the last result")


def _stores(context: Context, typed: str) -> Iterator[Offer]:
    """The stores that there are, as `into` names them."""
    for name, detail in context.sources.items():
        if name.startswith(STORE):
            yield _source(name.removeprefix(STORE), detail, ItemKind.SOURCE, WordGroup.FIRST, typed)


def _idents(terminal: str, context: Context) -> Iterator[tuple[str, str]]:
    catalog = context.catalog
    if catalog is None:
        return
    if terminal == "SWEEP":
        yield from ((name, f"{runs:,} runs") for name, runs in catalog.sweeps.items())
        return
    info = catalog.index.by_path.get((Space.RUN, ("id",)))
    yield from ((str(name), "") for name, _ in (info.top if info is not None else ()))


def _source(name: str, detail: str, kind: ItemKind, group: WordGroup, typed: str) -> Offer:
    plain = lexer().terminal_pattern("SOURCE").fullmatch(name) and not lexer().terminal_pattern("LAST_RESULT").match(
        name
    )
    text = name if plain and clean(name) == name else write_string(name)
    return Offer(text, text, kind, group, clean(detail), name=name if name in text else text, typed=typed)
