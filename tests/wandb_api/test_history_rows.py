"""Which rows of a history a request gets, where the whole history is at hand."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.semantic.values import MISSING
from runql.sources.history_rows import columns_needed, select_rows
from runql.sources.protocol import HistoryRequest

cells = st.one_of(st.just(MISSING), st.none(), st.integers(0, 9))
histories = st.integers(0, 30).flatmap(
    lambda length: st.fixed_dictionaries(
        {name: st.lists(cells, min_size=length, max_size=length) for name in ("a", "b", "epoch")}
    )
)
requests = st.builds(
    HistoryRequest,
    entity=st.just(""),
    project=st.just(""),
    run_ids=st.just(("r",)),
    keys=st.sampled_from([None, ("a",), ("a", "b"), ("b", "nothing"), ("nothing",)]),
    samples=st.sampled_from([None, 1, 3, 500]),
    rows=st.sampled_from(["all", "any"]),
    x_axis=st.sampled_from(["_step", "epoch", "nowhere"]),
    min_step=st.sampled_from([None, 0, 5, 40]),
    max_step=st.sampled_from([None, 4, 20]),
)


def expected_rows(columns: dict[str, list[Any]], request: HistoryRequest) -> list[int]:
    """The rule of `HistoryRequest`, row by row."""
    low = 0 if request.min_step is None else request.min_step
    high = 10**9 if request.max_step is None else request.max_step
    names = request.keys or [name for name in columns if name not in ("_step", request.x_axis)]
    kept = []
    for row, step in enumerate(columns["_step"]):
        held = [name in columns and columns[name][row] is not MISSING for name in names]
        has_x = columns.get(request.x_axis, [MISSING] * 99)[row] is not MISSING
        wanted = (request.keys is None or all(held)) if request.rows == "all" else any(held)
        if low <= step <= high and has_x and wanted:
            kept.append(row)
    return kept


@settings(max_examples=300, deadline=None)
@given(histories, requests)
def test_rows_are_those_of_the_rule(logged: dict[str, list[Any]], request: HistoryRequest) -> None:
    columns = {"_step": list(range(len(logged["a"]))), **logged}
    expected = expected_rows(columns, request)
    history = select_rows("r", columns, request)
    steps = list(history.columns.get("_step", ()))
    assert set(steps) <= set(expected)
    assert steps == sorted(steps)
    assert history.sampled is (len(steps) < len(expected))
    for name, column in history.columns.items():
        assert list(column) == [columns[name][step] for step in steps]
    if request.samples is None or request.samples >= len(expected):
        assert steps == expected
    elif request.rows == "all":
        assert request.samples <= len(steps) <= max(request.samples, 6)
    decoded = {name: columns[name] for name in columns_needed(columns, request)}
    assert select_rows("r", decoded, request) == history


@pytest.mark.parametrize(("rows", "codes"), [("any", ["RQL508"]), ("all", [])])
def test_rows_without_an_x_are_told_where_they_would_be_missed(rows: Literal["all", "any"], codes: list[str]) -> None:
    columns: dict[str, list[Any]] = {"_step": [0, 1], "loss": [1, 2], "epoch": [MISSING, 1]}
    history = select_rows("r", columns, HistoryRequest("", "", ("r",), ("loss",), rows=rows, x_axis="epoch"))
    assert history.columns == {"_step": [1], "epoch": [1], "loss": [2]}
    assert [notice.code for notice in history.notices] == codes


def test_machine_metrics_stand_along_the_time() -> None:
    columns: dict[str, list[Any]] = {
        "_timestamp": [1.0, 2.0],
        "system.cpu": [5, MISSING],
        "system.gpu.0.gpu": [MISSING, 6],
    }
    request = HistoryRequest("", "", ("r",), ("system.cpu",), stream="system", min_step=7)
    assert select_rows("r", columns, request).columns == {"_timestamp": [1.0], "system.cpu": [5]}


def test_a_run_without_history() -> None:
    for keys in (None, ("loss",)):
        history = select_rows("r", {}, HistoryRequest("", "", ("r",), keys))
        assert (history.columns, history.length, history.notices) == ({}, 0, ())
