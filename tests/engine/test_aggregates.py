"""What a run's history comes to."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.histories.aggregates import (
    AGGREGATES,
    aggregate,
    keys_needed,
    known_from_record,
)
from runql.errors import RunQLError
from runql.language.aggregates import HISTORY_AGGREGATES
from runql.semantic.needed import aggregates_in
from runql.semantic.record import LoggedMetrics, RunHistory
from runql.semantic.typed import HistoryNode, TAggregate, TAnd, TLogged
from runql.semantic.values import MISSING, Value
from tests.engine.build import compare, const, run

NAN = math.nan
STEPS = list(range(8))
LOSS = [3.0, NAN, 1.0, MISSING, 1.0, math.inf, 2, MISSING]


def _value(name: str, cells: list[Any], **options: Any) -> Value:
    node = TAggregate(name, "loss", **options)
    history = RunHistory(
        "r", {"_step": list(range(len(cells))), "loss": cells, "epoch": [c * 10 for c in range(len(cells))]}
    )
    return aggregate([node], [history])[node]


@pytest.mark.parametrize(
    ("name", "options", "value"),
    [
        ("min", {}, 1.0),
        ("max", {}, math.inf),
        ("argmin", {}, 2),
        ("argmax", {}, 5),
        ("argmin", {"x_axis": "epoch"}, 20),
        ("argmin", {"x_axis": "nowhere"}, MISSING),
        ("first", {}, 3.0),
        ("last", {}, 2),
        ("mean", {}, math.inf),
        ("diverged", {}, True),
        ("diverged", {"last_rows": 1}, False),
        ("diverged", {"last_rows": 2}, True),
        ("max", {"last_rows": 1}, 2),
        ("argmax", {"last_rows": 1}, 6),
        ("first", {"last_rows": 3}, 1.0),
        ("min", {"last_rows": 100}, 1.0),
    ],
)
def test_aggregates_of_a_metric(name: str, options: dict[str, Any], value: Any) -> None:
    assert _value(name, LOSS, **options) == value


def test_nan_is_skipped_by_all_but_first_and_last() -> None:
    cells = [NAN, 4, 2, NAN]
    assert [_value(name, cells) for name in ("min", "max", "mean", "argmin", "argmax")] == [2, 4, 3.0, 2, 1]
    assert math.isnan(_value("first", cells))
    assert math.isnan(_value("last", cells))
    assert _value("diverged", cells) is True
    assert _value("diverged", [1, 2]) is False


@pytest.mark.parametrize("cells", [[], [MISSING, MISSING]])
def test_over_no_values_it_is_missing(cells: list[Any]) -> None:
    names = AGGREGATES - {"exists", "count", "at", "when"}
    assert {name: _value(name, cells) for name in names} == dict.fromkeys(names, MISSING)
    assert _value("count", cells) == 0


def test_what_is_no_number_is_no_value_but_for_first_and_last() -> None:
    cells = ["text", True, None, {"_type": "image-file"}]
    numeric = ("min", "max", "argmin", "diverged")
    assert [_value(name, cells) for name in numeric] == [MISSING] * len(numeric)
    assert _value("first", cells) == "text"
    assert _value("last", cells) == {"_type": "image-file"}
    assert _value("max", [*cells, 1]) == 1
    assert _value("mean", cells) == 1.0  # true is 1
    assert _value("mean", ["text", None]) is MISSING


def test_means_at_the_edge_of_the_numbers() -> None:
    assert _value("mean", [1e308, 1e308]) == pytest.approx(1e308)
    assert math.isnan(_value("mean", [math.inf, -math.inf]))
    assert _value("mean", [10**400, 1]) == math.inf
    assert _value("mean", [0.1] * 10) == 0.1


def test_exists_asks_for_a_row_and_takes_globs() -> None:
    history = RunHistory("r", {"_step": [0], "val/loss": [None], "loss": [MISSING]})
    nodes = [TLogged("val/loss"), TLogged("loss"), TLogged("val/*"), TLogged("train/*")]
    assert list(aggregate(nodes, [history]).values()) == [True, False, True, False]


CELLS = st.one_of(st.just(MISSING), st.integers(-3, 3), st.floats(width=32), st.just("x"))


@settings(max_examples=150, deadline=None)
@given(st.lists(CELLS, max_size=12), st.lists(st.integers(0, 12), max_size=3), st.none() | st.integers(1, 5))
def test_the_parts_that_a_history_comes_in_make_no_difference(
    cells: list[Any], cuts: list[int], last: int | None
) -> None:
    nodes = [TAggregate(name, "loss", last) for name in sorted(AGGREGATES - {"at", "when"})]
    edges = sorted({0, len(cells), *(cut for cut in cuts if cut < len(cells))})
    spans = list(pairwise(edges))
    parts = [RunHistory("r", {"_step": list(range(low, high)), "loss": cells[low:high]}) for low, high in spans]
    whole = RunHistory("r", {"_step": list(range(len(cells))), "loss": cells})
    assert repr(aggregate(nodes, parts)) == repr(aggregate(nodes, [whole]))


def test_which_keys_answer_the_aggregates() -> None:
    best, at = TAggregate("min", "loss"), TAggregate("argmin", "val/loss", x_axis="epoch")
    assert aggregates_in(TAnd((compare(best, "<", at), compare(best, ">", const(0))))) == (best, at)
    assert keys_needed([best, at]) == ("loss", "val/loss", "epoch")
    assert keys_needed([TAggregate("mean", "loss", x_axis="epoch"), TLogged("acc")]) == ("loss", "acc")
    assert keys_needed([best, TLogged("val/*")]) is None


def test_only_that_a_metric_exists_is_known_without_its_rows() -> None:
    record = run(summary={"loss": 0.1}, logged=LoggedMetrics({"loss": {}}, 9))
    nodes: list[HistoryNode] = [TAggregate("last", "loss"), TLogged("loss"), TLogged("acc"), TLogged("l*")]
    assert known_from_record(nodes, record) == {TLogged("loss"): True, TLogged("l*"): True}
    assert known_from_record(nodes, run()) == {}


def test_every_aggregate_of_the_language_has_a_body() -> None:
    assert HISTORY_AGGREGATES.keys() == AGGREGATES
    with pytest.raises(RunQLError, match="RQL901"):
        _value("iqm", [1])
