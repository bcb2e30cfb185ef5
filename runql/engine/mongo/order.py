"""Runs in one of W&B's orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runql.engine.mongo.fields import values_in
from runql.engine.order import is_strictly_sorted, sort_records, sorted_indices
from runql.semantic.record import RunRecord, RunRows
from runql.syntax.mongo.nodes import MongoOrder


def sort_by_fields(records: Iterable[RunRecord], order: MongoOrder) -> Sequence[RunRecord]:
    """The runs in an order, ties by `created`, then id. Each run must have the heavy parts that the order reads."""
    if isinstance(records, RunRows) and len(order) == 1:
        key = order[0]
        if is_strictly_sorted(values_in(key.field, records), descending=key.descending):
            return records
    runs = sort_records(records)
    for key in reversed(order):
        values = values_in(key.field, runs)
        runs = [runs[index] for index in sorted_indices(values, descending=key.descending)]
    return runs
