"""The order of runs: total, stable, missing and NaN last in both directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key, partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.evaluate import Aggregates
from runql.engine.order import sort_records, top
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAggregate, TOrderKey
from runql.semantic.values import MISSING
from tests.engine.build import field, run
from tests.engine.test_truth_laws import VALUES

START = datetime(2026, 1, 1, tzinfo=UTC)
X, Y = TOrderKey(field("config.x")), TOrderKey(field("config.y"))
X_DOWN = TOrderKey(field("config.x"), descending=True)


def _runs(*values: Any) -> list[RunRecord]:
    """Runs made in this order, named by their number."""
    made = []
    for number, value in enumerate(values):
        config = {} if value is MISSING else {"x": value}
        made.append(run(str(number), config=config, created=START + timedelta(hours=number)))
    return made


def _values(records: Sequence[RunRecord]) -> list[Any]:
    return [(record.config or {}).get("x", MISSING) for record in records]


def test_kinds_stand_in_one_order_in_both_directions() -> None:
    last: list[Any] = [[1], {"a": 1}, math.nan, None, MISSING]
    up = [-math.inf, -1, 0.5, 2, math.inf, False, True, "", "B", "a", START, *last]
    down = [math.inf, 2, 0.5, -1, -math.inf, True, False, "a", "B", "", START, *last]
    for given_order in (up, up[::-1], up[3:] + up[:3]):
        assert repr(_values(sort_records(_runs(*given_order), (X,)))) == repr(up)
        assert repr(_values(sort_records(_runs(*given_order), (X_DOWN,)))) == repr(down)


def test_ties_are_broken_by_created_then_id_in_both_directions() -> None:
    late, early = START + timedelta(days=1), START
    records = [run("z", created=late), run("d"), run("b", created=early), run("c"), run("a", created=late)]
    for keys in ((), (X,), (X_DOWN,)):
        assert [record.id for record in sort_records(records, keys)] == ["b", "a", "z", "c", "d"]


def test_lists_and_records_have_no_order_among_themselves() -> None:
    assert _values(sort_records(_runs([2], [1], [3]), (X,))) == [[2], [1], [3]]
    assert _values(sort_records(_runs([2], [1], [3]), (X_DOWN,))) == [[2], [1], [3]]


def test_several_keys() -> None:
    pairs = [(1, "b"), (2, "a"), (1, "a"), (2, "b")]
    records = [run(f"{x}{y}", config={"x": x, "y": y}, created=START) for x, y in pairs]
    assert [record.id for record in sort_records(records, (X_DOWN, Y))] == ["2a", "2b", "1a", "1b"]


def test_an_order_by_what_the_history_comes_to() -> None:
    best = TAggregate("min", "loss")
    found: dict[str, Aggregates] = {"0": {best: 0.3}, "1": {best: MISSING}, "2": {best: 0.1}}
    ordered = sort_records(_runs(1, 1, 1), (TOrderKey(best),), lambda record: found[record.id])
    assert [record.id for record in ordered] == ["2", "0", "1"]


RECORDS = st.lists(
    st.builds(
        lambda id_, x, y, hours: run(
            id_,
            config={name: value for name, value in (("x", x), ("y", y)) if value is not MISSING},
            created=None if hours is None else START + timedelta(hours=hours),
        ),
        st.text("abc", min_size=1, max_size=2),
        VALUES,
        VALUES,
        st.none() | st.integers(0, 2),
    ),
    max_size=12,
)
KEYS = st.lists(st.builds(TOrderKey, st.sampled_from([X.value, Y.value]), st.booleans()), max_size=2).map(tuple)
examples = settings(max_examples=150, deadline=None)


def _rank(value: Any) -> int:  # noqa: PLR0911 - a table
    if isinstance(value, bool):
        return 1
    if isinstance(value, int | float):
        return 6 if value != value else 0  # noqa: PLR0124 - NaN
    if isinstance(value, str):
        return 2
    if isinstance(value, datetime):
        return 3
    if isinstance(value, list):
        return 4
    if isinstance(value, dict):
        return 5
    return 7 if value is None else 8


def _compare(keys: tuple[TOrderKey, ...], one: RunRecord, other: RunRecord) -> int:
    """The order as the page words it, two runs at a time."""
    for order_key in keys:
        name = "x" if order_key.value == X.value else "y"
        a, b = ((record.config or {}).get(name, MISSING) for record in (one, other))
        if _rank(a) != _rank(b):
            return -1 if _rank(a) < _rank(b) else 1
        if _rank(a) <= 3 and a != b:
            return -1 if (a < b) is not order_key.descending else 1
    ties = [(r.created is None, r.created or START, r.id) for r in (one, other)]
    return (ties[0] > ties[1]) - (ties[0] < ties[1])


@examples
@given(RECORDS, KEYS)
def test_the_order_is_that_of_comparing_two_by_two(records: list[RunRecord], keys: tuple[TOrderKey, ...]) -> None:
    expected = sorted(records, key=cmp_to_key(partial(_compare, keys)))
    assert list(map(id, sort_records(records, keys))) == list(map(id, expected))


@examples
@given(RECORDS, KEYS)
def test_the_order_does_not_depend_on_the_order_given(records: list[RunRecord], keys: tuple[TOrderKey, ...]) -> None:
    unique = list({(record.id, record.created): record for record in records}.values())
    assert sort_records(unique[::-1], keys) == sort_records(unique, keys)


@pytest.mark.parametrize("limit", [0, 1, 5, 3_000, 10_000])
def test_the_top_is_the_beginning_of_the_whole_order(limit: int) -> None:
    records = _runs(*((number * 7919) % 5_003 % 90 for number in range(5_003)))
    assert top(iter(records), (X_DOWN,), limit) == sort_records(records, (X_DOWN,))[:limit]
