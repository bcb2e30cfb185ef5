"""What a selector means, of runs at hand: which of them it takes, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias, assert_never

from runql.engine.evaluate import NO_AGGREGATES, compile_value
from runql.engine.histories.aggregates import told_by_record
from runql.engine.order import is_strictly_sorted, sort_records, sorted_indices
from runql.language.fields import Space
from runql.plan.selectors import Selector, TypedSelector, WandbSelector
from runql.semantic.needed import aggregates_in
from runql.semantic.record import RunRecord, RunRows
from runql.syntax.mongo.nodes import MongoOrder, fields_in

RunTest: TypeAlias = Callable[[RunRecord], bool]


def run_test(selector: Selector) -> RunTest:
    """Whether a selector takes a run. The run must have the heavy parts that its condition reads.

    Raises:
        ArgumentError: a filter with a pattern that is not RE2.
    """
    match selector:
        case TypedSelector(condition=condition):
            if condition is None:
                return lambda _run: True
            holds, logged = compile_value(condition), aggregates_in(condition)
            if not logged:
                return lambda run: holds(run, NO_AGGREGATES) is True
            return lambda run: holds(run, told_by_record(logged, run)) is True
        case WandbSelector(filters=filters):
            from runql.engine.mongo.filters import compile_filter

            return compile_filter(filters)
        case _:
            assert_never(selector)


def selected(records: Iterable[RunRecord], selector: Selector) -> list[RunRecord]:
    """The runs that a selector takes, in its order.

    Raises:
        ArgumentError: a filter with a pattern that is not RE2.
    """
    match selector:
        case TypedSelector(condition=condition, order=keys):
            return list(sort_records(records if condition is None else filter(run_test(selector), records), keys))
        case WandbSelector(order=order):
            return list(sort_by_fields(filter(run_test(selector), records), order))
        case _:
            assert_never(selector)


def reads_logged(selector: Selector) -> bool:
    """Whether a selector asks what a run logged: of a folder that is dear to know."""
    match selector:
        case TypedSelector(condition=condition):
            return condition is not None and bool(aggregates_in(condition))
        case WandbSelector(filters=filters):
            return any(field.space is Space.LOGGED for field in fields_in(filters))
        case _:
            assert_never(selector)


def sort_by_fields(records: Iterable[RunRecord], order: MongoOrder) -> Sequence[RunRecord]:
    """The runs in an order, ties by `created`, then id. Each run must have the heavy parts that the order reads."""
    from runql.engine.mongo.filters import values_in

    if isinstance(records, RunRows) and len(order) == 1:
        key = order[0]
        if is_strictly_sorted(values_in(key.field, records), descending=key.descending):
            return records
    runs = sort_records(records)
    for key in reversed(order):
        values = values_in(key.field, runs)
        runs = [runs[index] for index in sorted_indices(values, descending=key.descending)]
    return runs
