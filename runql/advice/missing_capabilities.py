"""What a source turned out to lack of what a query asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, assert_never

from runql.language.fields import Space
from runql.plan.capabilities import Trust
from runql.plan.columns import FIRST_COLUMNS
from runql.plan.nodes import Count, Fetch, Plan, Projection, expressions_of, table_of
from runql.semantic import typed as t
from runql.semantic.needed import walk
from runql.semantic.typed import TField, TLogged
from runql.sources.open import SourcePlace
from runql.text.diagnostic import Diagnostic


def lacking(plan: Plan, asked: Iterable[tuple[SourcePlace, Fetch]]) -> Iterator[Diagnostic]:
    """What is to be said of it, as far as it is known by now."""
    fields = tuple(dict.fromkeys(_fields(plan)))
    counts = isinstance(table_of(plan), Count)
    for place, fetch in asked:
        # A source that decides the whole condition knows what was logged, though its runs may not tell.
        is_left = fetch.exact and place.service.capabilities.filters is not Trust.NONE
        named = tuple(name for name in fields if not (is_left and name == Space.LOGGED))
        yield from place.service.lacking(named, counts=counts, narrows=bool(fetch.there))


_ANY_FIELD: Final = ("id", "name", "notes", "group", "tags", Space.CONFIG.value)


def _fields(plan: Plan) -> Iterator[str]:
    """What a plan reads of a run itself."""
    for node in (node for expr in expressions_of(plan) for node in walk(expr)):
        match node:
            case TLogged():
                yield Space.LOGGED.value
            case TField(key=key):
                yield str(key.segments[0]) if key.space is Space.RUN else key.space.value
            case t.TAnyField(space=space):
                yield from _ANY_FIELD if space is None else (space.value,)
            case t.TConst() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TUntagged():
                pass
            case t.TIs() | t.TNot() | t.TAnd() | t.TOr() | t.TArithmetic() | t.TNegate() | t.TCall() | t.TAggregate():
                pass
            case t.TCell() | t.TFold() | t.TQuestion() | t.TWindow():
                pass
            case _:
                assert_never(node)
    table = table_of(plan)
    if isinstance(table, Projection) and table.columns is None:
        yield from FIRST_COLUMNS
