"""Histories of many runs and of one: the row rule, three formats, scans, the machine's stream."""

from __future__ import annotations

import math

import pandas as pd
import polars as pl
import pytest

from runql.semantic.values import MISSING
from runql.sources.protocol import HistoryRequest
from runql.wandb_api.runs import Runs
from tests.contract.backends import Source
from tests.contract.recorder import Recorder


def test_rows_hold_the_key_the_x_axis_and_the_run(runs: Runs, recorder: Recorder) -> None:
    rows = runs.histories(keys=["loss"])
    assert [row["run_id"] for row in rows] == (
        ["alpha"] * 10 + ["beta"] * 3 + ["gamma"] * 2 + ["delta"] * 2 + ["epsilon", "zeta"]
    )
    assert rows[0] == {"_step": 0, "loss": 1.0, "run_id": "alpha"}
    assert list(rows[0]) == sorted(rows[0])
    assert rows[10] == {"_step": 0, "loss": 3, "run_id": "beta"}
    assert recorder.calls == ["runs_page"] * 3 + ["histories 8"]


def test_nan_is_a_number(runs: Runs) -> None:
    losses = {row["run_id"]: row["loss"] for row in runs.histories(keys=["loss"])}
    assert math.isnan(losses["delta"])
    assert losses["epsilon"] == math.inf


def test_rows_hold_all_the_keys(runs: Runs) -> None:
    rows = runs.histories(keys=["loss", "val/loss"])
    assert [(row["run_id"], row["_step"], row["val/loss"]) for row in rows] == [("alpha", 0, 2.0), ("alpha", 5, -3.0)]


def test_nested_keys_have_dots(runs: Runs) -> None:
    rows = runs.histories(keys=["net.a"])
    assert [row["net.a"] for row in rows] == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]


def test_without_keys_there_is_every_row(runs: Runs) -> None:
    rows = [row for row in runs.histories() if row["run_id"] == "gamma"]
    assert [row.get("epoch", MISSING) for row in rows] == [MISSING, 1]


@pytest.mark.needs("texts")
def test_texts_are_values_too(runs: Runs) -> None:
    notes = [row["note"] for row in runs.histories() if "note" in row]
    assert notes == ["half", "half", "half", 5, 6]


def test_another_x_axis(runs: Runs) -> None:
    assert runs.histories(keys=["loss"], x_axis="epoch") == [{"epoch": 1, "loss": 0.7, "run_id": "gamma"}]


def test_a_sample_is_no_larger(runs: Runs) -> None:
    rows = [row for row in runs.histories(samples=4, keys=["loss"]) if row["run_id"] == "alpha"]
    assert len(rows) == 4
    assert rows == runs.histories(samples=4, keys=["loss"])[:4]


def test_pandas(runs: Runs) -> None:
    frame = runs.histories(keys=["loss"], format="pandas")
    assert list(frame.columns) == ["_step", "loss", "run_id"]
    assert frame.index.equals(pd.RangeIndex(19))
    assert frame["loss"].dtype == "float64"
    assert frame["loss"].min() == 0.1
    assert list(frame["run_id"].unique()) == ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]


def test_polars_takes_unlike_runs(runs: Runs) -> None:
    frame = runs.histories(keys=["loss"], format="polars")
    assert frame.columns == ["_step", "loss", "run_id"]
    assert frame.schema == pl.Schema({"_step": pl.Int64, "loss": pl.Float64, "run_id": pl.String})
    assert frame.height == 19


@pytest.mark.needs("texts")
def test_polars_says_which_column_became_text(runs: Runs) -> None:
    with pytest.warns(UserWarning, match="`note` mixes number and text"):
        frame = runs.histories(keys=["note"], format="polars")
    assert frame["note"].to_list() == ["half", "half", "half", "5", "6"]


