"""Histories as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.columns import Selected, Selection
from runql.engine.histories.tables import HistoryTables, expand_keys, streams_of
from runql.engine.table import Table, concat
from runql.errors import RunQLError
from runql.semantic.record import RunHistory
from runql.semantic.typed import HistoryPart
from runql.semantic.values import MISSING
from runql.syntax.tree import AlignMode, Stream
from runql.text.diagnostic import Diagnostic
from tests.engine.build import field, run

M = MISSING
BOTH = ("loss", "val")
HISTORY = RunHistory(
    "r1", {"_step": [0, 1, 2, 3], "loss": [4.0, 3.0, 2.0, M], "val": [M, 9.0, M, 8.0], "_runtime": [0, 1, 2, 3]}
)


def _table(
    part: HistoryPart, histories: Sequence[RunHistory], system: Sequence[RunHistory] = (), **options: Any
) -> tuple[Table, HistoryTables]:
    tables = HistoryTables(part, **options)
    ids = dict.fromkeys(history.run_id for history in histories)
    records = [run(id_, config={"lr": number}, state="finished") for number, id_ in enumerate(ids)]
    made = list(tables.tables(records, histories, system))
    return concat(made, tables.names), tables


def _align(mode: str, *histories: RunHistory, keys: tuple[str, ...] | None = BOTH) -> Table:
    return _table(HistoryPart(keys, align=AlignMode(mode)), histories or [HISTORY])[0]


# ---------------------------------------------------------------- align


def test_outer_has_a_row_wherever_any_key_has_a_value() -> None:
    assert list(_align("outer").columns) == ["run_id", "_step", "loss", "val"]
    assert _align("outer").columns["val"] == [M, 9.0, M, 8.0]
    assert _align("outer", keys=("val",)).columns == {"run_id": ["r1"] * 2, "_step": [1, 3], "val": [9.0, 8.0]}


def test_inner_has_the_rows_that_hold_all_keys() -> None:
    assert _align("inner").columns == {"run_id": ["r1"], "_step": [1], "loss": [3.0], "val": [9.0]}
    assert _align("inner", keys=("loss", "absent")).length == 0
    assert _align("inner", keys=None).columns["_step"] == [1]


def test_ffill_carries_the_last_value_forward_within_the_run() -> None:
    other = RunHistory("r2", {"_step": [0, 1], "loss": [7.0, M], "val": [M, 6.0]})
    table = _align("ffill", HISTORY, other)
    assert table.columns["loss"] == [4.0, 3.0, 2.0, 2.0, 7.0, 7.0]
    assert table.columns["val"] == [M, 9.0, 9.0, 8.0, M, 6.0]


CELLS = st.one_of(st.just(MISSING), st.integers(0, 9))
HISTORIES = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=10).map(
    lambda rows: RunHistory(
        "r1",
        {"_step": [*range(len(rows))], **{n: [row[i] for row in rows] for i, n in enumerate(("loss", "val", "acc"))}},
    )
)


def _parts(history: RunHistory, cut: int) -> list[RunHistory]:
    """The history in two parts; a part has no column that is empty in it, as a scan gives it."""
    halves = []
    for piece in (slice(None, cut), slice(cut, None)):
        columns = {name: cells[piece] for name, cells in history.columns.items()}
        halves.append(
            RunHistory("r1", {n: c for n, c in columns.items() if n == "_step" or any(v is not M for v in c)})
        )
    return halves


def _rows(table: Table) -> list[dict[str, Any]]:
    return list(table.rows())


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.integers(0, 10), st.sampled_from([BOTH, ("*a*", "loss"), None]))
def test_laws_of_align(history: RunHistory, cut: int, keys: tuple[str, ...] | None) -> None:
    outer, inner, filled = (_align(mode, history, keys=keys) for mode in ("outer", "inner", "ffill"))
    assert all(row in _rows(outer) for row in _rows(inner))
    assert all(M not in row.values() for row in _rows(inner) if keys == BOTH)
    assert filled.columns["_step"] == outer.columns["_step"]
    for name in outer.names[2:]:
        last = M
        for cell, fill in zip(outer.columns[name], filled.columns[name], strict=True):
            last = cell if cell is not M else last
            assert fill is last
    for mode, whole in (("outer", outer), ("inner", inner), ("ffill", filled)):
        assert _shown(_align(mode, *_parts(history, cut), keys=keys)) == _shown(whole)


def _shown(table: Table) -> list[dict[str, Any]]:
    """The rows without their empty cells: a metric without values may have a column or none."""
    return [{name: cell for name, cell in row.items() if cell is not M} for row in table.rows()]


# ---------------------------------------------------------------- columns and rows


def test_keys_stand_in_the_order_asked_for_and_globs_alphabetically() -> None:
    logged = ["val/loss", "val/acc", "loss", "_runtime", "acc"]
    assert expand_keys(("loss", "val/*", "acc", "loss"), logged) == ("loss", "val/acc", "val/loss", "acc")
    assert expand_keys(None, logged) == ("acc", "loss", "val/acc", "val/loss")
    assert expand_keys(("_*",), logged) == ("_runtime",)
    assert expand_keys(("gone", "_runtime"), logged) == ("gone", "_runtime")


def test_names_are_known_before_the_first_row_unless_a_glob_is_asked_for() -> None:
    plain = HistoryTables(HistoryPart(("val", "loss"), x_axis="epoch"))
    assert (plain.has_fixed_names, plain.names) == (True, ("run_id", "epoch", "val", "loss"))
    assert not HistoryTables(HistoryPart(None)).has_fixed_names
    assert not HistoryTables(HistoryPart(("val/*",))).has_fixed_names


def test_runs_of_unlike_metrics_make_one_table() -> None:
    histories = [RunHistory("a", {"_step": [0], "z": [1]}), RunHistory("b", {"_step": [0], "c": [2]})]
    table, _ = _table(HistoryPart(None), histories)
    assert table.columns == {"run_id": ["a", "b"], "_step": [0, 0], "c": [M, 2], "z": [1, M]}


def test_selected_columns_are_repeated_on_each_row_and_metrics_step_aside() -> None:
    selection = Selection((Selected("state", field("state")), Selected("loss", field("config.lr"))))
    table, tables = _table(HistoryPart(("loss",)), [HISTORY], selection=selection)
    assert table.names == ("run_id", "_step", "logged.loss", "state", "loss") == tables.names
    assert table.columns["logged.loss"] == [4.0, 3.0, 2.0]
    assert table.columns["loss"] == [0, 0, 0]
    assert table.columns["state"] == ["finished"] * 3


def test_rows_without_x_are_left_out_and_counted() -> None:
    history = RunHistory("r1", {"_step": [0, 1, 2], "loss": [3, 2, 1], "epoch": [M, 1, M]})
    table, tables = _table(HistoryPart(("loss",), x_axis="epoch"), [history])
    assert table.columns == {"run_id": ["r1"], "epoch": [1], "loss": [2]}
    assert [(d.code, d.message) for d in tables.facts.notices()] == [
        ("RQL508", "2 rows left out: no value on the x axis")
    ]


def test_a_run_without_the_metric_gives_no_rows() -> None:
    table, tables = _table(HistoryPart(("loss",)), [RunHistory("r1", {"_step": [0, 1]}), RunHistory("r2", {})])
    assert (table.length, table.names) == (0, ("run_id", "_step", "loss"))
    assert (tables.facts.runs, tables.facts.empty_runs) == (2, 2)
    assert tables.facts.notices() == []


def test_the_x_axis_alone_can_be_asked_for() -> None:
    table, _ = _table(HistoryPart(("_step",)), [HISTORY])
    assert table.columns == {"run_id": ["r1"] * 4, "_step": [0, 1, 2, 3]}


def test_a_history_that_nobody_asked_for_is_an_error() -> None:
    with pytest.raises(RunQLError, match="RQL901"):
        list(HistoryTables(HistoryPart(None)).tables([], [HISTORY]))


def test_a_long_history_is_not_held_in_memory() -> None:
    read: list[int] = []

    def parts() -> Any:
        for number in range(5):
            read.append(number)
            yield RunHistory("r1", {"_step": [number], "loss": [number]})

    tables = HistoryTables(HistoryPart(("loss",))).tables([run("r1")], parts())
    assert next(tables).columns["loss"] == [0]
    assert read == [0]
    assert len(list(tables)) == 4


# ---------------------------------------------------------------- the machine


SYSTEM = RunHistory("r1", {"_timestamp": [10.0, 20.0, 30.0], "system.cpu": [1, M, 3], "system.gpu.0": [M, 5, 6]})
TIMED = RunHistory("r1", {"_step": [0, 1, 2, 3], "_timestamp": [9.0, 20.0, 29.0, M], "loss": [4, 3, 2, 1]})


def test_machine_metrics_join_the_latest_value_at_or_before_the_row() -> None:
    part = HistoryPart(("loss",), system_keys=("system.gpu.*", "system.cpu"))
    assert (streams_of(part).is_joined, streams_of(part).asked) == (True, ("loss", "_timestamp"))
    table, tables = _table(part, [TIMED], [RunHistory("r0", {}), SYSTEM])
    assert table.columns == {
        "run_id": ["r1"] * 4,
        "_step": [0, 1, 2, 3],
        "loss": [4, 3, 2, 1],
        "system.gpu.0": [M, 5, 5, M],
        "system.cpu": [M, 1, 1, M],
    }
    assert tables.names == table.names


def test_a_run_without_machine_metrics_still_has_its_rows() -> None:
    part = HistoryPart(("loss",), system_keys=("system.cpu",))
    assert _table(part, [TIMED])[0].columns["system.cpu"] == [M] * 4


def test_machine_metrics_in_several_parts_and_out_of_order() -> None:
    late = RunHistory("r1", {"_timestamp": [15.0, 5.0], "system.cpu": [2, 0]})
    part = HistoryPart(("loss",), system_keys=("system.cpu",))
    assert _table(part, [TIMED], [SYSTEM, late])[0].columns["system.cpu"] == [0, 2, 2, M]


@pytest.mark.parametrize(
    "part", [HistoryPart((), system_keys=("system.cpu",)), HistoryPart(("system.cpu",), stream=Stream.SYSTEM)]
)
def test_machine_metrics_alone_have_the_time_as_their_x(part: HistoryPart) -> None:
    streams = streams_of(part)
    assert (streams.is_joined, streams.x_axis, streams.asked) == (False, "_timestamp", ("system.cpu",))
    table, _ = _table(part, [SYSTEM])
    assert table.columns == {"run_id": ["r1"] * 2, "_timestamp": [10.0, 30.0], "system.cpu": [1, 3]}


# ---------------------------------------------------------------- facts


def test_sampling_is_said_with_the_densest_metric() -> None:
    sampled = RunHistory("r1", {"_step": [0, 5], "loss": [1, 2]}, rows_of={"loss": 2_000}, sampled=True)
    whole = RunHistory("r2", {"_step": [0], "loss": [1]}, rows_of={"loss": 1})
    _, tables = _table(HistoryPart(("loss",)), [sampled, whole])
    assert [(d.code, d.message) for d in tables.facts.notices()] == [("RQL302", "sampled 3 of 2,001 rows with `loss`")]
    assert (tables.facts.rows, tables.facts.sampled_runs) == (3, 1)


def test_metrics_of_unlike_cadence_are_said() -> None:
    (notice,) = _table(HistoryPart(BOTH), [HISTORY])[1].facts.notices()
    assert (notice.code, notice.message) == ("RQL507", "metrics logged at different steps: `val` has 1 value in 1.5")
    (notice,) = _table(HistoryPart(BOTH, align=AlignMode.INNER), [HISTORY])[1].facts.notices()
    assert notice.message.endswith("; only rows that hold all of them are shown")
    assert _table(HistoryPart(BOTH, align=AlignMode.FFILL), [HISTORY])[1].facts.notices() == []


def test_nan_values_are_counted_and_notices_of_the_backend_passed_on_once() -> None:
    torn = Diagnostic("RQL502", "the file ends in the middle of a record")
    parts = [RunHistory("r1", {"_step": [n], "loss": [math.nan]}, notices=(torn,)) for n in range(2)]
    _, tables = _table(HistoryPart(("loss",)), parts)
    assert tables.facts.nan_values == 2
    assert tables.facts.notices() == [torn]
