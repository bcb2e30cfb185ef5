"""What must be said about an answer: runs counted in though they lack a field, values that an order can't place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runql.engine.compare import is_nan, is_null
from runql.engine.evaluate import compile_value
from runql.engine.fields import field_getter
from runql.engine.order import AggregatesOf, no_aggregates
from runql.engine.table import Table
from runql.engine.walk import AnyExpr, children, known
from runql.semantic.record import RunRecord
from runql.semantic.spelling import field_text
from runql.semantic.typed import (
    FieldKey,
    TCompare,
    TConst,
    TField,
    THas,
    TIn,
    TNot,
    TOrderKey,
    TTextTest,
    TypedExpr,
)
from runql.semantic.values import Kind
from runql.syntax.tree import Comparison
from runql.text.diagnostic import Diagnostic
from runql.text.source import Span

_QUIET = frozenset({Kind.MISSING, Kind.NULL})


def counted_in(where: TypedExpr | None, kept: Sequence[RunRecord]) -> list[Diagnostic]:
    """For each field that a `!=`, `not in`, `!~`, … asks about: how many of the kept runs lack it (RQL303)."""
    notices = []
    places: dict[FieldKey, Span] = {}
    for key, span in _negative_tests(where) if where is not None else ():
        places.setdefault(key, span)
    for key, span in places.items():
        get = field_getter(key)
        lacking = sum(is_null(get(record)) for record in kept)
        if lacking:
            name = _shown(key)
            message = f"incl. {lacking} {_runs(lacking)} without `{name}`"
            notices.append(Diagnostic("RQL303", message, span, hints=(f"leave them out: `and {name} is not null`",)))
    return notices


def _negative_tests(root: TypedExpr) -> Iterator[tuple[FieldKey, Span]]:
    """The fields of tests that hold where the field is missing, with the place of the test."""
    waiting: list[tuple[TypedExpr, bool]] = [(root, True)]
    while waiting:
        expr, positive = waiting.pop()
        node = known(expr)
        if isinstance(node, TNot):
            waiting.append((node.value, not positive))
        elif _holds_of_missing(node) is positive:
            yield from ((part.key, node.span) for part in children(node) if isinstance(part, TField))
        else:
            waiting.extend((part, positive) for part in reversed(children(node)))


def _holds_of_missing(node: AnyExpr) -> bool | None:
    """What a test says of a missing field: true for `!=`, false for `=`, `in`, `~`, …; `None` for any other node."""
    match node:
        case TCompare(op=Comparison.EQ | Comparison.NE as op):
            asks_for_null = any(isinstance(part, TConst) and part.value is None for part in (node.left, node.right))
            return None if asks_for_null else op is Comparison.NE
        case TIn() | TTextTest() | THas():
            return False
        case _:
            return None


def misplaced(
    keys: Sequence[TOrderKey], records: Sequence[RunRecord], aggregates_of: AggregatesOf = no_aggregates
) -> list[Diagnostic]:
    """For each order key: how many of the runs come last in both directions, as NaN, null or missing (RQL306)."""
    notices = []
    for key in keys:
        value_of = compile_value(key.value)
        values = [value_of(record, aggregates_of(record)) for record in records]
        nans, lacking = sum(map(is_nan, values)), sum(map(is_null, values))
        said = [f"{nans} NaN"] * bool(nans) + [f"{lacking} {_runs(lacking)} without a value"] * bool(lacking)
        if said:
            name = f"`{_shown(key.value.key)}`" if isinstance(key.value, TField) else "the order key"
            notices.append(Diagnostic("RQL306", f"last in the order by {name}: {', '.join(said)}", key.value.span))
    return notices


def mixed_columns(table: Table) -> list[Diagnostic]:
    """The columns that hold values of different types, with how many of each (RQL509)."""
    notices = []
    for name in table.names:
        kinds = {kind: count for kind, count in table.kinds(name).items() if kind not in _QUIET}
        if len(kinds) > 1:
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: -item[1]))
            notices.append(Diagnostic("RQL509", f"`{name}` holds values of different types: {counts}"))
    return notices


def _runs(count: int) -> str:
    return "run" if count == 1 else "runs"


def _shown(key: FieldKey) -> str:
    return key.written or field_text(key.space, key.segments, exact=key.exact)
