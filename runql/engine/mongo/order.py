"""Runs in one of W&B's orders."""

from __future__ import annotations

from collections.abc import Iterable

from runql.engine.mongo.fields import values_in
from runql.engine.order import sort_records, sorted_indices
from runql.semantic.record import RunRecord
from runql.syntax.mongo.nodes import MongoOrder


def sort_by_fields(records: Iterable[RunRecord], order: MongoOrder) -> list[RunRecord]:
    """The runs in an order, ties by `created`, then id. Each run must have the heavy parts that the order reads."""
    runs = sort_records(records)
    for key in reversed(order):
        values = values_in(key.field, runs)
        runs = [runs[index] for index in sorted_indices(values, descending=key.descending)]
    return runs