def test_frames_of_nothing_have_their_columns(runs: Runs) -> None:
    pandas = runs.histories(keys=["nothing"], format="pandas")
    assert pandas.empty
    assert list(pandas.columns) == ["_step", "nothing", "run_id"]
    polars = runs.histories(keys=["nothing"], format="polars")
    assert polars.is_empty()
    assert polars.columns == ["_step", "nothing", "run_id"]
    assert runs.histories(keys=["nothing"]) == []


@pytest.mark.needs("system")
def test_the_machines_stream(runs: Runs) -> None:
    rows = runs.histories(stream="system")
    assert [(row["run_id"], row["system.cpu"], row["_timestamp"]) for row in rows] == [
        ("alpha", 10.0 + at, 1.7e9 + at) for at in range(4)
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"keys": "loss"}, "`keys=['loss']`"),
        ({"keys": []}, "leave it out"),
        ({"keys": [1]}, "list of names"),
        ({"keys": ["system.cpu"], "stream": "system"}, "exclude each other"),
        ({"stream": "machine"}, "`default` or `system`"),
        ({"samples": 0}, "samples"),
        ({"samples": True}, "samples"),
        ({"format": "arrow"}, "pandas"),
        ({"x_axis": ""}, "x_axis"),
    ],
)
def test_a_bad_argument_is_told_before_anything_is_asked(
    runs: Runs, recorder: Recorder, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match="RQL216") as caught:
        runs.histories(**arguments)  # type: ignore[call-overload]
    assert said in str(caught.value)
    assert recorder.calls == []


def test_the_history_of_one_run(runs: Runs) -> None:
    alpha = runs[0]
    frame = alpha.history(keys=["loss", "acc"])
    assert list(frame.columns) == ["_step", "loss", "acc"]
    assert frame["acc"].tolist() == list(range(10))
    assert alpha.history(keys=["val/loss"], pandas=False) == [
        {"_step": 0, "val/loss": 2.0},
        {"_step": 5, "val/loss": -3.0},
    ]
    with pytest.raises(ValueError, match="keys"):
        alpha.history(keys="loss")


def test_a_scan_holds_every_row_of_its_keys(runs: Runs) -> None:
    alpha = runs[0]
    scan = alpha.scan_history(keys=["val/loss"])
    rows = list(scan)
    # W&B's client gives the step along, asked for or not.
    assert [sorted(row) for row in rows] == [["_step", "val/loss"]] * 2
    assert [row["val/loss"] for row in rows] == [2.0, -3.0]
    assert list(scan) == rows
    assert next(scan) == rows[0]
    assert len(list(alpha.scan_history())) == 10


def test_a_scan_ends_before_its_last_step(runs: Runs) -> None:
    rows = runs[0].scan_history(keys=["_step", "acc"], min_step=2, max_step=5)
    assert [(row["_step"], row["acc"]) for row in rows] == [(2, 2), (3, 3), (4, 4)]
    assert list(runs[0].scan_history(min_step=5, max_step=5)) == []


def test_any_key_keeps_a_row(source: Source) -> None:
    request = HistoryRequest(
        source.entity, source.project, ("theta", "alpha"), ("acc", "val/loss"), rows="any", min_step=4, max_step=5
    )
    empty, alpha = source.service.histories(request)
    assert (empty.run_id, empty.length) == ("theta", 0)
    assert alpha.run_id == "alpha"
    assert list(alpha.columns["_step"]) == [4, 5]
    assert list(alpha.columns["acc"]) == [4, 5]
    assert list(alpha.columns["val/loss"]) == [MISSING, -3.0]
    assert dict(alpha.rows_of) == {"acc": 2, "val/loss": 1}
    assert not alpha.sampled


def test_rows_without_an_x_are_left_out_and_told(source: Source) -> None:
    request = HistoryRequest(source.entity, source.project, ("gamma",), ("loss",), rows="any", x_axis="epoch")
    (gamma,) = source.service.histories(request)
    assert list(gamma.columns["loss"]) == [0.7]
    assert [notice.code for notice in gamma.notices] == ["RQL508"]
