"""W&B's orders: `+created_at`, `-summary_metrics.loss`, `config.lr.value`; the signs are optional."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runql.engine.mongo.fields import FilterField, parse_field
from runql.engine.order import sort_records, sorted_indices
from runql.errors import ArgumentError
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.record import RunRecord
from runql.text.frozen import frozen
from runql.text.visible import short_repr


@frozen
class OrderField:
    """One key of an order."""

    field: FilterField
    descending: bool


def parse_order(order: str) -> tuple[OrderField, ...]:
    """Read an order: one key, or several with commas between them. Without a sign a key is ascending.

    Raises:
        ArgumentError: an unknown field, or one that has no order.
    """
    if not isinstance(order, str):
        raise ArgumentError.because(f"an order is text like `-summary_metrics.loss`, not `{short_repr(order)}`")
    return tuple(_parse_key(key.strip(), order) for key in order.split(","))


def _parse_key(key: str, order: str) -> OrderField:
    name = key[1:] if key[:1] in ("+", "-") else key
    if not name:
        raise ArgumentError.because(f"the order `{order}` names no field", "write it as `-summary_metrics.loss`")
    field = parse_field(name)
    if field.kind is Kind.LIST or field.space is Space.LOGGED:
        raise ArgumentError.because(f"runs have no order by `{name}`: it is not one number, text or time")
    return OrderField(field, key.startswith("-"))


def sort_by_fields(records: Iterable[RunRecord], order: Sequence[OrderField]) -> list[RunRecord]:
    """The runs in an order, ties by `created`, then id. Each run must have the heavy parts that the order reads."""
    runs = sort_records(records)
    for key in reversed(order):
        values = [key.field.value(run) for run in runs]
        runs = [runs[index] for index in sorted_indices(values, descending=key.descending)]
    return runs
